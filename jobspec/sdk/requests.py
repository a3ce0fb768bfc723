"""What the parameters of `CustomTask` are called on the wire, and the requests made of them; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobspec.errors import UsageError
from jobspec.sdk.arguments import sendable

# Source of the names: the platform's create fields and list filters. A dot leads into an object.
CREATE: Mapping[str, str] = {
    "name": "Name",
    "image_id": "ImageSpec.Id",
    "entrypoint_path": "EntrypointPath",
    "framework": "Framework",
    "resource_group_id": "ResourceGroupId",
    "task_role_specs": "TaskRoleSpecs",
    "active_deadline_seconds": "ActiveDeadlineSeconds",
    "tags": "Tags",
    "enable_tensorboard": "EnableTensorBoard",
    "code_source": "CodeSource",
    "code_ori_path": "CodeOriPath",
    "tos_code_path": "TOSCodePath",
    "local_code_path": "LocalCodePath",
    "envs": "Envs",
    "args": "Args",
    "storages": "Storages",
    "tensor_board_path": "TensorBoardPath",
    "description": "Description",
    "ak": "Credential.AccessKeyId",
    "sk": "Credential.SecretAccessKey",
    "sidecar_memory_ratio": "SidecarMemoryRatio",
    "cache_type": "CacheType",
    "sidecar_image": "SidecarImage",
    "sidecar_resource_cpu": "SidecarResourceCPU",
    "sidecar_resource_memory": "SidecarResourceMemory",
}
WINDOW: Mapping[str, str] = {
    "offset": "Offset",
    "limit": "Limit",
    "sort_by": "SortBy",
    "sort_order": "SortOrder",
}
FILTERS: Mapping[str, str] = {
    "task_name": "Name",
    "task_filter": "Filter",
    "task_id": "Id",
    "resource_group_id": "ResourceGroupId",
    "creator_user_ids": "CreatorUserIds",
    "states": "States",
    "tags": "Tags",
}


def create_request(parameters: Mapping[str, object]) -> dict[str, object]:
    """The body of CreateCustomTask. Raises `UsageError` for half a storage key, and for what is no JSON.

    Everything else is the platform's to judge, and its answer names the field.
    """
    if (parameters["ak"] is None) != (parameters["sk"] is None):
        absent = "ak" if parameters["ak"] is None else "sk"
        raise UsageError(
            f"incomplete key for the storages: `{absent}` is None",
            help="pass both `ak` and `sk`, or neither",
        )
    return request(CREATE, {**parameters, "envs": _listed(parameters["envs"])})


def request(names: Mapping[str, str], values: Mapping[str, object]) -> dict[str, object]:
    """The values under their wire names; what is None is left out. Raises `UsageError` for no JSON."""
    body: dict[str, Any] = {}
    for parameter, wire in names.items():
        if values[parameter] is not None:
            parent, _, field = wire.rpartition(".")
            (body.setdefault(parent, {}) if parent else body)[field] = sendable(parameter, values[parameter])
    return body


def _listed(envs: object) -> object:
    """Variables as the platform takes them; a plain mapping is a convenience of ours."""
    if isinstance(envs, Mapping):
        return [{"Name": name, "Value": value} for name, value in envs.items()]
    return envs
