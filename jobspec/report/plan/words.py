"""The texts of a plan that all formats share; the formats only arrange them."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec import UNSET

from jobspec.manifest.task import environment_option
from jobspec.manifest.values import SET_PREFIX
from jobspec.reconcile.planning import twins
from jobspec.reconcile.planning.plan import BlockReason, Reason
from jobspec.report.plan import difference as plan_difference
from jobspec.report.plan import preflight_text
from jobspec.report.plan.difference import difference, short
from jobspec.report.text import count, duration, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jobspec.report.plan.view import (
        ChangeView,
        GuardView,
        LoosenedView,
        NewRunView,
        PlanView,
        RunView,
        SettingView,
    )
    from jobspec.report.view import PlatformView

SIGNS = {
    "submit": "+",
    "replace": "±",
    "cancel": "-",
    "delete": "-",
    "update": "~",
    "rename": "~",
    "adopt": "~",
    "release": "~",
    "none": "!",
}
_HELP: dict[str, str] = {
    BlockReason.UNCLEAR_RENAME: "list exactly one of them in `lifecycle.previousNames`",
    BlockReason.UNKNOWN_STATE: "jobspec does not act on a task in an unknown state; check the task in the "
    "platform's console",
    BlockReason.INCONSISTENT_TAGS: "jobspec never changes such a run; to stop managing it, run: "
    "jobspec task update {run} --remove-jobspec-tags{environment}",
    Reason.FAILED: "see the log: jobspec logs {task}; to run it again, change its spec or `lifecycle.rerun`",
    Reason.CANCELLED_OUTSIDE: "the task stays stopped; to run it again, change its spec or `lifecycle.rerun`",
    Reason.COOLDOWN: "run apply again later, or shorten `lifecycle.cooldown`",
    **twins.HELP,
    Reason.BLOCKED_BY_FAILURE: "to go on, run the failed task again: change its spec or `lifecycle.rerun`",
    Reason.MANUAL: "to replace the run now, run jobspec cancel {task}, then apply",
}
_SAID_BY_DETAIL = frozenset({Reason.REQUESTED, Reason.WAITING})
_SUMMARY = ("submit", "replace", "cancel", "delete", "update", "rename", "adopt", "release")
_MOST_NEW_RUNS = 10  # if there are more rows with new runs, a task beside a set has no command
_MOST_NAMES = 5
_MOST_LOOSENED = 20
_MOST_VALUES = 20
_OVER = frozenset({"succeeded", "failed", "cancelled"})
_ACTIONS = {"none": "review"}


def is_pending(view: PlanView) -> bool:
    """Return whether the plan would write anything."""
    return any(change.action != "none" for change in view.changes)


def shown(view: PlanView) -> list[ChangeView]:
    """Return the changes that a person should read, in the order of the plan: the biggest risk first."""
    return [change for change in view.changes if change.action != "none" or change.attention]


def where(platform: PlatformView) -> str:
    """Return where the tasks run."""
    named = f", by {printable(platform.endpoint_from)}" if platform.endpoint_from else ""
    at = f"({printable(platform.endpoint)}{named})"
    return (
        f"the local platform {at}"
        if platform.kind == "local"
        else f"{platform.kind} {printable(platform.region)} {at}"
    )


def scope(view: PlanView) -> str:
    """Return the scope, and the source of the environment if it was not an option."""
    named = printable(view.scope)
    return f"{named} (by {printable(view.environment_from)})" if view.environment_from else named


def summary(view: PlanView) -> str:
    """Return the line with the counts."""
    counts = counted(view.changes, len(view.loosened))
    rest = unchanged(view)
    return f"plan: {', '.join(counts) or 'nothing to do'}; {rest}"


def counted(changes: Iterable[ChangeView], loosened: int) -> list[str]:
    """Return the number of changes for each action, of tasks to review, and of loosened guards."""
    actions = Counter(action(change) for change in changes if change.action != "none" or change.attention)
    counts = [f"{actions[one]} to {one}" for one in _SUMMARY if actions[one]]
    look = actions["review"] + actions["blocked"]
    counts += [f"{actions['waits']} waiting"] if actions["waits"] else []
    counts += [f"{look} to review"] if look else []
    counts += [f"{count(loosened, 'guard')} loosened"] if loosened else []
    return counts


def unchanged(view: PlanView) -> str:
    """Return how many tasks do not change, and how many were not selected."""
    same = sum(change.action == "none" and not change.attention for change in view.changes)
    left_out = f"; {count(view.left_out, 'task')} not selected" if view.left_out else ""
    return f"{same - len(no_longer_declared(view))} unchanged{left_out}"


def no_longer_declared(view: PlanView) -> list[str]:
    """Return the finished tasks without a manifest, to which nothing happens any more."""
    return [c.task for c in view.changes if c.action == "none" and c.reason == "removed" and not c.attention]


def leftovers(view: PlanView) -> list[str]:
    """Return the lines about tasks without a manifest: those that have finished and those that continue."""
    finished, kept = no_longer_declared(view), _kept(view)
    lines = []
    if finished:
        whole = _only_set(view, finished)
        few = finished if len(finished) <= _MOST_NAMES else ["NAME"]
        named = [f"{SET_PREFIX}{whole}"] if whole and len(finished) > 1 else few
        only = " ".join(f"--only {printable(name)}" for name in named)
        delete = f"jobspec destroy {only}{printable(environment_option(view.scope))}"
        lines.append(
            f"no longer declared: {_named(finished, 'finished')}; to delete the records, run: {delete}"
        )
    if kept:
        lines.append(f"kept without a manifest: {_named(kept, 'running')}")
    return lines


def _only_set(view: PlanView, names: list[str]) -> str:
    """Return the set of the tasks if it is one, and has no other tasks; else nothing."""
    sets = {change.task: change.set or "" for change in view.changes}
    wanted = set(names)
    found = {sets[name] for name in wanted}
    others = {one for name, one in sets.items() if name not in wanted}
    return found.pop() if len(found) == 1 and not view.left_out and not found & others else ""


def _kept(view: PlanView) -> list[str]:
    """Return the tasks whose runs continue without a manifest, because of `onRemoval: Retain`."""
    return [
        change.task
        for change in view.changes
        if change.reason == "retained" and any(run.phase not in _OVER for run in change.runs)
    ]


def _named(names: list[str], what: str) -> str:
    shown = ", ".join(map(printable, names[:_MOST_NAMES]))
    more = ", …" if len(names) > _MOST_NAMES else ""
    return f"{len(names)} {what} ({shown}{more})"


def action(change: ChangeView) -> str:
    """Return what happens to the task, in one word."""
    if change.action != "none":
        return change.action
    if change.reason == Reason.WAITING:
        return "waits"
    return "blocked" if change.blocked else "review"


def reason(change: ChangeView) -> str:
    """Return the reason, and what blocks the change. A detail that says it all is shown alone."""
    text = f"{change.reason}: {printable(change.detail)}" if change.detail else change.reason
    text = printable(change.detail) if change.reason in _SAID_BY_DETAIL and change.detail else text
    return f"{text} [{change.blocked}]" if change.blocked not in {"", change.reason} else text


def place(change: ChangeView) -> str:
    """Return the file and line of the manifest; empty if there is none."""
    return f"{printable(change.file)}:{change.line}" if change.file else ""


def details(view: PlanView, change: ChangeView, now: datetime, *, is_brief: bool = False) -> Iterator[str]:
    """Yield what a change costs, the fields in which it differs, and what a person can do about it."""
    yield from costs(view, change, now)
    yield from differences(change)
    yield from starts(change, is_brief=is_brief)
    yield from advice(view, change)


def costs(view: PlanView, change: ChangeView, now: datetime) -> Iterator[str]:
    """Yield what a change stops, deletes, repeats and reads, and what would happen without this change."""
    for run in change.runs:
        if run.stops:
            yield stopped(view, run, now)
    if deleted := [step.run or "" for step in change.steps if step.step == "delete"]:
        yield _deleted(deleted)
    yield from otherwise(change)
    if change.earlier_success:
        yield f"runs again: {printable(change.earlier_success)} succeeded with an older spec"
    if change.new_run and change.new_run.secrets:  # first: no number of differences may displace it
        yield f"reads: {', '.join(map(printable, change.new_run.secrets))}"
    if change.new_run and (named := preflight_text.looked_up(change.new_run)):
        yield named


def differences(change: ChangeView) -> Iterator[str]:
    """Yield the fields that differ."""
    return map(difference, change.differences)


def is_started(change: ChangeView) -> bool:
    """Return whether the new run is shown whole; for a replacement, the differences show what is new."""
    return change.new_run is not None and (change.action == "submit" or change.reason == Reason.WAITING)


def starts(change: ChangeView, *, is_brief: bool = False) -> Iterator[str]:
    """Yield what a submit starts, now or later."""
    if change.new_run and is_started(change):
        yield from new_run(change.new_run, is_brief=is_brief)


def otherwise(change: ChangeView) -> Iterator[str]:
    """Yield what would happen without this change."""
    for one in change.otherwise:
        task = "" if one.task == change.task else f" {printable(one.task)}"
        yield f"without this change: {_ACTIONS.get(one.action, one.action)}{task} ({one.reason})"


def advice(view: PlanView, change: ChangeView) -> Iterator[str]:
    """Yield what a person can do about a task to which nothing happens."""
    if change.action == "none":
        yield from _advice(view, change)


def _help(change: ChangeView) -> str:
    advice = _HELP.get(change.blocked) or _HELP.get(change.reason, "")
    if change.reason != Reason.BLOCKED_BY_FAILURE:
        return advice
    if "maxFailed is" in change.detail:
        return f"{advice}; or raise `maxFailed`"
    is_cancelled = "was cancelled" in change.detail
    return advice.replace("the failed task", "the cancelled task") if is_cancelled else advice


def _advice(view: PlanView, change: ChangeView) -> Iterator[str]:
    advice = _help(change)
    if not advice:
        return
    environment, run = (
        printable(environment_option(view.scope)),
        printable(change.runs[0].id) if change.runs else "",
    )
    task = printable(change.task) + environment
    yield f"help: {advice.format(task=task, run=run, environment=environment)}"
    if change.blocked == BlockReason.INCONSISTENT_TAGS and change.differences:
        yield f"help: to adopt it as a run of the task, run: jobspec adopt {run} {task} --force differences"


def _deleted(runs: list[str]) -> str:
    more = f" and {len(runs) - _MOST_NAMES} more" if len(runs) > _MOST_NAMES else ""
    return f"deletes {', '.join(map(printable, runs[:_MOST_NAMES]))}{more}"


_LONGEST_LINE = 600
_LONGEST_SCRIPT = 1200
"""The maximum number of characters of a command that are shown to a reviewer."""


def are_many(view: PlanView) -> bool:
    """Return whether many rows have new runs; the tasks of a set are one row."""
    new = (change for change in view.changes if change.new_run is not None)
    rows = {(change.set or change.task, bool(change.set), change.action, change.reason) for change in new}
    return len(rows) > _MOST_NEW_RUNS


def new_run(run: NewRunView, *, is_brief: bool) -> Iterator[str]:
    """Yield what a submit starts; if brief, without its command."""
    roles = (f"{role.replicas} {printable(role.flavor)} ({printable(role.name)})" for role in run.roles)
    where = f"{', '.join(roles)} in {printable(run.queue)}"
    if is_brief:
        yield f"image {short(run.image)} on {where}"
    else:
        yield f"image: {short(run.image)}"
        yield f"command: {short(run.script or run.command, _LONGEST_SCRIPT)}"
        yield f"replicas: {where}, {_deadline(run.deadline_seconds)}"
    if run.settings:
        yield f"settings: {on_one_line(settings(run))}"


def settings(run: NewRunView) -> list[str]:
    """Return each setting of a new run as text."""
    return [_setting(one) for one in run.settings or ()]


def on_one_line(texts: Sequence[str]) -> str:
    """Return settings on one line; JSON has those that do not fit."""
    kept = [
        text for text, end in zip(texts, accumulate(map(len, texts)), strict=True) if end <= _LONGEST_LINE
    ]
    more = len(texts) - len(kept)
    return ", ".join([*kept, *([count(more, "more setting")] if more else [])])


def _setting(one: SettingView) -> str:
    value = one.value if isinstance(one.value, str) else json.dumps(one.value, ensure_ascii=False)
    return f"{printable(one.field.removeprefix('spec.'))}={short(value)}"


def _deadline(seconds: int) -> str:
    return f"for up to {duration(seconds)}" if seconds else "without a deadline"


def _seconds(run: RunView, now: datetime) -> float | None:
    """Return for how long a run has been running; None if it is not."""
    if run.launched is None or run.phase != "running":
        return None
    return (now - datetime.fromisoformat(run.launched)).total_seconds()


def replica_hours(run: RunView, now: datetime) -> float:
    """Return the replica-hours that are lost by stopping a run."""
    return max(0.0, _seconds(run, now) or 0.0) / 3600 * run.replicas


def stopped(view: PlanView, run: RunView, now: datetime) -> str:
    """Return what is lost by stopping a run."""
    run_id, seconds = printable(run.id), _seconds(run, now)
    if seconds is None:
        return f"stops {run_id}, which is {printable(run.phase)}"
    lost = preflight_text.lost(view, run.id, max(0.0, seconds) / 3600, run.replicas)
    return f"stops {run_id} after {duration(seconds)} on {count(run.replicas, 'replica')}: {lost} are lost"


def loosened(view: PlanView) -> list[str]:
    """Return a line for each loosened guard, the project's own first."""
    lines = [f"{_loosened(one)}{already(one.cause)}" for one in view.loosened[:_MOST_LOOSENED]]
    more = len(view.loosened) - len(lines)
    return [*lines, f"{count(more, 'more guard')}"] if more else lines


