"""Writes to single live tasks of an account on request: stop, delete, update in place."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.apply.driver import Driver
from jobspec.apply.journal import FileJournal
from jobspec.apply.observe import run_of
from jobspec.apply.pace import Pace
from jobspec.apply.secrets import Secrets
from jobspec.config.scope_state import scope_folder
from jobspec.errors import (
    BadAnswer,
    GuardError,
    NotFound,
    NotInTerminalState,
    PlatformError,
    Unavailable,
    UsageError,
)
from jobspec.manifest.schema.limits import RESERVED_TAG
from jobspec.quoting import quote
from jobspec.reconcile.declared import cancel_step
from jobspec.reconcile.protocol import steps
from jobspec.reconcile.protocol.outcome import DONE, Result, Status
from jobspec.reconcile.runs import (
    STOPPABLE,
    Phase,
    Run,
)
from jobspec.reconcile.tags import Keep, Marks, StopReason
from jobspec.redaction.answers import mask_text
from jobspec.redaction.values import secrets_in
from jobspec.workflow.account.account import empty_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jobspec.cloud.answers.wire import TaskRecord
    from jobspec.workflow.account.tasks import OpenAccount


class TagChange(Struct, frozen=True):
    """A change of a task's tags: replace the user's, or add and remove some; keep or remove jobspec's own."""

    replacement: tuple[str, ...] | None = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    is_released: bool = False

    def apply(self, present: Sequence[str]) -> tuple[str, ...]:
        """Return all tags after the change, given the present ones."""
        ours = [] if self.is_released else [tag for tag in present if _is_reserved(tag)]
        before = (
            [tag for tag in present if not _is_reserved(tag)]
            if self.replacement is None
            else self.replacement
        )
        kept = [tag for tag in (*before, *self.added) if tag not in self.removed]
        return (*dict.fromkeys(kept), *ours)


class Changes(Struct, frozen=True):
    """Changes to a task in place; None keeps a field."""

    name: str | None = None
    description: str | None = None
    tags: TagChange = TagChange()

    def check(self) -> None:
        """Raise `UsageError` if nothing would change, or if the change is not possible."""
        if self == Changes():
            raise UsageError(
                "nothing to change",
                help="use --name, --description, --add-tag, --remove-tag, --set-tags or "
                "--remove-jobspec-tags",
            )
        if self.tags.replacement is not None and (self.tags.added or self.tags.removed):
            raise UsageError(
                "`--set-tags` cannot be combined with `--add-tag` or `--remove-tag`",
                help="remove one or the other",
            )
        if self.name is not None and not self.name.strip():
            raise empty_option("--name")
        for tag in (*(self.tags.replacement or ()), *self.tags.added, *self.tags.removed):
            _check_tag(tag)
        for tag in set(self.tags.added) & set(self.tags.removed):
            raise UsageError(
                f"the tag {quote(tag)} is both added and removed",
                help="remove --add-tag or --remove-tag",
            )

    def of(self, record: TaskRecord) -> Changes:
        """Return only the changes that differ from the current task."""
        wanted = self.tags.apply(record.tags)
        return Changes(
            name=None if self.name == record.name else self.name,
            description=None if self.description == record.description else self.description,
            tags=TagChange() if set(wanted) == set(record.tags) else self.tags,
        )

    def differences(self, record: TaskRecord) -> tuple[tuple[str, str, str], ...]:
        """Return each changed field with its old and new value, without secrets."""
        fields = [("name", record.name, self.name), ("description", record.description, self.description)]
        rows = [(field, before, after) for field, before, after in fields if after is not None]
        if self.tags != TagChange():
            before, after = (_joined(tags) for tags in (record.tags, self.tags.apply(record.tags)))
            rows += [("tags", before, after)] if before != after else []
            ours = ", ".join(filter(_is_reserved, record.tags)) if self.tags.is_released else ""
            rows += [("tags of jobspec", ours, "")] if ours else []
        hidden = secrets_in(record.raw)
        return tuple(
            (field, mask_text(before, hidden), mask_text(after, hidden)) for field, before, after in rows
        )


def _joined(names: Iterable[str]) -> str:
    return ", ".join(tag for tag in names if not _is_reserved(tag))


def _is_reserved(tag: str) -> bool:
    return tag.startswith(RESERVED_TAG)


def _check_tag(tag: str) -> None:
    if _is_reserved(tag):
        raise UsageError(
            f"the tag {quote(tag)} is reserved for jobspec",
            help=f"tags that start with `{RESERVED_TAG}` identify the task of a run; only apply writes them, "
            "and --remove-jobspec-tags removes all of them",
        )
    if not tag.strip():
        raise UsageError("a tag is empty", help="add a tag, or remove the option")


def find_tasks(account: OpenAccount, ids: Sequence[str]) -> tuple[TaskRecord, ...]:
    """Return the tasks with these ids in their order, without duplicates. Raises `NotFound`."""
    return tuple(account.client.get(one) for one in dict.fromkeys(ids))


def check_cancel(records: Iterable[TaskRecord]) -> None:
    """Raise `GuardError` if one of the tasks is active and protected by its manifest."""
    for record in records:
        run = run_of(record)
        is_protected = isinstance(run.marks, Marks) and run.marks.keep is Keep.PROTECT
        if is_protected and run.is_active:
            raise GuardError(
                f"{quote(record.id)} is protected by its manifest; nothing was done",
                guard="",
                code="JS404",
                help="set `lifecycle.protect: false` in its manifest, apply that, then cancel",
            )


