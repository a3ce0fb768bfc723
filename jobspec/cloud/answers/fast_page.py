"""Read a page of tasks quickly: parse the few fields that every task needs, and keep the rest as bytes. Pure.

It reads only pages in the expected form. It is in doubt about all others, and `envelope.py` and `wire.py`
read those. It returns what they would return, except that each record stays bytes. The limits of
`bounded_json.py` hold for each page.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Annotated, TypeAlias

from msgspec import UNSET, Meta, MsgspecError, Raw, Struct, UnsetType, field
from msgspec.json import Decoder
from msgspec.structs import replace

from jobspec import bounded_json
from jobspec.bounded_json import MAX_DEPTH, Unread, brackets_in
from jobspec.cloud.answers.wire import Page, TaskRecord, read_task

if TYPE_CHECKING:
    from jobspec.cloud.answers.envelope import Answer

_LEVELS_AROUND = 3  # the response, its result, and the list
_LEVELS = MAX_DEPTH - _LEVELS_AROUND - 1  # a value inside the innermost brackets is one more level
_Number: TypeAlias = Annotated[int, Meta(gt=-(10**17), lt=10**17)]
"""A number of at most 17 digits; `bounded_json.py` reads one of 19 or more as a float."""
_Text: TypeAlias = "str | None"


class _Task(Struct, rename="pascal"):
    id: Annotated[str, Meta(min_length=1)]
    name: _Text = None
    description: str | UnsetType | None = UNSET
    tags: tuple[str, ...] | None = None
    state: _Text = None
    create_time: _Text = None
    launch_time: _Text = None
    finish_time: _Text = None
    update_time: _Text = None
    server_time: _Text = None
    exit_code: _Number | None = None
    diag_info: _Text = None
    creator_user_id: _Number | None = None
    resource_group_id: _Text = None
    resource_queue_id: _Text = None


class _Metadata(Struct, rename="pascal"):
    error: Raw | UnsetType = UNSET


class _Result(Struct, rename="pascal"):
    items: list[Raw] = field(name="List")
    total: _Number | None = None


class _Envelope(Struct, rename="pascal"):
    response_metadata: _Metadata
    result: _Result


_ENVELOPE = Decoder(_Envelope)
_TASK = Decoder(_Task)


class _InDoubtError(Exception):
    """The exact reader has to read the page."""


def read(answer: Answer, *, action: str) -> Page | None:
    """Return the page of tasks in a response; None if in doubt about any part of it."""
    body = answer.body
    if answer.status != 200 or not bounded_json.has_few_values(body) or not _is_utf_8(body):
        return None
    try:
        envelope = _ENVELOPE.decode(body)
        if envelope.response_metadata.error is not UNSET:
            return None
        records = [bytes(item) for item in envelope.result.items]  # copies: the rest of the page is not kept
        brackets = [*map(brackets_in, records)]
        if brackets_in(body) - sum(brackets) > _LEVELS:
            return None
        tasks = map(_task, records, brackets, repeat(action))
        return Page(envelope.result.total, tuple(tasks))
    except (MsgspecError, ValueError, _InDoubtError, RecursionError):
        return None


def _is_utf_8(body: bytes) -> bool:
    """Whether the text is valid: the decoder does not look at the texts that it skips."""
    if body.isascii():
        return True
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _task(text: bytes, brackets: int, action: str) -> TaskRecord:
    if brackets > _LEVELS:
        return _exact(text, action)
    try:
        return _record(_TASK.decode(text), text)
    except MsgspecError:
        return _exact(text, action)


def _exact(text: bytes, action: str) -> TaskRecord:
    try:
        value = bounded_json.parse(text, levels=_LEVELS)
    except ValueError:
        raise _InDoubtError from None
    return replace(read_task(value, action=action), raw=Unread(text))


def _record(task: _Task, text: bytes) -> TaskRecord:
    return TaskRecord(
        id=task.id,
        name=task.name or "",
        description=task.description or "",
        has_description=task.description is not UNSET,
        tags=task.tags or (),
        state=task.state or "",
        created=task.create_time or "",
        launched=task.launch_time or "",
        finished=task.finish_time or "",
        updated=task.update_time or "",
        answered=task.server_time or "",
        exit_code=task.exit_code,
        diag_info=task.diag_info or "",
        creator_user_id=task.creator_user_id,
        group=task.resource_group_id or "",
        own_queue=task.resource_queue_id or "",
        raw=Unread(text),
    )
