"""The names of the fields that the reference and public clients have, and bodies with other spellings."""

from __future__ import annotations

from typing import Any

from jobspec.local.errors import ApiError

DOCUMENTED = frozenset(
    {
        *("Name", "Description", "Tags", "ImageSpec", "Id", "Url", "Type", "EntrypointPath", "Args"),
        *("Framework", "ResourceGroupId", "ResourceQueueId", "ActiveDeadlineSeconds"),
        *("TaskRoleSpecs", "RoleName", "RoleReplicas", "ResourceSpecId", "ResourceSpec", "FlavorID"),
        *("FlexibleResourceClaim", "Cpu", "MemoryGiB", "GpuCount", "GpuType", "GpuRate", "ZoneId"),
        *("RoleMinReplicas", "RoleMaxFailed", "RoleRestartPolicy", "RoleRestartMaxRetryCount"),
        *("EnableTensorBoard", "TensorBoardPath", "TensorBoardStorage"),
        *("CodeSource", "CodeOriPath", "TOSCodePath", "LocalCodePath", "Envs", "Value", "IsPrivate"),
        *("Storages", "MountPath", "Bucket", "Prefix", "SubPath", "ReadOnly", "FileSystemName", "FsName"),
        *("NasId", "NasAddr", "NasAccessPointId", "VepfsId", "VepfsAccessPointId"),
        *("MetaCacheCapacity", "MetaCacheExpiryMinutes", "CacheType"),
        *("SidecarMemoryRatio", "SidecarImage", "SidecarResourceCPU", "SidecarResourceMemory"),
        *("Priority", "Preemptible", "DelayExitTimeSeconds", "AccessType", "AccessUsers"),
        *("RetryOptions", "EnableRetry", "EnableReserveResourceOnRetry", "MaxRetryTimes", "IntervalSeconds"),
        *("PolicySets", "EnableIdleResource", "DiagOptions", "Enable", "EnvironmentalDiagnosisInterval"),
        *("PythonDetectionInterval", "LogDetectionInterval", "VecclHangDetectionInterval"),
        *("PrivateNetwork", "VpcId", "SubnetId", "SecurityGroupIds"),
        *("CustomServices", "ListenPort", "Path"),
    }
)
"""The fields of a task that are shown: no part of a credential."""
_OTHERS = frozenset(
    {
        *("Credential", "AccessKeyId", "SecretAccessKey", "RegistryUsername", "RegistryToken"),
        *("CustomTaskId", "PodName", "RoleIndex", "Filter", "ResourceQueueIds", "CreatorUserIds", "States"),
        *("Offset", "Limit", "SortBy", "SortOrder", "DisplayType", "StorageType", "VepfsIds"),
    }
)
"""Other fields of requests."""


def in_known_case(value: Any) -> Any:
    """Return the body of a request with the known spelling of each key, at any depth.

    Raises `ApiError` if one object has a field in two spellings.
    """
    if isinstance(value, list):
        return [in_known_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    spelled: dict[str, Any] = {}
    for key, part in value.items():
        known = _spelling(key)
        if known in spelled:
            raise ApiError("InvalidParameter", f"`{known}` is given twice, in different spellings")
        spelled[known] = in_known_case(part)
    return spelled


def _spelling(key: str) -> str:
    return _SPELLINGS.get(key.casefold(), key)


_SPELLINGS: dict[str, str] = {name.casefold(): name for name in DOCUMENTED | _OTHERS}
