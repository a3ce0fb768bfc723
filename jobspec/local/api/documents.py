"""A task and an instance as the API returns them: JSON objects, built once and changed in place.

Secrets never get in: the values of private variables and every credential are left out here, so that no
answer can show them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from jobspec.local.addresses import HOST
from jobspec.local.api.bodies.fields import DOCUMENTED

if TYPE_CHECKING:
    from jobspec.local.store.spec import Replica


Document: TypeAlias = dict[str, Any]
Hides: TypeAlias = Callable[[str, object], bool]
"""Returns whether a value may be a secret, by its key."""

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
    """Return compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def undocumented_text(key: str, value: object) -> bool:
    """Return whether a value may be a secret because it is text under a key that the API's reference lacks.

    This is the default for callers without a list of secret names. The platform has no such list itself: the
    caller that starts the platform passes it.
    """
    return isinstance(value, str) and key not in DOCUMENTED


def task_document(
    task_id: str, body: Mapping[str, Any], *, created: str, hides: Hides = undocumented_text
) -> Document:
    """Return a new task as list and get show it; `created` is an RFC 3339 time. State and DiagInfo follow.

    `hides` decides about the fields that the API's reference does not name.
    """
    return {
        **_SHOWN_DEFAULTS,
        **_without_secrets(body, hides),
        "Id": task_id,
        "CreateTime": created,
        "LaunchTime": "",
        "FinishTime": "",
        "UpdateTime": created,
        "CreatorUserId": 0,
        "ExitCode": 0,
        "IsTrial": False,
    }


def _without_secrets(body: Mapping[str, Any], hides: Hides) -> Document:
    shown: Document = {
        key: _shown(value, hides) for key, value in body.items() if not _is_hidden(key, value, hides)
    }
    if "Envs" in body:
        shown["Envs"] = [_public_env(env) for env in body["Envs"]]
    return shown


def _shown(value: Any, hides: Hides) -> Any:
    """Return a value without its hidden parts, at any depth: a request has few levels."""
    if isinstance(value, dict):
        kept = ((key, part) for key, part in value.items() if not _is_hidden(key, part, hides))
        return {key: _shown(part, hides) for key, part in kept}
    return [_shown(item, hides) for item in value] if isinstance(value, list) else value


def _is_hidden(key: str, value: object, hides: Hides) -> bool:
    return key not in DOCUMENTED and (key == "Credential" or hides(key, value))


def _public_env(env: Mapping[str, Any]) -> Document:
    return {key: value for key, value in env.items() if key != "Value" or not env.get("IsPrivate")}


def instance_document(task_id: str, replica: Replica, state: str) -> Document:
    """Return a replica as GetCustomTaskInstances shows it, without `LogURL`, which depends on the request."""
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
        "PodIP": HOST,
    }


def with_server_time(document: str, now: str) -> str:
    """Return the text of a document with its `ServerTime` added, without parsing it."""
    return f'{document[:-1]},"ServerTime":"{now}"}}'
