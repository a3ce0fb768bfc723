"""The safe submit: at most one create in flight per task, and never a blind second one.

Check, record the intent, send once, classify the answer. The platform has no idempotency token, so if the
answer does not show whether the run was created, the run id is searched for as long as the request may still
take effect.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.errors import (
    BadAnswer,
    JobspecError,
    NotFound,
    NotSent,
    PlatformError,
    Refused,
    SecretError,
    Throttled,
    Unavailable,
)
from jobspec.manifest.task import environment_option
from jobspec.reconcile import contradictions, differences, tags
from jobspec.reconcile.planning import twins
from jobspec.reconcile.planning.plan import (
    Difference,
    Submit,
)
from jobspec.reconcile.protocol import calls
from jobspec.reconcile.protocol.outcome import Result, Status, changed_since_plan
from jobspec.reconcile.runs import (
    FINISHED,
    Phase,
    Run,
)
from jobspec.reconcile.tags import Marks, TagKey
from jobspec.redaction.masking import Mask
from jobspec.redaction.records import mask_field
from jobspec.redaction.values import secrets_in

if TYPE_CHECKING:
    from jobspec.reconcile.protocol.calls import Protocol

LOOK_VALID_SECONDS = 10.0
SEND_ATTEMPTS = 5
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 15.0


class Assumptions(Struct, frozen=True):
    """The two time limits of the platform, in seconds, and whether the user allows a twin."""

    list_lag: float
    commit_window: float
    allow_twin: bool = False

    @property
    def settling_time(self) -> float:
        """How long after its create a run must show in a list, if it ever does."""
        return self.list_lag + self.commit_window


def submit(step: Submit, address: str, assumptions: Assumptions) -> Protocol[Result]:
    """Create the run that the step intends, unless it exists or the plan is stale."""
    last: PlatformError | None = None
    scope = address.rpartition("/")[0]
    for attempt in range(SEND_ATTEMPTS):
        if last is not None:
            yield calls.Sleep(min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE))
        yield calls.NextTurn()
        looked_at = yield from calls.now()
        found = yield from _look(step)
        of_set = yield from _look_at_set(step)
        verdict = _verdict(step, (*found, *_unseen(of_set, found)), scope, assumptions)
        verdict = verdict or _without_a_slot(step, of_set)
        if verdict:
            return verdict
        yield calls.Intend(step.marks.run, address)
        if (yield from calls.now()) - looked_at > LOOK_VALID_SECONDS:
            continue
        try:
            return (yield from _send(step, assumptions))
        except (NotSent, Throttled) as error:
            last = error
            yield calls.Settle(step.marks.run)
    yield calls.Settle(step.marks.run)
    return _not_sent(last)


def look_for_twin(step: Submit, scope: str, assumptions: Assumptions) -> Protocol[Result | None]:
    """Return the result if a twin blocks the submit, or None."""
    if assumptions.allow_twin:
        return None
    twin = twins.find(step, (yield from calls.find(name=_name(step))))
    return twins.result(twin, _name(step), scope) if twin else None


def _name(step: Submit) -> str:
    return str(step.payload["Name"])


def _not_sent(error: PlatformError | None) -> Result:
    if error is None:
        detail = (
            f"reading the platform's state took longer than {LOOK_VALID_SECONDS:g} s each time; nothing was "
            "sent"
        )
        return Result(
            Status.FAILED, detail, code="JS533", help="apply again when the platform answers faster"
        )
    return Result(Status.FAILED, f"nothing was submitted: {error.message}", code=error.code, help=error.help)


def _look(step: Submit) -> Protocol[tuple[Run, ...]]:
    """Find runs by the task's tag and by exact name: either index may lag or have been edited."""
    by_tag = yield from calls.find(tag=tags.prefixed(TagKey.TASK, step.marks.task))
    by_name = yield from calls.find(name=_name(step))
    found = {run.id: run for run in (*by_name, *by_tag)}
    for run_id, phase in step.seen:
        if run_id in found and found[run_id].is_active and phase not in FINISHED:
            yield from _refresh(found, run_id)
    return tuple(found.values())


