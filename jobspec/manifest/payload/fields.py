"""Map the fields of a manifest to those of a create payload, and back. Pure.

Differences between two payloads are reported with a manifest's field names: `manifest_fields` gives both as
flat maps that can be compared key by key.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jobspec.manifest.schema.spelling import form
from jobspec.manifest.schema.units import deadline_seconds, seconds
from jobspec.manifest.values import DEFAULT_DEADLINE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping


class PayloadField(Struct, frozen=True):
    """A field of the spec that is sent as one value: its dotted path in a spec, and its wire name.

    `default` is sent if the field, or a field of the same map, is not given; `convert` reads its unit.
    """

    path: str
    wire: str
    default: object = None
    convert: Callable[[Any], object] | None = None


def pascal(key: str) -> str:
    """Return the wire spelling of a camelCase key."""
    return key[:1].upper() + key[1:]


def _sent_cache_type(written: str) -> str | None:
    return None if written == "none" else written


SPEC_FIELDS = (
    PayloadField("entrypoint", "EntrypointPath"),
    PayloadField("args", "Args", ""),
    PayloadField("framework", "Framework", "Custom"),
    PayloadField("activeDeadline", "ActiveDeadlineSeconds", DEFAULT_DEADLINE_SECONDS, deadline_seconds),
    PayloadField("tensorboard.enabled", "EnableTensorBoard", default=False),
    PayloadField("tensorboard.path", "TensorBoardPath"),
    PayloadField("code.source", "CodeSource", ""),
    PayloadField("code.originPath", "CodeOriPath"),
    PayloadField("code.tosPath", "TOSCodePath"),
    PayloadField("code.localPath", "LocalCodePath"),
    PayloadField("cacheType", "CacheType", "Cloudfs", _sent_cache_type),
    PayloadField("sidecar.image", "SidecarImage"),
    PayloadField("sidecar.memoryRatio", "SidecarMemoryRatio", convert=float),
    PayloadField("sidecar.cpu", "SidecarResourceCPU", convert=float),
    PayloadField("sidecar.memory", "SidecarResourceMemory", convert=float),
    PayloadField("priority", "Priority"),
    PayloadField("preemptible", "Preemptible"),
    PayloadField("idleResource", "EnableIdleResource"),
    PayloadField("delayExit", "DelayExitTimeSeconds", convert=seconds),
)

_NAMES = {field.wire: f"spec.{field.path}" for field in SPEC_FIELDS} | {
    "Name": "metadata.name",
    "Description": "metadata.description",
    "Tags": "metadata.tags",
    "ResourceGroupId": "spec.resourceGroup",
    "ResourceQueueId": "spec.resourceQueue",
    "ImageSpec": "spec.image",
    "ImageSpec.Id": "spec.image",
    "ImageSpec.Url": "spec.image.url",
    "ImageSpec.Type": "spec.image.type",
    "ImageSpec.Credential": "spec.image.credential",
    "ImageSpec.Credential.RegistryUsername": "spec.image.credential.username",
    "ImageSpec.Credential.RegistryToken": "spec.image.credential.password",
    "RetryOptions": "spec.retry",
    "RetryOptions.EnableRetry": "spec.retry.enabled",
    "RetryOptions.MaxRetryTimes": "spec.retry.maxTimes",
    "RetryOptions.IntervalSeconds": "spec.retry.interval",
    "RetryOptions.PolicySets": "spec.retry.on",
    "Credential": "spec.storageCredential",
    "Credential.AccessKeyId": "spec.storageCredential.accessKeyId",
    "Credential.SecretAccessKey": "spec.storageCredential.secretAccessKey",
    "TaskRoleSpecs": "spec.roles",
    "Envs": "spec.env",
    "Storages": "spec.storages",
    "AccessType": "spec.access",
    "AccessUsers": "spec.access.users",
    "RetryOptions.EnableReserveResourceOnRetry": "spec.retry.reserveResource",
    "DiagOptions": "spec.diagnostics",
    "PrivateNetwork": "spec.network",
    "PrivateNetwork.VpcId": "spec.network.vpcId",
    "PrivateNetwork.SubnetId": "spec.network.subnetId",
    "PrivateNetwork.SecurityGroupIds": "spec.network.securityGroupIds",
    "CustomServices": "spec.services",
    "TensorBoardStorage": "spec.tensorboard.storage",
    "TensorBoardStorage.Type": "spec.tensorboard.storage.type",
    "TensorBoardStorage.NasId": "spec.tensorboard.storage.nasId",
    "TensorBoardStorage.NasAddr": "spec.tensorboard.storage.nasAddr",
    "TensorBoardStorage.VepfsId": "spec.tensorboard.storage.vepfsId",
    "TensorBoardStorage.SubPath": "spec.tensorboard.storage.subPath",
}
ROLE_FIELDS = {
    "name": "RoleName",
    "replicas": "RoleReplicas",
    "flavor": "ResourceSpecId",
    "minReplicas": "RoleMinReplicas",
    "maxFailed": "RoleMaxFailed",
    "restartPolicy": "RoleRestartPolicy",
    "restartMaxRetries": "RoleRestartMaxRetryCount",
    "gpuRate": "GpuRate",
    "zone": "ZoneId",
}
"""The wire names of a role's fields that are sent as they are."""
RESOURCE_FIELDS = {"cpu": "Cpu", "memory": "MemoryGiB", "gpus": "GpuCount", "gpuType": "GpuType"}
CLAIM = "FlexibleResourceClaim"
SERVICE_FIELDS = {"port": "ListenPort", "type": "Type", "path": "Path"}
STORAGE_KEYS = frozenset(
    {
        *("type", "mountPath", "bucket", "prefix", "fsName", "metaCacheCapacity", "metaCacheExpiryMinutes"),
        *("nasId", "nasAddr", "subPath", "nasAccessPointId", "vepfsId", "name", "id", "readOnly"),
        *("vepfsAccessPointId", "fileSystemName", "extra", "remove"),
    }
)
"""All keys that any kind of storage lists; a test holds them equal to the models'."""
_ROLE_NAMES = {wire: name for name, wire in ROLE_FIELDS.items()} | {CLAIM: "resources"}
_RESOURCE_NAMES = {f"{CLAIM}.{wire}": f"resources.{name}" for name, wire in RESOURCE_FIELDS.items()}
_SERVICE_NAMES = {wire: name for name, wire in SERVICE_FIELDS.items()}
_DIAGNOSIS_NAMES = {"Name": "name", "Enable": "enabled"}
LISTS = {
    "TaskRoleSpecs": "roles",
    "Storages": "storages",
    "DiagOptions": "diagnostics",
    "CustomServices": "services",
}
"""The lists whose items accept an `extra`: wire name to field name in a spec."""
ITEM_KEYS = {
    "TaskRoleSpecs": "RoleName",
    "Storages": "MountPath",
    "Envs": "Name",
    "DiagOptions": "Name",
    "CustomServices": "ListenPort",
}
"""The lists of a payload whose items are identified by a key."""
_KNOWN_ITEM_FIELDS: Mapping[str, frozenset[str]] = {
    "TaskRoleSpecs": frozenset({*_ROLE_NAMES, *_RESOURCE_NAMES}),
    "Envs": frozenset({"Name", "Value", "IsPrivate"}),
}
_PATH = re.compile(r"(TaskRoleSpecs|Storages|Envs|DiagOptions|CustomServices)\[(.*)\](?:\.([\w.]+))?")


