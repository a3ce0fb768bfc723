"""A drift check as Markdown, within the length of one comment. Foreign text is put in code spans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.errors import UsageError
from jobspec.report.drift import words
from jobspec.report.plan import attribution
from jobspec.report.plan import words as plan_words
from jobspec.report.plan.markup import code, inert, units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.report.drift.view import DriftView, FindingView, UnknownDriftView

LIMIT = 65_000
"""The longest comment, in UTF-16 units."""
_LONGEST = 600
_NOTE = 80
"""Units reserved for the note about entries that are not shown."""
_MOST_GUARDS = 20


def render(view: DriftView, *, limit: int = LIMIT) -> str:
    """Return the check as Markdown of at most `limit` UTF-16 units; the verdict is never cut.

    Raises `UsageError` for a limit that is too small for the verdict.
    """
    head, foot = [*_head(view)], ["", marker(view)]
    room = limit - units("\n".join([*head, *foot]) + "\n") - _NOTE
    if room < 0 and limit < LIMIT:
        raise UsageError(
            f"a comment of {limit:,} UTF-16 code units cannot hold the verdict; it needs {limit - room:,}",
            help=f"use --max-size {limit - room} or larger",
        )
    return "\n".join([*head, *_fitted([*_entries(view)], room), *foot]) + "\n"


def _head(view: DriftView) -> Iterator[str]:
    """Yield the verdicts and the guards: with `--since`, first what this change causes."""
    at = f"{code(plan_words.scope(view))} on {code(plan_words.where(view.platform))}"
    if view.since is not None and view.since.causes_nothing:
        yield from ("### jobspec drift: this change causes nothing", "", at, "")
    else:
        yield from (f"### jobspec drift: {at}", "")
    if view.since is not None:
        yield from (f"**{attribution.verdict(view)}** · {code(attribution.compared(view), _LONGEST)}", "")
    if unread := attribution.unread(view):
        yield from (f"> {code(unread, _LONGEST)}", "")
    yield from (f"**{words.verdict(view)}**", "")
    for guard in view.guards[:_MOST_GUARDS]:
        message = code(plan_words.refused(guard), _LONGEST)
        yield f"> **refused** {code(guard.code)} {message} · {code(guard.help, _LONGEST)}\n"
    if (more := len(view.guards) - _MOST_GUARDS) > 0:
        yield f"> … {more} more refused …\n"


def render_unknown(view: UnknownDriftView) -> str:
    """Return the check that decided nothing."""
    what = f"{code(view.message, _LONGEST)} ({code(view.code)})"
    advice = f"\n\n{code(f'help: {view.help}', _LONGEST)}" if view.help else ""
    return f"### jobspec drift\n\n**unknown:** {what}{advice}\n"


def marker(view: DriftView) -> str:
    """Return an invisible comment with which a job finds its own comment: one per scope."""
    environment = view.scope.partition("/")[2]
    return f"<!-- jobspec-drift scope={inert(view.scope)} environment={inert(environment)} -->"


def _entries(view: DriftView) -> Iterator[str]:
    for finding in (*view.findings, *view.pending):
        yield "\n".join(_finding(finding))
    for finding in view.resolved:
        yield f"- **resolved** {code(finding.kind)} {code(words.subject(finding), _LONGEST)}"
    for line in attribution.prevented(view):
        yield f"- {code(line, _LONGEST)}"
    for line in words.acknowledged(view):
        yield f"- **acknowledged** {code(line, _LONGEST)}"
    for line in words.stale(view):
        yield f"- **stale acknowledgement** {code(line, _LONGEST)}"
    for line in (*plan_words.loosened(view), *plan_words.refused_before(view)):
        yield f"- **loosened** {code(line, _LONGEST)}"


def _finding(finding: FindingView) -> Iterator[str]:
    state = "pending: " if words.is_pending(finding) else ""
    at = f" · {code(place, _LONGEST)}" if (place := words.place(finding)) else ""
    yield f"- **{state}{finding.kind}** {code(words.subject(finding), _LONGEST)}{at}"
    yield from (f"  - {code(line, _LONGEST)}" for line in words.details(finding))


def _fitted(entries: list[str], room: int) -> Iterator[str]:
    """Yield the entries that fit, whole, in their order; and how many of them."""
    kept = 0
    for entry in entries:
        room -= units(entry) + 1
        if room < 0:
            break
        kept += 1
        yield entry
    if kept < len(entries):
        yield f"- … {kept} of {len(entries)} entries shown …"
