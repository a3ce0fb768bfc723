"""Build the body of the platform's create request from a valid document, without its tags. Pure.

Secrets stay references until `resolve`. Defaults are filled in and sets are sorted, so that two manifests for
the same run give the same payload. Wire names are the platform's names of the create fields.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from jobspec.manifest.payload.fields import SPEC_FIELDS, pascal
from jobspec.manifest.schema.units import seconds
from jobspec.manifest.values import SecretRef
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NamedSecret: TypeAlias = tuple[SecretRef, bool]
"""A reference, and whether it is part of the task's `storageCredential`."""
DEFAULT_RESOURCE_GROUP = "default"
_STORAGE_CREDENTIAL = "Credential"
COMPARED = ("ImageSpec", "EntrypointPath", "Args", "TaskRoleSpecs")
"""The fields that are compared with what a run echoes: image, command and roles."""
_NOTHING: dict[str, Any] = {}
_STORAGE_DEFAULTS = {"Vepfs": {"readOnly": False}}
_FIELDS = tuple((*field.path.rpartition(".")[::2], field) for field in SPEC_FIELDS)


def payload(document: Mapping[str, Any]) -> dict[str, object]:
    """Return the create request's body: wire names, defaults filled in, no tags, secrets as `SecretRef`.

    `document` is a valid task document with the project's defaults, as plain values; null means "not given".
    """
    metadata, spec = document["metadata"], document["spec"]
    body: dict[str, object] = {
        "Name": metadata["name"],
        "Description": metadata.get("description") or "",
        "ImageSpec": _image(spec["image"]),
        "EnableTensorBoard": False,
        "CodeSource": "",
    }
    body.update(_plain_fields(spec))
    body.update(_place_to_run(spec))
    body["TaskRoleSpecs"] = _roles(spec["roles"])
    body["Envs"] = _envs(spec.get("env") or {})
    body["Storages"] = sorted(map(_storage, spec.get("storages") or ()), key=itemgetter("MountPath"))
    if spec.get("retry") is not None:
        body["RetryOptions"] = _retry(spec["retry"])
    credential = spec.get("storageCredential")
    if credential is not None:
        body[_STORAGE_CREDENTIAL] = {
            "AccessKeyId": _secret(credential["accessKeyId"]),
            "SecretAccessKey": _secret(credential["secretAccessKey"]),
        }
    return body


def compared(payload: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of a payload in `COMPARED`."""
    return {key: payload[key] for key in COMPARED}


def place_to_run(payload: Mapping[str, object]) -> str:
    """Return the queue of a payload, or its group."""
    return str(payload.get("ResourceQueueId") or payload.get("ResourceGroupId"))


def local_code(payload: Mapping[str, object]) -> str:
    """Return the path of local code that nothing has uploaded; empty if a payload names none."""
    is_pending = payload.get("CodeSource") == "Local" and not payload.get("TOSCodePath")
    return str(payload.get("CodeOriPath") or "") if is_pending else ""


def is_retry_on(payload: Mapping[str, object]) -> bool:
    """Return whether the platform retries runs of the payload."""
    options = payload.get("RetryOptions")
    return isinstance(options, dict) and options.get("EnableRetry") is True


def named_secrets(body: Mapping[str, Any]) -> list[NamedSecret]:
    """Return each secret that a payload names, and whether it is for the task's `storageCredential`."""
    values = [variable["Value"] for variable in body.get("Envs", ())]
    credential = body.get("ImageSpec", _NOTHING).get("Credential")
    if credential:
        values = [*credential.values(), *values]
    others = [(value, False) for value in values if isinstance(value, SecretRef)]
    return others + [(value, True) for value in body.get(_STORAGE_CREDENTIAL, _NOTHING).values()]


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
    if spec.get("resourceQueue") is not None:
        return {"ResourceQueueId": spec["resourceQueue"]}
    return {"ResourceGroupId": spec.get("resourceGroup") or DEFAULT_RESOURCE_GROUP}


def _image(written: str | Mapping[str, Any]) -> dict[str, object]:
    if isinstance(written, str):
        return {"Id": written}
    image: dict[str, object] = {"Url": written["url"], "Type": written.get("type") or "Custom"}
    credential = written.get("credential")
    if credential is not None:
        # The names of the keys are unconfirmed: the platform only documents that it accepts a registry
        # credential.
        image["Credential"] = {
            "RegistryUsername": credential["username"],
            "RegistryToken": _secret(credential["password"]),
        }
    return image


def _secret(written: Mapping[str, Any]) -> SecretRef:
    [(source, name)] = [(key, name) for key, name in written["secret"].items() if name is not None]
    return SecretRef(source, name)


def _roles(roles: list[Mapping[str, Any]]) -> list[dict[str, object]]:
    return [
        {"RoleName": role["name"], "RoleReplicas": role["replicas"], "ResourceSpecId": role["flavor"]}
        for role in sorted(roles, key=itemgetter("name"))
    ]


def _envs(env: Mapping[str, Any]) -> list[dict[str, object]]:
    return [
        {"Name": name, "Value": value}
        if isinstance(value, str)
        else {"Name": name, "Value": _secret(value), "IsPrivate": True}
        for name, value in sorted(env.items(), key=itemgetter(0))
        if value is not None
    ]


def _storage(storage: Mapping[str, Any]) -> dict[str, Any]:
    wire: dict[str, Any] = {}
    for key, value in {**_STORAGE_DEFAULTS.get(storage["type"], _NOTHING), **storage}.items():
        if value is None:
            continue
        if pascal(key) in wire:  # the model refuses keys that are alike, so this is a bug
            raise ValueError(f"two keys of a storage both map to {quote(pascal(key))} in the API")
        wire[pascal(key)] = value
    return wire


def _retry(retry: Mapping[str, Any]) -> dict[str, object]:
    enabled = retry.get("enabled")
    options: dict[str, object] = {"EnableRetry": True if enabled is None else enabled}
    if retry.get("maxTimes") is not None:
        options["MaxRetryTimes"] = retry["maxTimes"]
    if retry.get("interval") is not None:
        options["IntervalSeconds"] = seconds(retry["interval"])
    if retry.get("on"):
        options["PolicySets"] = sorted(set(retry["on"]))
    return options