RECORD_FIELDS = frozenset(
    {
        *("Id", "State", "CreateTime", "LaunchTime", "FinishTime", "UpdateTime", "ServerTime"),
        *("CreatorUserId", "ExitCode", "DiagInfo", "IsTrial", "OrderNumber"),
    }
)
"""The documented fields of a record that are no part of a create request: the platform sets them."""
LIKELY_RECORD_FIELDS = RECORD_FIELDS | {
    *("EndTime", "StopTime", "QueueTime", "ElapsedTime", "RetryTimes", "OriginTaskId", "Instances"),
    *("CreatorName", "UserName", "ResourceQueueName", "ResourceGroupName", "Message", "Reason"),
}
"""Those, and undocumented ones that are probably no part of a create request either."""


@cache
def known_fields(prefix: str) -> Mapping[str, str]:
    """Return the wire fields below a prefix such as `RetryOptions.` that a manifest names, by their form."""
    paths = (path.removeprefix(prefix) for path in _NAMES if path.startswith(prefix))
    return {form(field): field for field in paths if "." not in field}


def manifest_field(wire_path: str) -> str:
    """Return the manifest's name of a dotted wire path, such as `spec.retry.on` of `RetryOptions.PolicySets`.

    Items of lists are named by their key: `TaskRoleSpecs[worker].RoleReplicas` is
    `spec.roles[worker].replicas`. A path that no field of a manifest names is one of `spec.extra`.
    """
    item = _PATH.fullmatch(wire_path) if "[" in wire_path else None
    if item is None:
        return _NAMES.get(wire_path) or f"spec.extra.{wire_path}"
    name = _item(item[1], item[2])
    return name if item[1] == "Envs" or not item[3] else f"{name}.{_item_field(item[1], item[3], item[2])}"


