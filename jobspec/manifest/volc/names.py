"""The names of a task's fields in the vendor's command line, API and SDK, and in a manifest. Pure."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.manifest.payload.fields import LIKELY_RECORD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class Kind(Enum):
    """How a field's value is read."""

    TEXT = auto()
    """Empty text means that the field is not given."""
    ANY_TEXT = auto()
    """Empty text is a value, too."""
    COMMAND = auto()
    """Text that a shell expands."""
    PROSE = auto()
    """Text for people."""
    WHOLE = auto()
    NUMBER = auto()
    TRUTH = auto()
    DURATION = auto()
    DEADLINE = auto()
    WORDS = auto()
    ANY_WORDS = auto()


class Alias(Struct, frozen=True):
    """A field: its path in a manifest, and its names elsewhere. A name that does not exist is empty."""

    manifest: str
    cli: str
    wire: str
    sdk: str = ""
    kind: Kind = Kind.TEXT
    others: tuple[str, ...] = ()
    """Further names that have been seen."""
    note: str = ""

    @property
    def names(self) -> Iterator[str]:
        """The normal forms of the field's names."""
        return (form(name) for name in (self.cli, self.wire, self.sdk, *self.others) if name)


_MISSPELT = {
    "nasaccessponintid": "nasaccesspointid",
    "vepfsaccessponintid": "vepfsaccesspointid",
    "preemptable": "preemptible",
    "entrypiont": "entrypoint",
}
"""Misspelled names that are in use; the first one is in the vendor's documentation."""


def form(name: str) -> str:
    """Return the normal form of a name: `resource_queue_id` and `ResourceQueueID` are the same name."""
    plain = name.lower().replace("_", "").replace("-", "")
    return _MISSPELT.get(plain, plain)


