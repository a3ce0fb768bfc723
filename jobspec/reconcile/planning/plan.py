"""The plan: what would be done, why, and in which steps. Values only; the same input gives the same bytes."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.reconcile.runs import (
    LiveRole,
    Phase,
    Run,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from jobspec.diagnostics import Place
    from jobspec.manifest.payload.spec_hash import Fingerprint
    from jobspec.manifest.task import TaskOrigin
    from jobspec.reconcile.tags import Marks, StopReason


class Action(StrEnum):
    """What happens to a task."""

    SUBMIT = "submit"
    REPLACE = "replace"
    CANCEL = "cancel"
    DELETE = "delete"
    UPDATE = "update"
    RENAME = "rename"
    ADOPT = "adopt"
    RELEASE = "release"
    NONE = "none"


class Reason(StrEnum):
    """Why a change is made. Stable: golden cases and machine output use these words."""

    NEW = "new"
    UNKNOWN_STATE = "unknown-state"
    INCONSISTENT_TAGS = "inconsistent-tags"
    IN_PROGRESS = "in-progress"
    STOPPING = "stopping"
    SPEC_CHANGED = "spec-changed"
    WAITS_FOR_COMPLETION = "waits-for-completion"
    MANUAL = "manual"
    DUPLICATE = "duplicate"
    DONE = "done"
    RETRY = "retry"
    FAILED = "failed"
    RESUMED = "resumed"
    CANCELLED_OUTSIDE = "cancelled-outside"
    SUSPENDED = "suspended"
    REMOVED = "removed"
    RETAINED = "retained"
    RENAMED = "renamed"
    HISTORY = "history"
    REQUESTED = "requested"
    UNMANAGED_TWIN = "unmanaged-twin"
    OTHER_SCOPE = "other-scope"
    COOLDOWN = "cooldown"
    PLATFORM_RETRY = "platform-retry"
    WAITING = "waiting"
    BLOCKED_BY_FAILURE = "blocked-by-failure"
    MAX_FAILED = "max-failed"


HELD = frozenset({Reason.WAITING, Reason.BLOCKED_BY_FAILURE})
"""The task may not start yet, or not without a person."""


class BlockReason(StrEnum):
    """Why a change is not made although the task differs from its manifest. Stable, like `Reason`."""

    PROTECTED = "protected"
    UNCLEAR_RENAME = "unclear-rename"
    UNKNOWN_STATE = "unknown-state"
    INCONSISTENT_TAGS = "inconsistent-tags"
    UNMANAGED_TWIN = "unmanaged-twin"
    PLATFORM_RETRY = "platform-retry"
    OTHER_SCOPE = "other-scope"


class Slots(Struct, frozen=True):
    """The limit on the active runs of a set. `tag` is the set's encoded name, `name` how it is shown."""

    tag: str
    name: str
    limit: int


class Submit(Struct, frozen=True):
    """Create a run. `payload` lacks only the tags; `seen` are the runs of the task that the plan saw.

    `fingerprint` recognises runs of the same spec; `ignored` are the fields of `ignoreChanges`. With `slots`,
    the run is created only if fewer other runs of its set are active.
    """

    payload: Mapping[str, object]
    marks: Marks
    user_tags: tuple[str, ...]
    seen: tuple[tuple[str, Phase], ...]
    fingerprint: Fingerprint
    ignored: tuple[str, ...] = ()
    slots: Slots | None = None


class Winner(Struct, frozen=True):
    """The run that stays when a duplicate is cancelled."""

    run: str
    marks: Marks


class Cancel(Struct, frozen=True):
    """Stop a run if it is still ours and active; a duplicate only while its winner exists."""

    run: str
    marks: Marks
    why: StopReason
    winner: Winner | None = None


class Wait(Struct, frozen=True):
    """Wait until a run that is being stopped is terminal."""

    run: str


class Delete(Struct, frozen=True):
    """Delete the record of a finished run."""

    run: str
    marks: Marks


class Update(Struct, frozen=True):
    """Write the name, description and tags of a run in place; nothing is stopped.

    Without `marks`, the run was unmanaged before; without `becomes`, it is unmanaged afterwards. A
    description of None keeps the existing one.
    """

    run: str
    marks: Marks | None
    becomes: Marks | None
    name: str
    description: str | None
    user_tags: tuple[str, ...]