def _loosened(found: LoosenedView) -> str:
    where = f" of {printable(found.where)}" if found.where else ""
    by = f" (the tags of {printable(found.run)})" if found.run else ""
    before, after = (short(plan_difference.shown(value)) for value in (found.before, found.after))
    return f"{printable(found.guard)}{where}: {before}{by} → {after}"


def already(cause: str | None) -> str:
    """Return the words after a guard that this change does not cause."""
    return {"before": "; also without this change", "unknown": "; not attributed"}.get(cause or "", "")


def refused(guard: GuardView) -> str:
    """Return the message of a guard that refuses the plan."""
    before = (
        f"; without this change: {printable(guard.otherwise)}" if guard.otherwise else already(guard.cause)
    )
    return f"{printable(guard.message)}{before}"


def refused_before(view: PlanView) -> list[str]:
    """Return the guards that refuse the plan under the earlier limits."""
    at = f"by the limits of {view.since.commit[:12]}" if view.since else "before"
    return [f"{at}, this plan would be refused: {printable(guard.message)}" for guard in view.refused_before]


def values(view: PlanView) -> str:
    """Return the values from outside the manifests on one line; empty without any."""
    if view.values is UNSET:
        return ""
    shown = [
        f"{one.name}={short('null' if one.value is None else one.value)} ({one.source})"
        for one in view.values[:_MOST_VALUES]
    ]
    more = len(view.values) - _MOST_VALUES
    return "values: " + printable(", ".join(shown)) + (f" and {more} more" if more > 0 else "")


def capacity(view: PlanView) -> str:
    """Return what the plan adds to and frees from each queue and flavor; empty if nothing."""
    parts = [
        f"{' '.join(filter(None, (f'+{c.adds}' if c.adds else '', f'-{c.frees}' if c.frees else '')))} "
        f"{printable(c.flavor)} in {printable(c.queue)}"
        for c in view.capacity
    ]
    later = [f"+{n} {printable(flavor)} in {printable(queue)}" for (queue, flavor), n in added_later(view)]
    lists = (("replicas", parts), ("later", later))
    return "; ".join(f"{name}: {', '.join(some)}" for name, some in lists if some)


def added_later(view: PlanView) -> list[tuple[tuple[str, str], int]]:
    """Return how many replicas the tasks that wait will add to each queue and flavor."""
    adds: Counter[tuple[str, str]] = Counter()
    for change in view.changes:
        if change.new_run and change.reason == Reason.WAITING:
            for role in change.new_run.roles:
                adds[change.new_run.queue, role.flavor] += role.replicas
    return sorted(adds.items())
