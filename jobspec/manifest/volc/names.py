"""The names of a task's fields in the vendor's command line, API and SDK, and in a manifest. Pure."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator


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


class Row(Struct, frozen=True):
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
    Row("name", "TaskName", "Name", "name"),
    Row("description", "Description", "Description", "description", Kind.PROSE),
    Row("tags", "Tags", "Tags", "tags", Kind.WORDS),
)
SPEC = (
    Row("entrypoint", "Entrypoint", "EntrypointPath", "entrypoint_path", Kind.COMMAND),
    Row("args", "Args", "Args", "args", Kind.COMMAND),
    Row("framework", "Framework", "Framework", "framework"),
    Row(
        "activeDeadline",
        "ActiveDeadlineSeconds",
        "ActiveDeadlineSeconds",
        "active_deadline_seconds",
        Kind.DEADLINE,
        note="0 is `none`",
    ),
    Row("code.source", "", "CodeSource", "code_source"),
    Row("code.originPath", "", "CodeOriPath", "code_ori_path"),
    Row("code.tosPath", "", "TOSCodePath", "tos_code_path"),
    Row("code.localPath", "", "LocalCodePath", "local_code_path"),
    Row(
        "tensorboard.enabled",
        "EnableTensorBoard",
        "EnableTensorBoard",
        "enable_tensorboard",
        Kind.TRUTH,
    ),
    Row("tensorboard.path", "TensorBoardPath", "TensorBoardPath", "tensor_board_path"),
    Row(
        "cacheType",
        "CacheType",
        "CacheType",
        "cache_type",
        note="left out is `none`; in the SDK's arguments, it is `Cloudfs`",
    ),
    Row("sidecar.image", "SidecarImage", "SidecarImage", "sidecar_image"),
    Row(
        "sidecar.memoryRatio", "SidecarMemoryRatio", "SidecarMemoryRatio", "sidecar_memory_ratio", Kind.NUMBER
    ),
    Row("sidecar.cpu", "SidecarResourceCPU", "SidecarResourceCPU", "sidecar_resource_cpu", Kind.NUMBER),
    Row(
        "sidecar.memory",
        "SidecarResourceMemory",
        "SidecarResourceMemory",
        "sidecar_resource_memory",
        Kind.NUMBER,
    ),
    Row("priority", "Priority", "Priority", "", Kind.WHOLE),
    Row("preemptible", "Preemptible", "Preemptible", "", Kind.TRUTH),
    Row("idleResource", "EnableIdleResource", "EnableIdleResource", "", Kind.TRUTH),
    Row("delayExit", "DelayExitTimeSeconds", "DelayExitTimeSeconds", "", Kind.DURATION),
)
PLACE = (
    Row("resourceQueue", "ResourceQueueID", "ResourceQueueId"),
    Row("resourceQueue.name", "ResourceQueueName", "", note="looked up; a file with both keeps the id"),
    Row("resourceGroup", "ResourceGroupID", "ResourceGroupId", "resource_group_id"),
)
CODE = (
    Row("code.originPath", "UserCodePath", "", note="with `source: Local`; jobspec does not upload it"),
    Row("code.localPath", "RemoteMountCodePath", ""),
)
IMAGE = (
    Row("image", "Image", "ImageSpec.Id", "image_id"),
    Row("image.url", "ImageUrl", "ImageSpec.Url"),
    Row("image.type", "", "ImageSpec.Type"),
)
CREDENTIAL = (
    Row(
        "image.credential.username",
        "ImageCredential.RegistryUsername",
        "ImageSpec.Credential.RegistryUsername",
    ),
    Row(
        "image.credential.password",
        "ImageCredential.RegistryToken",
        "ImageSpec.Credential.RegistryToken",
        note="becomes a reference",
    ),
)
STORAGE_CREDENTIAL = (
    Row("accessKeyId", "", "Credential.AccessKeyId", "ak", note="becomes a reference"),
    Row("secretAccessKey", "", "Credential.SecretAccessKey", "sk", note="becomes a reference"),
)
ACCESS = (
    Row("access", "AccessType", "AccessType"),
    Row("access.users", "AccessUsers", "AccessUsers", "", Kind.WORDS),
)
ROLE = (
    Row("name", "RoleName", "RoleName"),
    Row("replicas", "RoleReplicas", "RoleReplicas", "", Kind.WHOLE),
    Row("flavor", "Flavor", "ResourceSpecId", others=("FlavorId",)),
    Row("minReplicas", "RoleMinReplicas", "RoleMinReplicas", "", Kind.WHOLE),
    Row("maxFailed", "RoleMaxFailed", "RoleMaxFailed", "", Kind.WHOLE),
    Row("restartPolicy", "RoleRestartPolicy", "RoleRestartPolicy"),
    Row("restartMaxRetries", "RoleRestartMaxRetryCount", "RoleRestartMaxRetryCount", "", Kind.WHOLE),
    Row("gpuRate", "GpuRate", "GpuRate", "", Kind.NUMBER),
    Row("zone", "ZoneId", "ZoneId"),
)
CLAIM = (
    Row("cpu", "Cpu", "Cpu", "", Kind.NUMBER),
    Row("memory", "MemoryGiB", "MemoryGiB", "", Kind.NUMBER),
    Row("gpus", "GpuCount", "GpuCount", "", Kind.WHOLE),
    Row("gpuType", "GpuType", "GpuType"),
)
STORAGE = (
    Row("type", "Type", "Type"),
    Row("mountPath", "MountPath", "MountPath"),
    Row("bucket", "Bucket", "Bucket"),
    Row("prefix", "Prefix", "Prefix", "", Kind.ANY_TEXT),
    Row("fileSystemName", "FileSystemName", "FileSystemName"),
    Row("fsName", "FsName", "FsName"),
    Row("metaCacheCapacity", "MetaCacheCapacity", "MetaCacheCapacity", "", Kind.WHOLE),
    Row("metaCacheExpiryMinutes", "MetaCacheExpiryMinutes", "MetaCacheExpiryMinutes", "", Kind.WHOLE),
    Row("vepfsId", "VepfsId", "VepfsId"),
    Row("id", "Id", "Id"),
    Row("vepfsAccessPointId", "VepfsAccessPointId", "VepfsAccessPointId"),
    Row("nasId", "NasId", "NasId"),
    Row("nasAddr", "NasAddr", "NasAddr"),
    Row(
        "nasAccessPointId",
        "NasAccessPointId",
        "NasAccessPointId",
        note="also as `NasAccessPonintId`, the spelling of the vendor's documentation",
    ),
    Row("subPath", "SubPath", "SubPath", "", Kind.ANY_TEXT),
    Row("readOnly", "ReadOnly", "ReadOnly", "", Kind.TRUTH),
)
RETRY = (
    Row("enabled", "EnableRetry", "EnableRetry", "", Kind.TRUTH),
    Row("reserveResource", "EnableReserveResourceOnRetry", "EnableReserveResourceOnRetry", "", Kind.TRUTH),
    Row("maxTimes", "MaxRetryTimes", "MaxRetryTimes", "", Kind.WHOLE),
    Row("interval", "IntervalSeconds", "IntervalSeconds", "", Kind.DURATION),
    Row("on", "PolicySets", "PolicySets", "", Kind.WORDS),
)
DIAGNOSIS = (
    Row("name", "Name", "Name"),
    Row("enabled", "Enable", "Enable", "", Kind.TRUTH),
)
INTERVAL = Row("interval", "<Name>Interval", "<Name>Interval", "", Kind.DURATION)
NETWORK = (
    Row("vpcId", "VpcId", "VpcId"),
    Row("subnetId", "SubnetId", "SubnetId", "", Kind.ANY_TEXT),
    Row("securityGroupIds", "SecurityGroupIds", "SecurityGroupIds", "", Kind.ANY_WORDS),
)
SERVICE = (
    Row("port", "ListenPort", "ListenPort", "", Kind.WHOLE),
    Row("type", "Type", "Type"),
    Row("path", "Path", "Path", "", Kind.ANY_TEXT),
)
TENSORBOARD_STORAGE = (
    Row("type", "Type", "Type"),
    Row("nasId", "NasId", "NasId"),
    Row("nasAddr", "NasAddr", "NasAddr"),
    Row("vepfsId", "VepfsId", "VepfsId"),
    Row("subPath", "SubPath", "SubPath", "", Kind.ANY_TEXT),
)
OF_A_RECORD = tuple(
    form(name)
    for name in (
        *("Id", "custom_task_id", "State", "CreateTime", "LaunchTime", "FinishTime", "UpdateTime"),
        *("ServerTime", "CreatorUserId", "ExitCode", "DiagInfo", "IsTrial", "OrderNumber", "order_id"),
    )
)
"""The fields of a task's record that the platform sets; they are no part of what the task runs."""
