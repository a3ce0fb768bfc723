"""The sentences about what a change causes, with `--since`. All formats share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.quoting import quote
from jobspec.report.plan import words
from jobspec.report.plan.difference import short
from jobspec.report.text import count, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.report.plan.view import ChangeView, PlanView

TITLES = {
    "this-change": "caused by this change",
    "unknown": "not attributed",
    "before": "differed before this change",
}
"""The groups of changes, in their order."""
_MOST_PREVENTED = 20
_MOST_FILES = 5
_LONGEST_NAME = 160


def verdict(view: PlanView) -> str:
    """Return what this change causes, what differed before, and what is unknown; empty without `--since`."""
    if view.since is None:
        return ""
    caused = _counted(view, "this-change")
    if view.since.prevented:
        caused.append(f"{len(view.since.prevented)} prevented")
    if view.since.causes_nothing:
        first = "this change causes nothing"
    elif caused:
        first = f"this change causes: {', '.join(caused)}"
    else:
        first = "what this change causes could not be attributed"
    before, unknown = _counted(view, "before"), _counted(view, "unknown")
    parts = [first, f"differed before it: {', '.join(before)}" if before else ""]
    parts.append(f"not attributed: {', '.join(unknown)}" if unknown else "")
    return "; ".join(filter(None, parts))


def compared(view: PlanView) -> str:
    """Return what the plan was compared with; empty without `--since`."""
    if view.since is None:
        return ""
    base = f"{view.since.commit[:12]}, the merge base of {printable(view.since.revision)} and HEAD"
    return f"compared with {base}"


def unread(view: PlanView) -> str:
    """Return why not every change could be attributed; empty if each could be."""
    files = view.since.unread if view.since else ()
    if not files:
        return ""
    shown = ", ".join(short(file, _LONGEST_NAME) for file in files[:_MOST_FILES])
    more = f" and {len(files) - _MOST_FILES} more" if len(files) > _MOST_FILES else ""
    return (
        f"not every change could be attributed: {count(len(files), 'file')} of the base revision "
        f"{'has' if len(files) == 1 else 'have'} errors: {shown}{more}"
    )


def prevented(view: PlanView) -> list[str]:
    """Return a line for each change that only the base revision's manifests would make."""
    found = view.since.prevented if view.since else ()
    lines = [
        f"this change prevents: {'review' if one.action == 'none' else one.action} of "
        f"{quote(short(one.task, _LONGEST_NAME))} ({one.reason})"
        for one in found[:_MOST_PREVENTED]
    ]
    more = len(found) - len(lines)
    return [*lines, f"this change prevents: {count(more, 'more change')}"] if more else lines


def groups(view: PlanView) -> Iterator[tuple[str, list[ChangeView]]]:
    """Yield the title and the changes of each group; without `--since`, one group without a title."""
    shown = words.shown(view)
    if view.since is None:
        yield "", shown
        return
    for cause, title in TITLES.items():
        found = [change for change in shown if change.cause == cause]
        if found:
            yield title, found


def _counted(view: PlanView, cause: str) -> list[str]:
    changes = [change for change in view.changes if change.cause == cause]
    counts = words.counted(changes, sum(one.cause == cause for one in view.loosened))
    gone = sum(change.action == "none" and not change.attention for change in changes)
    counts += [f"{gone} no longer declared"] if gone else []
    refusing = sum(guard.cause == cause for guard in view.guards)
    return [*counts, f"{count(refusing, 'guard')} refusing"] if refusing else counts