METADATA = (
    Alias("name", "TaskName", "Name", "name"),
    Alias("description", "Description", "Description", "description", Kind.PROSE),
    Alias("tags", "Tags", "Tags", "tags", Kind.WORDS),
)
SPEC = (
    Alias("entrypoint", "Entrypoint", "EntrypointPath", "entrypoint_path", Kind.COMMAND),
    Alias("args", "Args", "Args", "args", Kind.COMMAND),
    Alias("framework", "Framework", "Framework", "framework"),
    Alias(
        "activeDeadline",
        "ActiveDeadlineSeconds",
        "ActiveDeadlineSeconds",
        "active_deadline_seconds",
        Kind.DEADLINE,
        note="0 is `none`",
    ),
    Alias("code.source", "", "CodeSource", "code_source"),
    Alias("code.originPath", "", "CodeOriPath", "code_ori_path"),
    Alias("code.tosPath", "", "TOSCodePath", "tos_code_path"),
    Alias("code.localPath", "", "LocalCodePath", "local_code_path"),
    Alias(
        "tensorboard.enabled",
        "EnableTensorBoard",
        "EnableTensorBoard",
        "enable_tensorboard",
        Kind.TRUTH,
    ),
    Alias("tensorboard.path", "TensorBoardPath", "TensorBoardPath", "tensor_board_path"),
    Alias(
        "cacheType",
        "CacheType",
        "CacheType",
        "cache_type",
        note="left out is `none`; in the SDK's arguments, it is `Cloudfs`",
    ),
    Alias("sidecar.image", "SidecarImage", "SidecarImage", "sidecar_image"),
    Alias(
        "sidecar.memoryRatio", "SidecarMemoryRatio", "SidecarMemoryRatio", "sidecar_memory_ratio", Kind.NUMBER
    ),
    Alias("sidecar.cpu", "SidecarResourceCPU", "SidecarResourceCPU", "sidecar_resource_cpu", Kind.NUMBER),
    Alias(
        "sidecar.memory",
        "SidecarResourceMemory",
        "SidecarResourceMemory",
        "sidecar_resource_memory",
        Kind.NUMBER,
    ),
    Alias("priority", "Priority", "Priority", "", Kind.WHOLE),
    Alias("preemptible", "Preemptible", "Preemptible", "", Kind.TRUTH),
    Alias("idleResource", "EnableIdleResource", "EnableIdleResource", "", Kind.TRUTH),
    Alias("delayExit", "DelayExitTimeSeconds", "DelayExitTimeSeconds", "", Kind.DURATION),
)
PLACE = (
    Alias("resourceQueue", "ResourceQueueID", "ResourceQueueId"),
    Alias("resourceQueue.name", "ResourceQueueName", "", note="looked up; a file with both keeps the id"),
    Alias("resourceGroup", "ResourceGroupID", "ResourceGroupId", "resource_group_id"),
)
CODE = (
    Alias("code.originPath", "UserCodePath", "", note="with `source: Local`; jobspec does not upload it"),
    Alias("code.localPath", "RemoteMountCodePath", ""),
)
IMAGE = (
    Alias("image", "Image", "ImageSpec.Id", "image_id"),
    Alias("image.url", "ImageUrl", "ImageSpec.Url"),
    Alias("image.type", "", "ImageSpec.Type"),
)
CREDENTIAL = (
    Alias(
        "image.credential.username",
        "ImageCredential.RegistryUsername",
        "ImageSpec.Credential.RegistryUsername",
    ),
    Alias(
        "image.credential.password",
        "ImageCredential.RegistryToken",
        "ImageSpec.Credential.RegistryToken",
        note="becomes a reference",
    ),
)
STORAGE_CREDENTIAL = (
    Alias("accessKeyId", "", "Credential.AccessKeyId", "ak", note="becomes a reference"),
    Alias("secretAccessKey", "", "Credential.SecretAccessKey", "sk", note="becomes a reference"),
)
ACCESS = (
    Alias("access", "AccessType", "AccessType"),
    Alias("access.users", "AccessUsers", "AccessUsers", "", Kind.WORDS),
)
ROLE = (
    Alias("name", "RoleName", "RoleName"),
    Alias("replicas", "RoleReplicas", "RoleReplicas", "", Kind.WHOLE),
    Alias("flavor", "Flavor", "ResourceSpecId", others=("FlavorId",)),
    Alias("minReplicas", "RoleMinReplicas", "RoleMinReplicas", "", Kind.WHOLE),
    Alias("maxFailed", "RoleMaxFailed", "RoleMaxFailed", "", Kind.WHOLE),
    Alias("restartPolicy", "RoleRestartPolicy", "RoleRestartPolicy"),
    Alias("restartMaxRetries", "RoleRestartMaxRetryCount", "RoleRestartMaxRetryCount", "", Kind.WHOLE),
    Alias("gpuRate", "GpuRate", "GpuRate", "", Kind.NUMBER),
    Alias("zone", "ZoneId", "ZoneId"),
)
CLAIM = (
    Alias("cpu", "Cpu", "Cpu", "", Kind.NUMBER),
    Alias("memory", "MemoryGiB", "MemoryGiB", "", Kind.NUMBER),
    Alias("gpus", "GpuCount", "GpuCount", "", Kind.WHOLE),
    Alias("gpuType", "GpuType", "GpuType"),
)
STORAGE = (
    Alias("type", "Type", "Type"),
    Alias("mountPath", "MountPath", "MountPath"),
    Alias("bucket", "Bucket", "Bucket"),
    Alias("prefix", "Prefix", "Prefix", "", Kind.ANY_TEXT),
    Alias("fileSystemName", "FileSystemName", "FileSystemName"),
    Alias("fsName", "FsName", "FsName"),
    Alias("metaCacheCapacity", "MetaCacheCapacity", "MetaCacheCapacity", "", Kind.WHOLE),
    Alias("metaCacheExpiryMinutes", "MetaCacheExpiryMinutes", "MetaCacheExpiryMinutes", "", Kind.WHOLE),
    Alias("vepfsId", "VepfsId", "VepfsId"),
    Alias("id", "Id", "Id"),
    Alias("vepfsAccessPointId", "VepfsAccessPointId", "VepfsAccessPointId"),
    Alias("nasId", "NasId", "NasId"),
    Alias("nasAddr", "NasAddr", "NasAddr"),
    Alias(
        "nasAccessPointId",
        "NasAccessPointId",
        "NasAccessPointId",
        note="also as `NasAccessPonintId`, the spelling of the vendor's documentation",
    ),
    Alias("subPath", "SubPath", "SubPath", "", Kind.ANY_TEXT),
    Alias("readOnly", "ReadOnly", "ReadOnly", "", Kind.TRUTH),
)
RETRY = (
    Alias("enabled", "EnableRetry", "EnableRetry", "", Kind.TRUTH),
    Alias("reserveResource", "EnableReserveResourceOnRetry", "EnableReserveResourceOnRetry", "", Kind.TRUTH),
    Alias("maxTimes", "MaxRetryTimes", "MaxRetryTimes", "", Kind.WHOLE),
    Alias("interval", "IntervalSeconds", "IntervalSeconds", "", Kind.DURATION),
    Alias("on", "PolicySets", "PolicySets", "", Kind.WORDS),
)
DIAGNOSIS = (
    Alias("name", "Name", "Name"),
    Alias("enabled", "Enable", "Enable", "", Kind.TRUTH),
)
INTERVAL = Alias("interval", "<Name>Interval", "<Name>Interval", "", Kind.DURATION)
NETWORK = (
    Alias("vpcId", "VpcId", "VpcId"),
    Alias("subnetId", "SubnetId", "SubnetId", "", Kind.ANY_TEXT),
    Alias("securityGroupIds", "SecurityGroupIds", "SecurityGroupIds", "", Kind.ANY_WORDS),
)
SERVICE = (
    Alias("port", "ListenPort", "ListenPort", "", Kind.WHOLE),
    Alias("type", "Type", "Type"),
    Alias("path", "Path", "Path", "", Kind.ANY_TEXT),
)
TENSORBOARD_STORAGE = (
    Alias("type", "Type", "Type"),
    Alias("nasId", "NasId", "NasId"),
    Alias("nasAddr", "NasAddr", "NasAddr"),
    Alias("vepfsId", "VepfsId", "VepfsId"),
    Alias("subPath", "SubPath", "SubPath", "", Kind.ANY_TEXT),
)
_SDK_ONLY = frozenset(
    row.sdk for rows in (METADATA, SPEC, PLACE, IMAGE) for row in rows if "_" in row.sdk
) | {"task_role_specs", "custom_task_id", "order_id", "ak", "sk"}


def are_of_sdk(names: Collection[str]) -> bool:
    """Whether the names of a task's fields are those of the SDK, which sends a `CacheType` on its own."""
    return (
        any(name in _SDK_ONLY for name in names)
        and all(name == name.lower() for name in names)
        and not any(form(name) == "taskname" for name in names)
    )


SET_BY_PLATFORM = tuple(map(form, (*sorted(LIKELY_RECORD_FIELDS), "custom_task_id", "order_id")))
"""The fields of a task's record that the platform sets; they are not part of what the task runs."""
RECORD_SIGNS = ("Id", "State", "CreateTime", "CreatorUserId")
