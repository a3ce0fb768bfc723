"""The platform's own retries under a new id without our tags: found by name, time and echoed fields.

Such a copy is unmanaged: nothing is ever written to it, and nothing is submitted beside it either.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from jobspec.manifest.payload.create import is_retry_on
from jobspec.reconcile import tags
from jobspec.reconcile.differences import between
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.runs import (
    Phase,
    Run,
)
from jobspec.reconcile.tags import Marks, StopReason, TagKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jobspec.manifest.task import Scope, Task

# By default, the platform gives each run its own folder.
_OF_ONE_RUN = frozenset({"spec.tensorboard.path"})


def names(scope: Scope, tasks: Iterable[Task], runs: Iterable[Run]) -> tuple[str, ...]:
    """Return the names under which the platform may have retried a run of ours without its tags.

    They include names of tasks that no manifest declares: one may be the old name of a task.
    """
    known = {tags.encoding(TagKey.TASK, task.name): task.is_retry_on for task in tasks}
    if not any(known.values()):
        return ()
    groups = by_task(scope, runs).items()
    return tuple(
        sorted({runs[-1].name for name, runs in groups if known.get(name, True) and _may_continue(runs)})
    )


def _may_continue(runs: tuple[Run, ...]) -> bool:
    last = newest(runs)
    return last is not None and not any(run.is_active for run in runs) and is_retried(last)


def newest(runs: Sequence[Run]) -> Run | None:
    """Return the latest run that shows the task's result: a stopped duplicate only if no other run exists."""
    real = [run for run in runs if not _is_stopped_duplicate(run)]
    return real[-1] if real else (runs[-1] if runs else None)


def _is_stopped_duplicate(run: Run) -> bool:
    return isinstance(run.marks, Marks) and run.marks.stop == StopReason.DUPLICATE


def is_retried(run: Run) -> bool:
    """Return whether the platform retries a run that ended like this: it failed or lost its machine."""
    is_ours_to_stop = isinstance(run.marks, Marks) and run.marks.stop != ""
    return run.phase is Phase.FAILED or (run.phase is Phase.CANCELLED and not is_ours_to_stop)


def chain(own: Sequence[Run], others: Iterable[Run]) -> tuple[Run, ...]:
    """Return every try of the newest of `own`, the runs of a task.

    They are the runs with its run id, then untagged copies. The oldest is first. A copy with our tags carries
    the same run id.
    """
    newest = own[-1]
    tries = [run for run in own if _intention(run) == _intention(newest)]
    copies = [other for other in others if _is_copy(newest, other)]
    return (*tries, *sorted(copies, key=lambda copy: copy.age_key))


def tries_of(run: Run, own: Iterable[Run], others: Iterable[Run]) -> tuple[Run, ...]:
    """Return every try of the intention that a run came from; `own` are the tagged runs of its task."""
    known = {one.id: one for one in (*own, run) if one.marks}.values()
    untagged = {one.id: one for one in (*others, run) if not one.marks}.values()
    before = [one for one in known if one.age_key <= run.age_key]
    base = max(before, key=lambda one: one.age_key, default=run)
    same = [one for one in known if _intention(one) == _intention(base)] or [base]
    return chain(sorted(same, key=lambda one: one.age_key), untagged)


def after(run: Run, tries: Sequence[Run], now: datetime, list_lag: float) -> Run | datetime | None:
    """Return how the platform's own retry continues an ended run, as far as the platform echoes its options.

    The result is the later one of `tries` that continues it, or else the time until which one may still
    appear, or None if none can.
    """
    if run.spec is None or not is_retry_on(run.spec) or not is_retried(run):
        return None
    if tries[-1].age_key > run.age_key:
        return tries[-1]
    until = due(run.spec, tries, list_lag)
    return None if until is None or now >= until else until


def due(payload: Mapping[str, object], tries: Sequence[Run], list_lag: float) -> datetime | None:
    """Return until when the platform may retry after the last of `tries`; None if it does not retry."""
    options, newest = payload.get("RetryOptions"), tries[-1]
    if not isinstance(options, dict) or newest.finished is None:
        return None
    most, interval = options.get("MaxRetryTimes"), options.get("IntervalSeconds", 0)
    if (isinstance(most, int) and len(tries) > most) or not _has_reason(options, newest):
        return None
    return newest.finished + timedelta(seconds=interval + list_lag)


def _has_reason(options: Mapping[str, object], run: Run) -> bool:
    """Return whether one of the platform's retry reasons fits how the run ended."""
    reasons = options.get("PolicySets")
    found = frozenset(map(str, reasons)) if isinstance(reasons, list) else frozenset()
    return bool(found - {"Failed"} if run.phase is Phase.CANCELLED else found)


def _intention(run: Run) -> str:
    return run.marks.run if isinstance(run.marks, Marks) else ""


def find(run: Run, others: Iterable[Run]) -> Run | None:
    """Return the unmanaged run that continues `run`: the newest later run of the same name and echoed spec.

    None if no such run exists or if it has failed too.
    """
    newest = chain((run,), others)[-1]
    return None if newest is run or newest.phase is Phase.FAILED else newest


def _is_copy(run: Run, other: Run) -> bool:
    is_later = other.marks is None and other.name == run.name and other.age_key > run.age_key
    return is_later and {found.field for found in between(run, other)} <= _OF_ONE_RUN