def _refresh(found: dict[str, Run], run_id: str) -> Protocol[None]:
    """Read a run that the plan waited for by its id: a lagging list may still show it as active.

    A get may lag too; if it does not find the run, the list entry is kept.
    """
    with suppress(NotFound):
        found[run_id] = yield from calls.get(run_id)


def _verdict(step: Submit, found: tuple[Run, ...], scope: str, assumptions: Assumptions) -> Result | None:
    """Return why nothing is to be sent, or None."""
    assumed = dict(step.seen)
    for run in found:
        if isinstance(run.marks, tags.Inconsistent):
            if _may_be_ours(step, run.marks) and run.is_active:
                advice = (
                    "if it is not yours, remove its jobspec tags: "
                    f"jobspec task update {run.id} --remove-jobspec-tags{environment_option(scope)}"
                )
                return replace(changed_since_plan(f"{run.id} has {run.marks.reason}"), help=advice)
        elif run.marks and (run.marks.scope, run.marks.task) == (step.marks.scope, step.marks.task):
            verdict = _known(step, run, assumed.get(run.id))
            if verdict:
                return verdict
    twin = None if assumptions.allow_twin else twins.find(step, found)
    return twins.result(twin, _name(step), scope) if twin else None


def _look_at_set(step: Submit) -> Protocol[tuple[Run, ...]]:
    """Find the active runs of the step's set, if that has a limit."""
    if step.slots is None:
        return ()
    return (yield from calls.find_active(tags.prefixed(TagKey.SET, step.slots.tag)))


def _unseen(runs: tuple[Run, ...], found: tuple[Run, ...]) -> tuple[Run, ...]:
    """Return the runs that another look did not find: it may have read some of those by their id since."""
    known = {run.id for run in found}
    return tuple(run for run in runs if run.id not in known)


def _without_a_slot(step: Submit, active: tuple[Run, ...]) -> Result | None:
    """Return the result if as many other tasks of the set are active as may be, or None."""
    others = [run for run in active if _is_other_member(step, run)]
    slots = step.slots
    if slots is None or len(others) < slots.limit:
        return None
    full = changed_since_plan(f"{len(others)} of {slots.limit} runs of {slots.name} are active")
    return replace(full, is_full=True)


def _is_other_member(step: Submit, run: Run) -> bool:
    if not isinstance(run.marks, Marks):
        return False
    return run.marks.scope == step.marks.scope and run.marks.task != step.marks.task


def _may_be_ours(step: Submit, marks: tags.Inconsistent) -> bool:
    """Return true unless the remaining tags name another scope or another task."""
    is_elsewhere = bool(marks.scopes) and step.marks.scope not in marks.scopes
    is_another = bool(marks.tasks) and step.marks.task not in marks.tasks
    return not is_elsewhere and not is_another


def _known(step: Submit, run: Run, assumed: Phase | None) -> Result | None:
    assert isinstance(run.marks, Marks)  # noqa: S101 - only called for runs with marks
    copied = contradictions.of_submit(step, run) if assumed is None else ()
    if copied:
        return changed_since_plan(f"{run.id} has {contradictions.describe(copied)}")
    if run.marks.run == step.marks.run:
        return Result(Status.DONE, f"{run.id} was already submitted", run=run.id)
    if run.is_active:
        return changed_since_plan(f"{run.id} is {run.phase}")
    is_same = step.fingerprint.matches(run.marks)
    if is_same and run.phase is Phase.SUCCEEDED and assumed is not Phase.SUCCEEDED:
        return changed_since_plan(f"{run.id} has succeeded")
    return None