def is_extra(field: str) -> bool:
    """Whether a field, as `manifest_field` names it, is one of an `extra`."""
    return field.startswith("spec.extra.") or "].extra." in field


def is_known(wire_path: str) -> bool:
    """Whether a create request has the field; the platform returns others, too."""
    item = _PATH.fullmatch(wire_path)
    if item is None or not item[3]:
        return wire_path in _NAMES or item is not None
    return item[3] in _KNOWN_ITEM_FIELDS.get(item[1], {item[3]})


def manifest_fields(body: Mapping[str, Any]) -> dict[str, object]:
    """Return a payload (or a live task) as a flat map from the manifest's field names to values."""
    return dict(_named_values(body, ""))


def without_fields(body: Mapping[str, Any], paths: Collection[str]) -> dict[str, object]:
    """Return the payload without the fields that `paths` name, as in `lifecycle.ignoreChanges`.

    `spec.roles.replicas` names the field in every role, `spec.env.LR` one variable.
    """
    if not paths:
        return dict(body)
    return {
        key: pruned for key, value in body.items() if (pruned := _pruned(value, key, paths)) is not _IGNORED
    }


_IGNORED = object()


def _named_values(node: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, object]]:
    for key, value in node.items():
        path = f"{prefix}{key}"
        if key in ITEM_KEYS and isinstance(value, list):
            yield from _named_items(key, value)
        elif isinstance(value, dict):
            yield from _named_values(value, f"{path}.")
        else:
            yield manifest_field(path), value


def _named_items(wire: str, items: list[Any]) -> Iterator[tuple[str, object]]:
    for item in filter(_is_map, items):
        key = item.get(ITEM_KEYS[wire])
        if wire == "Envs":
            yield _item(wire, key), item.get("Value")
            continue
        for field, value in _flat(item):
            if field != ITEM_KEYS[wire]:
                yield f"{_item(wire, key)}.{_item_field(wire, field, key)}", value


def _flat(item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields of an item; those of a claim of resources one by one."""
    for field, value in item.items():
        if field == CLAIM and isinstance(value, dict):
            yield from ((f"{field}.{one}", amount) for one, amount in value.items())
        else:
            yield field, value


def _is_map(item: object) -> bool:
    """Whether an item is a map; a platform's other items are ignored."""
    return isinstance(item, dict)


def _item(wire: str, key: object) -> str:
    return f"spec.env.{key}" if wire == "Envs" else f"{_NAMES[wire]}[{key}]"


def _item_field(wire: str, field: str, key: object) -> str:
    match wire:
        case "TaskRoleSpecs":
            return _ROLE_NAMES.get(field) or _RESOURCE_NAMES.get(field) or f"extra.{field}"
        case "DiagOptions":
            return "interval" if field == f"{key}Interval" else _DIAGNOSIS_NAMES.get(field, f"extra.{field}")
        case "CustomServices":
            return _SERVICE_NAMES.get(field, f"extra.{field}")
        case _:
            return field[:1].lower() + field[1:]


def _pruned(value: Any, path: str, paths: Collection[str]) -> Any:
    if is_ignored(manifest_field(path), paths):
        return _IGNORED
    if path in ITEM_KEYS and isinstance(value, list):
        items = (_pruned(item, f"{path}[{item.get(ITEM_KEYS[path])}]", paths) for item in value)
        return [item for item in items if item is not _IGNORED]
    if isinstance(value, dict):
        entries = ((key, _pruned(child, f"{path}.{key}", paths)) for key, child in value.items())
        return {key: child for key, child in entries if child is not _IGNORED}
    return value


def is_ignored(name: str, paths: Collection[str]) -> bool:
    """Whether the field with that name in a manifest is one of `paths`, or inside one."""
    everywhere = re.sub(r"\[[^]]*\]", "", name)
    return any(
        candidate == path or candidate.startswith((f"{path}.", f"{path}["))
        for path in paths
        for candidate in (name, everywhere)
    )
