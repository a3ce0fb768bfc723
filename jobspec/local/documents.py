"""A task and an instance as the API answers them: JSON objects, built once and changed in place.

What is secret never gets in: the values of private variables and every credential are left out here,
so that no answer can show them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.local.spec import Replica

Document: TypeAlias = dict[str, Any]

_SHOWN_DEFAULTS: Mapping[str, Any] = {
    "Description": "",
    "Tags": [],
    "Args": "",
    "Framework": "Custom",
    "EnableTensorBoard": False,
    "TensorBoardPath": "",
    "CodeSource": "",
    "CodeOriPath": "",
    "TOSCodePath": "",
    "LocalCodePath": "",
    "ActiveDeadlineSeconds": 432000,
    "ResourceGroupId": "",
    "CacheType": "Cloudfs",
}


def dump(value: object) -> str:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def task_document(task_id: str, body: Mapping[str, Any], *, created: str) -> Document:
    """A new task as list and get show it; `created` is an RFC 3339 time. State and DiagInfo follow."""
    return {
        **_SHOWN_DEFAULTS,
        **_without_secrets(body),
        "Id": task_id,
        "CreateTime": created,
        "LaunchTime": "",
        "FinishTime": "",
        "UpdateTime": created,
        "CreatorUserId": 0,
        "ExitCode": 0,
        "IsTrial": False,
    }


def _without_secrets(body: Mapping[str, Any]) -> Document:
    shown = _without_credentials(body)
    shown["ImageSpec"] = _without_credentials(body["ImageSpec"])
    if "Envs" in body:
        shown["Envs"] = [_public_env(env) for env in body["Envs"]]
    if "Storages" in body:
        shown["Storages"] = [_without_credentials(storage) for storage in body["Storages"]]
    return shown


def _without_credentials(value: Mapping[str, Any]) -> Document:
    return {key: part for key, part in value.items() if not _names_a_credential(key)}


def _names_a_credential(key: str) -> bool:
    words = ("credential", "secret", "password", "accesskey")
    return any(word in key.lower() for word in words)


def _public_env(env: Mapping[str, Any]) -> Document:
    return {key: value for key, value in env.items() if key != "Value" or not env.get("IsPrivate")}


def instance_document(task_id: str, replica: Replica, state: str) -> Document:
    """A replica as GetCustomTaskInstances shows it; `LogURL` depends on the request and follows there."""
    return {
        "Id": f"{task_id}-{replica.name}",
        "RoleName": replica.role,
        "RoleIndex": str(replica.index),
        "ResourceSpecId": replica.flavor,
        "LaunchTime": "",
        "FinishTime": "",
        "State": state,
        "LogURL": "",
        "WebShellURL": "",
        "MonitorURL": "",
        "ExitCode": 0,
        "DiagInfo": "",
        "PodName": f"{task_id}-{replica.name}",
        "ContainerName": "mljob",
    }


def with_server_time(document: str, now: str) -> str:
    """The text of a document with its `ServerTime` added, without parsing it."""
    return f'{document[:-1]},"ServerTime":"{now}"}}'
