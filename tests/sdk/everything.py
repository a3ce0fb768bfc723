"""A task with every parameter given, and the request that it makes."""

from __future__ import annotations

from typing import Any

_ROLES = [{"RoleName": "worker", "RoleReplicas": 2, "ResourceSpecId": "ml.g1e.large"}]
_ENVS = [{"Name": "LR", "Value": "0.1"}]
_STORAGES = [{"Type": "Tos", "MountPath": "/data", "Bucket": "b", "Prefix": "p", "Novelty": 1}]

TASK: dict[str, Any] = {
    "name": "job",
    "image_id": "ml_platform/pytorch:1.7",
    "entrypoint_path": "python train.py",
    "framework": "PyTorchDDP",
    "resource_group_id": "default",
    "task_role_specs": _ROLES,
    "active_deadline_seconds": 60,
    "tags": ["a", "b"],
    "enable_tensorboard": True,
    "code_source": "Local",
    "code_ori_path": "/home/me",
    "tos_code_path": "tos://b/code",
    "local_code_path": "/root/code",
    "envs": _ENVS,
    "args": "--epochs 10",
    "storages": _STORAGES,
    "tensor_board_path": "tensorboard/job",
    "description": "a job",
    "ak": "AKLT-storage",
    "sk": "secret-storage",
    "sidecar_memory_ratio": 0.5,
    "cache_type": "Gpfs",
    "sidecar_image": "ml_platform/sidecar:1",
    "sidecar_resource_cpu": 1.5,
    "sidecar_resource_memory": 4,
}
REQUEST: dict[str, Any] = {
    "Name": "job",
    "ImageSpec": {"Id": "ml_platform/pytorch:1.7"},
    "EntrypointPath": "python train.py",
    "Framework": "PyTorchDDP",
    "ResourceGroupId": "default",
    "TaskRoleSpecs": _ROLES,
    "ActiveDeadlineSeconds": 60,
    "Tags": ["a", "b"],
    "EnableTensorBoard": True,
    "CodeSource": "Local",
    "CodeOriPath": "/home/me",
    "TOSCodePath": "tos://b/code",
    "LocalCodePath": "/root/code",
    "Envs": _ENVS,
    "Args": "--epochs 10",
    "Storages": _STORAGES,
    "TensorBoardPath": "tensorboard/job",
    "Description": "a job",
    "Credential": {"AccessKeyId": "AKLT-storage", "SecretAccessKey": "secret-storage"},
    "SidecarMemoryRatio": 0.5,
    "CacheType": "Gpfs",
    "SidecarImage": "ml_platform/sidecar:1",
    "SidecarResourceCPU": 1.5,
    "SidecarResourceMemory": 4,
}
