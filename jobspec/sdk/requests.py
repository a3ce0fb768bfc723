"""The names of `CustomTask`'s parameters in the API, and the requests built from them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobspec.sdk.arguments import sendable

# Source of the names: the platform's create fields and list filters. A dot is a nested object.
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
    """Return the body of CreateCustomTask. Raises `UsageError` for non-JSON values.

    Half a storage key is not sent, as in the vendor's class. Everything else is checked by the platform,
    whose answer names the field.
    """
    if parameters["ak"] is None or parameters["sk"] is None:
        parameters = {**parameters, "ak": None, "sk": None}
    return request(CREATE, {**parameters, "envs": _listed(parameters["envs"])})


def request(names: Mapping[str, str], values: Mapping[str, object]) -> dict[str, object]:
    """Return the values under their API names, without None. Raises `UsageError` for non-JSON values."""
    body: dict[str, Any] = {}
    for parameter, wire in names.items():
        if values[parameter] is not None:
            parent, _, field = wire.rpartition(".")
            (body.setdefault(parent, {}) if parent else body)[field] = sendable(parameter, values[parameter])
    return body


def _listed(envs: object) -> object:
    """Return the variables as the platform takes them; a plain mapping is our own convenience."""
    if isinstance(envs, Mapping):
        return [{"Name": name, "Value": value} for name, value in envs.items()]
    return envs