Step = Submit | Cancel | Wait | Delete | Update


class Difference(Struct, frozen=True):
    """A field that differs from its declaration. `before` or `after` is None if the field is absent there."""

    field: str
    before: object
    after: object


class SeenRun(Struct, frozen=True):
    """A run that the change assumes, as the plan saw it."""

    id: str
    state: str
    phase: Phase
    launched: datetime | None
    queue: str
    roles: tuple[LiveRole, ...]

    @property
    def replicas(self) -> int:
        """The number of replicas in all roles."""
        return sum(role.replicas for role in self.roles)


def seen(runs: Iterable[Run]) -> tuple[SeenRun, ...]:
    """Return the runs in the form that a change records."""
    return tuple(SeenRun(run.id, run.state, run.phase, run.launched, run.queue, run.roles) for run in runs)


class Change(Struct, frozen=True):
    """What happens to one task. `blocked` is why nothing may be done although something should be.

    `earlier_success` is the id of a run that succeeded with another spec, if this change submits the task
    again. `due` is the time, by the platform's clock, from which the next attempt may start. `later` are the
    submits that a later plan makes, once the task need not wait any more.
    """

    task: str
    action: Action
    reason: Reason
    detail: str = ""
    steps: tuple[Step, ...] = ()
    runs: tuple[SeenRun, ...] = ()
    differences: tuple[Difference, ...] = ()
    origin: TaskOrigin | None = None
    """What the task was read from; None if no manifest declares it."""
    blocked: BlockReason | None = None
    earlier_success: str = ""
    due: datetime | None = None
    set: str = ""
    """The name of the set that the task belongs to; empty without one."""
    cell: tuple[tuple[str, str], ...] = ()
    """The task's value on each axis of its set, as text."""
    later: tuple[Submit, ...] = ()

    @property
    def place(self) -> Place | None:
        """The place of the task's name in its manifest; None if no manifest declares it."""
        return None if self.origin is None else self.origin.place

    @property
    def submits(self) -> tuple[Submit, ...]:
        """The steps that create a run."""
        return tuple(step for step in self.steps if isinstance(step, Submit))

    @property
    def adds(self) -> tuple[Submit, ...]:
        """Every submit that a person approves with the plan: those that are made now, and later ones."""
        return (*self.submits, *self.later)

    @property
    def stops(self) -> tuple[SeenRun, ...]:
        """The runs that this change would stop."""
        ids = {step.run for step in self.steps if isinstance(step, Cancel)}
        return tuple(run for run in self.runs if run.id in ids)

    @property
    def needs_attention(self) -> bool:
        """Whether a person should look: the task differs from its manifest and nothing will be done."""
        return self.blocked is not None or self.reason in _ATTENTION


_ATTENTION = frozenset(
    {
        Reason.FAILED,
        Reason.CANCELLED_OUTSIDE,
        Reason.MANUAL,
        Reason.WAITS_FOR_COMPLETION,
        Reason.COOLDOWN,
        Reason.PLATFORM_RETRY,
        Reason.WAITING,
        Reason.BLOCKED_BY_FAILURE,
    }
)

# Terminal, JSON and apply use this order: the riskiest changes first.
_ORDER = {
    Action.DELETE: 0,
    Action.CANCEL: 1,
    Action.REPLACE: 2,
    Action.RENAME: 3,
    Action.RELEASE: 4,
    Action.ADOPT: 5,
    Action.UPDATE: 6,
    Action.SUBMIT: 7,
    Action.NONE: 8,
}


class Plan(Struct, frozen=True):
    """Every task of a scope, declared or live, with its change."""

    scope: str
    changes: tuple[Change, ...]
    managed: int

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that would write something."""
        return tuple(change for change in self.changes if change.action is not Action.NONE)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self.pending

    def count(self, action: Action) -> int:
        """Return the number of changes with this action."""
        return sum(change.action is action for change in self.changes)


def ordered(changes: list[Change]) -> tuple[Change, ...]:
    """Return the changes in the order in which they are shown and applied."""
    return tuple(sorted(changes, key=lambda c: (_ORDER[c.action], c.task, c.reason)))
