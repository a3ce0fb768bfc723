"""Build the body of the platform's create request from a valid document, without its tags. Pure.

Secrets stay references until `resolve`. Defaults are filled in and sets are sorted, so that two manifests for
the same run give the same payload. Wire names are the platform's names of the create fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

from jobspec.cluster import claim_label
from jobspec.manifest.payload import items
from jobspec.manifest.payload.extra import merged
from jobspec.manifest.payload.fields import CLAIM, SPEC_FIELDS
from jobspec.manifest.values import NameRef, SecretRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NamedSecret: TypeAlias = tuple[SecretRef, bool]
"""A reference, and whether it is part of the task's `storageCredential`."""
DEFAULT_RESOURCE_GROUP = "default"
_STORAGE_CREDENTIAL = "Credential"
COMPARED = ("ImageSpec", "EntrypointPath", "Args", "TaskRoleSpecs")
"""The fields that are compared with what a run echoes: image, command and roles."""
_NOTHING: dict[str, Any] = {}
_OPTIONAL: tuple[tuple[str, str, Callable[[Any], object]], ...] = (
    ("diagnostics", "DiagOptions", items.diagnostics),
    ("network", "PrivateNetwork", items.network),
    ("services", "CustomServices", items.services),
)
_FIELDS = tuple((*field.path.rpartition(".")[::2], field) for field in SPEC_FIELDS)


def payload(document: Mapping[str, Any]) -> dict[str, object]:
    """Return the create request's body: wire names, defaults filled in, no tags, secrets as `SecretRef`.

    `document` is a valid task document with the project's defaults, as plain values; null means "not given".
    """
    metadata, spec = document["metadata"], document["spec"]
    body: dict[str, object] = {
        "Name": metadata["name"],
        "Description": metadata.get("description") or "",
        "ImageSpec": items.image(spec["image"]),
        "EnableTensorBoard": False,
        "CodeSource": "",
    }
    body.update(_plain_fields(spec))
    body.update(_place_to_run(spec))
    body["TaskRoleSpecs"] = items.roles(spec["roles"])
    body["Envs"] = items.envs(spec.get("env") or {})
    body["Storages"] = items.storages(spec.get("storages") or ())
    body.update(_optional_parts(spec))
    return merged(body, spec["extra"]) if spec.get("extra") else body


def _optional_parts(spec: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for key, wire, convert in _OPTIONAL:
        if spec.get(key):
            yield wire, convert(spec[key])
    if spec.get("retry") is not None:
        yield "RetryOptions", items.retry(spec["retry"])
    if spec.get("access") is not None:
        yield from items.access(spec["access"]).items()
    storage = (spec.get("tensorboard") or _NOTHING).get("storage")
    if storage is not None:
        yield "TensorBoardStorage", items.tensorboard_storage(storage)
    credential = spec.get("storageCredential")
    if credential is not None:
        keys = {"AccessKeyId": "accessKeyId", "SecretAccessKey": "secretAccessKey"}
        yield _STORAGE_CREDENTIAL, {wire: items.secret(credential[key]) for wire, key in keys.items()}


def compared(payload: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of a payload in `COMPARED`."""
    return {key: payload[key] for key in COMPARED}


def size_of(role: Mapping[str, Any]) -> str:
    """Return the flavor of a role of a payload, or a label of the resources that it claims instead."""
    claim = role.get(CLAIM)
    return claim_label(claim) if isinstance(claim, dict) else str(role.get("ResourceSpecId") or "")


def local_code(payload: Mapping[str, object]) -> str:
    """Return the path of local code that nothing has uploaded; empty if a payload names none."""
    is_pending = payload.get("CodeSource") == "Local" and not payload.get("TOSCodePath")
    return str(payload.get("CodeOriPath") or "") if is_pending else ""


def is_retry_on(payload: Mapping[str, object]) -> bool:
    """Return whether the platform retries runs of the payload."""
    options = payload.get("RetryOptions")
    return isinstance(options, dict) and options.get("EnableRetry") is True


class References(Struct, frozen=True):
    """What a payload refers to: its secrets, and names in place of ids; each name once."""

    secrets: tuple[NamedSecret, ...]
    names: tuple[NameRef, ...]


def references(body: Mapping[str, Any]) -> References:
    """Return the references in a payload; those of the task's `storageCredential` are marked."""
    values = [variable["Value"] for variable in body["Envs"]]
    credential = body["ImageSpec"].get("Credential")
    if credential:
        values = [*credential.values(), *values]
    secrets = [(value, False) for value in values if isinstance(value, SecretRef)]
    secrets += [(value, True) for value in body.get(_STORAGE_CREDENTIAL, _NOTHING).values()]
    places = (body.get("ResourceQueueId"), *(storage.get("VepfsId") for storage in body["Storages"]))
    names = dict.fromkeys(place for place in places if isinstance(place, NameRef))
    return References(tuple(secrets), tuple(names))


def named_secrets(body: Mapping[str, Any]) -> tuple[NamedSecret, ...]:
    """Return each secret that a payload names, and whether it is for the task's `storageCredential`."""
    return references(body).secrets


def split_storage(body: Mapping[str, Any]) -> tuple[dict[str, object], dict[str, object]]:
    """Return the part of a payload from the task's `storageCredential`, and the rest."""
    of_storage = {key: value for key, value in body.items() if key == _STORAGE_CREDENTIAL}
    return of_storage, {key: value for key, value in body.items() if key != _STORAGE_CREDENTIAL}


def resolve(body: Mapping[str, object], resolver: Callable[[SecretRef], str]) -> dict[str, object]:
    """Return the payload with each reference replaced with the result of `resolver`, whose errors propagate.

    The result contains secrets: it may be sent, and must not be stored, shown or hashed.
    """
    resolved: dict[str, object] = _resolved(body, resolver)
    return resolved


def _resolved(node: Any, resolver: Callable[[SecretRef], str]) -> Any:
    if isinstance(node, SecretRef):
        return resolver(node)
    if isinstance(node, NameRef):  # names are looked up before planning, so this is a bug
        raise TypeError(f"{node} was not looked up")
    if isinstance(node, dict):
        return {key: _resolved(value, resolver) for key, value in node.items()}
    if isinstance(node, list):
        return [_resolved(value, resolver) for value in node]
    return node


def _plain_fields(spec: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for parent, key, field in _FIELDS:
        part = spec.get(parent) if parent else spec
        if part is None:
            continue
        value = part.get(key)
        if value is None:
            value = field.default
        elif field.convert is not None:
            value = field.convert(value)
        if value is not None:
            yield field.wire, value


def _place_to_run(spec: Mapping[str, Any]) -> dict[str, object]:
    queue = spec.get("resourceQueue")
    if queue is not None:
        return {"ResourceQueueId": queue if isinstance(queue, str) else NameRef("queue", queue["name"])}
    return {"ResourceGroupId": spec.get("resourceGroup") or DEFAULT_RESOURCE_GROUP}