def check_delete(records: Iterable[TaskRecord]) -> None:
    """Raise `UsageError` if one of the tasks may still run: only ended tasks can be deleted."""
    for record in records:
        run = run_of(record)
        if run.is_deletable:
            continue
        is_unknown = run.phase is Phase.UNKNOWN
        raise UsageError(
            f"{_state(run)}, but only finished tasks can be deleted; nothing was done",
            help=f"check it: jobspec task get {run.id}"
            if is_unknown
            else f"stop it first: jobspec task cancel {run.id}",
            code=NotInTerminalState.code,
        )


def _state(run: Run) -> str:
    if not run.state:
        return f"the state of {quote(run.id)} is not readable"
    if run.phase is Phase.UNKNOWN:
        return f"{quote(run.id)} is in the unknown state {quote(run.state)}"
    return (
        f"{quote(run.id)} is {run.phase}"
        if run.is_active
        else f"{quote(run.id)} is kept in the state {quote(run.state)}"
    )


def cancel(account: OpenAccount, record: TaskRecord) -> Result:
    """Stop a task; a run of jobspec is first marked as cancelled by a person."""
    run = run_of(record)
    if isinstance(run.marks, Marks) and run.phase in STOPPABLE:
        step = cancel_step(run, StopReason.USER)
        result = _outcome(lambda: _driver(account).run(steps.cancel(step, list_lag=0.0)))
        look = f"check it: jobspec task get {record.id}"
        return replace(result, help=look) if result.status is Status.SKIPPED else result
    if run.phase is Phase.STOPPING or run.is_deletable:
        return Result(Status.DONE, f"already {run.phase}")
    return _outcome(lambda: account.client.stop(record.id))


def delete(account: OpenAccount, record: TaskRecord) -> Result:
    """Delete the record of an ended task; a record that is already gone counts as success."""
    return _outcome(lambda: account.client.delete(record.id))


def update(account: OpenAccount, record: TaskRecord, changes: Changes) -> Result:
    """Update a task in place and check that the change shows.

    Its tags are read again just before they are written, because a write replaces all of them.
    """
    now = account.client.get(record.id)
    left = changes.of(now)
    if left == Changes():
        return Result(Status.DONE, "already up to date")
    wanted = None if left.tags == TagChange() else left.tags.apply(now.tags)
    result = _outcome(
        lambda: account.client.update(now.id, name=left.name, description=left.description, tags=wanted)
    )
    return result if result.status is Status.FAILED else _seen(account, now.id, changes, result)


def _seen(account: OpenAccount, task_id: str, changes: Changes, result: Result) -> Result:
    """Return the result of an update by what the task shows now; `result` is that of the write."""
    look = f"check it: jobspec task get {task_id}"
    try:
        left = changes.of(account.client.get(task_id))
    except NotFound as error:
        return Result(Status.FAILED, "the task no longer exists", code=error.code, help=error.help)
    except PlatformError as error:
        if result.status is Status.UNKNOWN:
            return replace(result, help=look)
        message = f"written, but the result could not be read: {error.message}"
        return Result(Status.UNKNOWN, message, code=error.code, help=look)
    if left == Changes():
        return DONE
    if result.status is Status.UNKNOWN:
        return result
    message = "the change is not visible: another client may have written, or the platform lags"
    return Result(Status.FAILED, message, code="JS532", help=look)


def write_each(
    records: Sequence[TaskRecord],
    write: Callable[[TaskRecord], Result],
    report: Callable[[TaskRecord, Result], None],
) -> bool:
    """Write to the tasks one by one and report each result; return False if interrupted.

    After a `KeyboardInterrupt`, the result of the current task is unknown, and the remaining tasks are
    skipped.
    """
    begun = ended = 0
    try:
        for record in records:
            begun += 1
            result = write(record)
            ended += 1
            report(record, result)
    except KeyboardInterrupt:
        for record in records[ended:begun]:
            report(record, _cut_short(record))
        for record in records[begun:]:
            report(record, Result(Status.SKIPPED, "interrupted before it was started"))
        return False
    return True


def _cut_short(record: TaskRecord) -> Result:
    look = f"check it: jobspec task get {record.id}"
    return Result(Status.UNKNOWN, "interrupted during the write", code=Unavailable.code, help=look)


def _outcome(write: Callable[[], Result | None]) -> Result:
    """Return the result of one write, also if it failed midway, so that others may follow."""
    try:
        return write() or DONE
    except NotFound:
        return Result(Status.DONE, "the task no longer exists")
    except (Unavailable, BadAnswer) as error:
        return Result(Status.UNKNOWN, error.message, code=error.code, help=error.help)
    except PlatformError as error:
        return Result(Status.FAILED, error.message, code=error.code, help=error.help)


def _driver(account: OpenAccount) -> Driver:
    """Return a driver for cancels, which use neither the journal nor secrets."""
    root = account.located.root
    around = account.surroundings
    journal = FileJournal(scope_folder(around.state, account.connection.account, ""), time.time)
    pace = Pace(account.located.platform.writes_per_second, around.clock)
    return Driver(account.client, around.clock, journal, Secrets(around.environ, root), pace)
