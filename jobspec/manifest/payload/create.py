"""Build the body of the platform's create request from a task, without its tags. Pure.

Secrets stay references until `resolve`. Defaults are filled in and sets are sorted, so that two manifests for
the same run give the same payload. Wire names are the platform's names of the create fields.
"""

from __future__ import annotations

from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from jobspec.manifest.payload.fields import SPEC_FIELDS, pascal
from jobspec.manifest.schema.parts import ImageSource, StorageMount
from jobspec.manifest.schema.scalars import SecretRef
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jobspec.manifest.schema.task_model import TaskSpec
    from jobspec.manifest.task import Task

DEFAULT_RESOURCE_GROUP = "default"
_STORAGE_CREDENTIAL = "Credential"


def payload(task: Task) -> dict[str, object]:
    """Return the create request's body: wire names, defaults filled in, no tags, secrets as `SecretRef`."""
    spec = task.spec
    body: dict[str, object] = {
        "Name": task.metadata.name,
        "Description": task.metadata.description,
        "ImageSpec": _image(spec),
        "EnableTensorBoard": False,
        "CodeSource": "",
    }
    body.update(_plain_fields(spec))
    body.update(_place_to_run(spec))
    body["TaskRoleSpecs"] = _roles(spec)
    body["Envs"] = _envs(spec)
    body["Storages"] = sorted((_storage(s) for s in spec.storages), key=itemgetter("MountPath"))
    if spec.retry is not None:
        body["RetryOptions"] = _retry(spec)
    if spec.storage_credential is not None:
        body[_STORAGE_CREDENTIAL] = {
            "AccessKeyId": spec.storage_credential.access_key_id,
            "SecretAccessKey": spec.storage_credential.secret_access_key,
        }
    return body


def secret_refs(body: object) -> Iterator[SecretRef]:
    """Yield every reference to a secret in a payload, in its order."""
    if isinstance(body, SecretRef):
        yield body
    elif isinstance(body, dict):
        for value in body.values():
            yield from secret_refs(value)
    elif isinstance(body, list):
        for value in body:
            yield from secret_refs(value)


def split_storage(body: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Return the part of a payload from the task's `storageCredential`, and the rest."""
    of_storage = {key: value for key, value in body.items() if key == _STORAGE_CREDENTIAL}
    return of_storage, {key: value for key, value in body.items() if key != _STORAGE_CREDENTIAL}


def resolve(body: dict[str, object], resolver: Callable[[SecretRef], str]) -> dict[str, object]:
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


def _plain_fields(spec: TaskSpec) -> Iterator[tuple[str, object]]:
    for field in SPEC_FIELDS:
        parent, _, _ = field.attribute.rpartition(".")
        if parent and getattr(spec, parent) is None:
            continue
        value = attrgetter(field.attribute)(spec)
        if value is not None:
            yield field.wire, value


def _place_to_run(spec: TaskSpec) -> dict[str, object]:
    if spec.resource_queue is not None:
        return {"ResourceQueueId": spec.resource_queue}
    return {"ResourceGroupId": spec.resource_group or DEFAULT_RESOURCE_GROUP}


def _image(spec: TaskSpec) -> dict[str, object]:
    if not isinstance(spec.image, ImageSource):
        return {"Id": spec.image}
    image: dict[str, object] = {"Url": spec.image.url, "Type": spec.image.type}
    if spec.image.credential is not None:
        # The names of the keys are unconfirmed: the platform only documents that it accepts a registry
        # credential.
        image["Credential"] = {
            "RegistryUsername": spec.image.credential.username,
            "RegistryToken": spec.image.credential.password,
        }
    return image


def _roles(spec: TaskSpec) -> list[dict[str, object]]:
    return [
        {"RoleName": role.name, "RoleReplicas": role.replicas, "ResourceSpecId": role.flavor}
        for role in sorted(spec.roles, key=attrgetter("name"))
    ]


def _envs(spec: TaskSpec) -> list[dict[str, object]]:
    return [
        {"Name": name, "Value": value, "IsPrivate": True}
        if isinstance(value, SecretRef)
        else {"Name": name, "Value": value}
        for name, value in sorted(spec.env.items(), key=itemgetter(0))
    ]


def _storage(storage: StorageMount) -> dict[str, Any]:
    extras = storage.model_extra or {}
    declared = storage.model_dump(by_alias=True, exclude_none=True, exclude=set(extras))
    wire: dict[str, Any] = {}
    for key, value in (*declared.items(), *extras.items()):
        if value is None:
            continue
        if pascal(key) in wire:  # the model refuses keys that are alike, so this is a bug
            raise ValueError(f"two keys of a storage both map to {quote(pascal(key))} in the API")
        wire[pascal(key)] = value
    return wire


def _retry(spec: TaskSpec) -> dict[str, object]:
    retry = spec.retry
    if retry is None:
        return {}
    options: dict[str, object] = {"EnableRetry": retry.enabled}
    if retry.max_times is not None:
        options["MaxRetryTimes"] = retry.max_times
    if retry.interval is not None:
        options["IntervalSeconds"] = retry.interval
    if retry.on:
        options["PolicySets"] = sorted(set(retry.on))
    return options