def _send(step: Submit, assumptions: Assumptions) -> Protocol[Result]:
    sent_at = yield from calls.now()
    try:
        created = yield from calls.create(step.payload, tags.write(step.marks, step.user_tags))
    except (calls.Interrupted, SecretError):  # raised instead of the create: it was not sent
        yield calls.Settle(step.marks.run)
        raise
    except Refused as error:
        yield calls.Settle(step.marks.run)
        return Result(Status.FAILED, error.message, code=error.code, help=error.help)
    except (Unavailable, BadAnswer) as error:
        return (yield from _find_out(step, sent_at, assumptions, why=error.message))
    try:
        run = yield from _read_back(step, created)
        if isinstance(run, str):
            why = f"the platform returned {created}, and {run}"
            return (yield from _find_out(step, sent_at, assumptions, why=why, answered=created))
        detail = yield from _acknowledge(step, run)
        # Not settled yet: a list may not show the run, and the next apply plans from a list.
        return Result(Status.DONE, detail, run=created, is_own=True, altered=_altered(step, run))
    except calls.Interrupted:
        return replace(_unknown(f"the platform returned {created}, which was not read back"), run=created)


def _read_back(step: Submit, created: str) -> Protocol[Run | str]:
    """Return the created run if it shows our tags, or else why that is not known."""
    try:
        run = yield from calls.get(created)
    except PlatformError as error:
        return f"it was not read back: {error.message}"
    is_ours = isinstance(run.marks, Marks) and run.marks.run == step.marks.run
    return run if is_ours else "it does not show the tags of its submit"


def _acknowledge(step: Submit, run: Run) -> Protocol[str]:
    """Record what the platform changed in our request, or the next plan would take it for copied tags.

    Returns a detail for the outcome if that cannot be written.
    """
    marks = run.marks
    if not isinstance(marks, Marks) or not contradictions.of_submit(step, run):
        return ""
    kept = tags.write(
        replace(marks, adopted=contradictions.adopted(run.id, marks.spec)), tags.user_tags(run.tags)
    )
    try:
        yield calls.NextTurn()
        yield calls.Write(run.id, run.name, run.description, kept)
    except PlatformError as error:
        return f"the next plan treats it as a copy of tags: {error.message}"
    return ""


def _altered(step: Submit, run: Run) -> tuple[Difference, ...]:
    """Return the fields that the platform changed, each as sent and as echoed."""
    labels = [
        Difference("metadata.name", _name(step), run.name),
        Difference("metadata.tags", sorted(set(step.user_tags)), sorted(set(tags.user_tags(run.tags)))),
    ]
    spec = [Difference(d.field, d.after, d.before) for d in differences.of_spec(run, step.payload)]
    altered = [d for d in (*labels, *spec) if d.before != d.after]
    mask = Mask.of(secrets_in(run.spec) if altered else ())
    return tuple(replace(d, after=mask_field(d.after, mask)) for d in altered)


def _find_out(
    step: Submit, sent_at: float, assumptions: Assumptions, *, why: str, answered: str = ""
) -> Protocol[Result]:
    """Poll with growing pauses until the run id shows or the settling time is over; then it stays unknown.

    Only the run with the id in `answered` is known to be ours, so it is waited for: the first run to show may
    belong to another applier that had the same view, or be a person's copy.
    """
    pause, settled_at = _FIRST_PAUSE, sent_at + assumptions.settling_time
    try:
        while True:
            found = yield from _by_run_id(step, answered)
            left = settled_at - (yield from calls.now())
            if found and (found == answered or not answered or left <= 0):
                detail = "found after an ambiguous response"
                return Result(Status.DONE, detail, run=found, is_own=found == answered)
            if left <= 0:
                return _unknown(why)
            yield calls.Sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_PAUSE)
    except calls.Interrupted:
        return _unknown(why)


def _by_run_id(step: Submit, answered: str) -> Protocol[str]:
    """Return the run of the create's answer if it carries the run id, else the oldest that does."""
    try:
        found = yield from calls.find(tag=tags.encode(TagKey.RUN, step.marks.run))
    except JobspecError:  # the create was sent: it may have been executed, even if we cannot check it
        return ""
    ours = [run for run in found if isinstance(run.marks, Marks) and run.marks.run == step.marks.run]
    first = min(ours, key=lambda run: (run.id != answered, run.age_key), default=None)
    return first.id if first else ""


def _unknown(why: str) -> Result:
    return Result(
        Status.UNKNOWN,
        f"it is unknown whether the run was submitted: {why}",
        code="JS530",
        help="apply again: it waits for the platform to settle, then continues from the current state",
    )
