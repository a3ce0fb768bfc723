"""Records of active tasks that cannot be read: how to detect them, and what is shown instead.

One damaged record must not keep the others from running, so its task is ended and the reason recorded.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jobspec.local.api.documents import Document, task_document
from jobspec.local.api.requests import checked_create
from jobspec.local.errors import ApiError
from jobspec.local.store.spec import RunnableTask, spec_of
from jobspec.local.supervisor.lifecycle import HOLDING, State

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTE = "the record of this task is damaged, so it cannot run"
COLUMNS = "id, state, body, attempts, wake, document"

_ACTIVE = HOLDING | {State.QUEUE, State.STAGING, State.RUNNING, State.KILLING}
_TEXTS = ("Name", "LaunchTime", "FinishTime", "UpdateTime", "DiagInfo")
_INSTANCE_TEXTS = ("RoleName", "LaunchTime", "FinishTime")


class StoredTask(Struct, frozen=True):
    """A task as the supervisor needs it."""

    id: str
    state: State
    spec: RunnableTask
    attempts: int
    wake: float
    diag_info: str
    updated: str


def stored_task(row: Sequence[Any]) -> StoredTask | None:
    """Return the active task in `COLUMNS` of its row; None if any of them is damaged."""
    task_id, state, body, attempts, wake, text = row
    document = _object(text, _TEXTS)
    if document is None or (document.get("Id"), document.get("State")) != (task_id, state):
        return None
    if state not in _ACTIVE or not isinstance(attempts, int) or not isinstance(wake, float):
        return None
    try:
        described = (document["DiagInfo"], document["UpdateTime"])
        return StoredTask(task_id, State(state), _spec(body), attempts, wake, *described)
    except (ApiError, ValueError, TypeError, LookupError, AttributeError):
        return None


def failed_document(task_id: str, name: str, text: str, *, created: str, now: str) -> Document:
    """Return what is shown of a damaged task: the readable fields of its document, and the reason."""
    plain = task_document(task_id, {"Name": name, "ImageSpec": {}, "TaskRoleSpecs": []}, created=created)
    readable = _object(text, ()) or {}
    end = {"State": State.EXCEPTION, "DiagInfo": NOTE, "UpdateTime": now, "FinishTime": now}
    return plain | readable | {"Id": task_id, "Name": name} | end


def instance(text: str) -> Document | None:
    """Return the document of an instance; None if it is damaged."""
    return _object(text, _INSTANCE_TEXTS)


def request(body: str) -> Document | None:
    """Return the create request of a task; None if it is damaged."""
    try:
        return checked_create(json.loads(body))
    except (ApiError, ValueError, TypeError):
        return None


def _object(text: str, texts: Sequence[str]) -> Document | None:
    try:
        found = json.loads(text)
    except (ValueError, TypeError):
        return None
    whole = isinstance(found, dict) and all(isinstance(found.get(key), str) for key in texts)
    return found if whole else None


@lru_cache(maxsize=512)  # each step reads the same few tasks
def _spec(body: str) -> RunnableTask:
    return spec_of(checked_create(json.loads(body)))
