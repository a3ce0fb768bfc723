"""A plan as Markdown: one comment on a pull request, in the order in which a reviewer needs it.

Verdict; what stops; guards; new runs; renames, updates and waits; then counts, differences and replicas. It
is cut to a size in the middle, and never loses the verdict or what stops.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from jobspec.errors import UsageError
from jobspec.report.plan import attribution, fold_details, folding, preflight_text, words
from jobspec.report.plan.difference import difference
from jobspec.report.plan.fitting import Entry, Section, fitted, least
from jobspec.report.plan.folding import Fold
from jobspec.report.plan.markup import cell, code, inert, units
from jobspec.report.text import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from jobspec.report.plan.fitting import Shown
    from jobspec.report.plan.view import ChangeView, PlanView

# A comment on GitHub may have 65,536 characters, and Bitbucket allows 32,768; GitLab and Gitea allow more.
LIMIT = 65_000
"""The default size in UTF-16 code units."""
RESERVED = 300
"""Units of a comment that a caller may keep for lines of its own."""
_MOST_LINES = 40
_MOST_GUARDS = 20
_LONGEST_NAME = 160
_LONGEST_REASON = 300
_LONGEST_CELL = 80
_STOPS_RANK = 0
_LONGEST_VALUES = 1000
_CUT = 400
"""The room for the note about what is left out of the whole comment."""
_STOPS = frozenset({"cancel", "delete", "replace"})
_CHANGES_IN_PLACE = frozenset({"rename", "update", "adopt", "release"})
Found = TypeVar("Found")
_WAITS = frozenset({"waiting", "waits-for-completion", "stopping", "cooldown", "platform-retry"})


class CommentPart(Struct, frozen=True):
    """A section of changes: which it holds, and which of a plan with `--since`."""

    title: str
    rank: int
    holds: Callable[[ChangeView], bool]


def _is_stop(change: ChangeView) -> bool:
    return change.action in _STOPS


def _is_earlier(change: ChangeView) -> bool:
    return change.cause == "before"


def _is_wait(change: ChangeView) -> bool:
    return change.action == "none" and change.reason in _WAITS and not change.blocked


_PARTS = (
    CommentPart("New runs", 3, lambda change: change.action == "submit"),
    CommentPart("Renames and updates", 4, lambda change: change.action in _CHANGES_IN_PLACE),
    CommentPart("Waits", 4, _is_wait),
    CommentPart("To review", 5, lambda change: change.action == "none" and not _is_wait(change)),
)


def render(view: PlanView, *, now: datetime, limit: int = LIMIT) -> str:
    """Return the plan as Markdown of at most `limit` UTF-16 code units.

    Raises `UsageError` if a person chose a limit that is too small for the verdict and all stops.
    """
    middle = [section for section in _changing(view, now) if section.entries]
    end = [section for section in (_differences(view), _replicas(view)) if section.entries]
    sections = [*middle, *end]
    head, foot = _head(view), _foot(view)
    unchanged = f"{words.unchanged(view)}\n"
    fixed = units("\n".join([head, unchanged, foot])) + len(sections) + _CUT
    whole = "\n".join([head, *(one.whole for one in middle), unchanged, *(one.whole for one in end), foot])
    if units(whole) <= limit:
        return whole
    needed = fixed + least(sections)
    if needed > limit and limit < LIMIT - RESERVED:
        raise _too_small(view, limit, needed)
    shown = fitted(sections, limit - fixed)
    texts = [section.text(part) for section, part in zip(sections, shown, strict=True)]
    blocks = [*texts[: len(middle)], unchanged, *texts[len(middle) :]]
    return "\n".join([head + _cut(view, sections, shown), *blocks, foot])


def _too_small(view: PlanView, limit: int, needed: int) -> UsageError:
    stops = count(sum(map(_is_stop, view.changes)), "change")
    least_size = min(needed, LIMIT)
    return UsageError(
        f"a comment of {limit:,} UTF-16 code units cannot hold the verdict and the names of what stops or "
        f"deletes runs ({stops}); {needed:,} are enough",
        help=f"use --max-size {least_size} or larger, or select a part of the tasks with --only",
    )


def _head(view: PlanView) -> str:
    at = f"{code(words.scope(view))} on {code(words.where(view.platform))}"
    verdict = attribution.verdict(view) or words.summary(view).removeprefix("plan: ")
    refused = f"would be refused by {count(len(view.guards), 'guard')}; " if view.guards else ""
    if view.since is not None and view.since.causes_nothing:
        lines = ["### jobspec: this change causes nothing", at, f"**{refused}{verdict}**"]
    else:
        lines = [f"### jobspec: {at}", f"**{refused}{verdict}**"]
    if view.since is not None:
        lines += [f"{code(words.summary(view))} · {code(attribution.compared(view))}"]
    lines += [f"> {code(unread)}"] if (unread := attribution.unread(view)) else []
    return "".join(f"{line}\n\n" for line in lines).removesuffix("\n")


def _changing(view: PlanView, now: datetime) -> Iterator[Section]:
    """Yield what this change causes, then what differed before it; without `--since`, everything."""
    shown = words.shown(view)
    mine = [change for change in shown if not _is_earlier(change)]
    earlier = [change for change in shown if _is_earlier(change)]
    title = attribution.TITLES["before"].capitalize()
    yield _changes(view, ("Stops and replacements", 0), filter(_is_stop, mine), now)
    yield Section("", tuple(_refused(view)), 1, "guard")
    yield Section("", tuple(_loosened(view)), 2, "guard")
    yield Section("#### Preflight\n\n", tuple(_preflight(view)), 2, "line")
    for part in _PARTS:
        yield _changes(view, (part.title, part.rank), filter(part.holds, mine), now)
    prevented = (Entry(f"- {code(line)}") for line in attribution.prevented(view))
    yield Section("#### Prevented\n\n", tuple(prevented), 6, "line")
    yield _changes(view, (f"{title}: stops and replacements", 0), filter(_is_stop, earlier), now)
    rest = (change for change in earlier if not _is_stop(change))
    yield _changes(view, (title, 7), rest, now)


def _changes(view: PlanView, named: tuple[str, int], changes: Iterable[ChangeView], now: datetime) -> Section:
    title, rank = named
    found = list(changes)
    entries: Iterable[Entry]
    if rank == _STOPS_RANK:  # each is named, whatever else is cut
        entries = (_entry(view, change, now) for change in found)
    else:
        entries = (_row(view, row, now) for row in folding.rows(view, found))
    return Section(f"#### {title}\n\n", tuple(entries), rank)


def _row(view: PlanView, row: ChangeView | Fold, now: datetime) -> Entry:
    return _folded(view, row, now) if isinstance(row, Fold) else _entry(view, row, now)


def _folded(view: PlanView, fold: Fold, now: datetime) -> Entry:
    at = f" · {code(place, _LONGEST_NAME)}" if (place := words.place(fold.first)) else ""
    name = f"- **{words.action(fold.first)}** {code(fold.title, _LONGEST_NAME)}"
    shown = tuple(code(line) for line in fold_details.details(view, fold, now))
    return Entry(f"{name} · {code(fold.reason, _LONGEST_REASON)}{at}", shown, name, words.action(fold.first))


def _entry(view: PlanView, change: ChangeView, now: datetime) -> Entry:
    at = f" · {code(place, _LONGEST_NAME)}" if (place := words.place(change)) else ""
    why = code(words.reason(change), _LONGEST_REASON)
    unknown = f" · {attribution.TITLES['unknown']}" if change.cause == "unknown" else ""
    name = f"- **{words.action(change)}** {code(change.task, _LONGEST_NAME)}"
    lines = (
        *words.costs(view, change, now),
        *words.starts(change),
        *words.advice(view, change),
    )
    shown = tuple(map(code, _limited(lines, str)))
    return Entry(f"{name} · {why}{at}{unknown}", shown, name, words.action(change))


def _limited(found: Sequence[Found], shown: Callable[[Found], str]) -> Iterator[str]:
    """Yield the first and the last of many as text, and their number."""
    more = len(found) - _MOST_LINES
    if more <= 0:
        yield from map(shown, found)
        return
    yield from map(shown, found[: _MOST_LINES // 2])
    yield f"… {_MOST_LINES} of {len(found)} shown, {more} more …"
    yield from map(shown, found[-_MOST_LINES // 2 :])


def _refused(view: PlanView) -> Iterator[Entry]:
    for guard in view.guards[:_MOST_GUARDS]:
        message = code(words.refused(guard), 600)
        yield Entry(f"> **refused** {code(guard.code)} {message} · {code(guard.help, 300)}\n")
    more = len(view.guards) - _MOST_GUARDS
    if more > 0:
        yield Entry(f"> … {more} more refused …\n")


def _loosened(view: PlanView) -> Iterator[Entry]:
    for line in (*words.loosened(view), *words.refused_before(view)):
        yield Entry(f"> **loosened** {code(line)}\n")


def _preflight(view: PlanView) -> Iterator[Entry]:
    for line in (*preflight_text.facts(view), *preflight_text.hours(view)):
        yield Entry(f"- {code(line, 600)}")


def _differences(view: PlanView) -> Section:
    shown = sorted(words.shown(view), key=_is_earlier)
    differing = [change for change in shown if change.differences]
    fields = sum(len(change.differences) for change in differing)
    entries = (
        Entry(
            f"- {code(change.task, _LONGEST_NAME)}",
            tuple(map(code, _limited(change.differences, difference))),
        )
        for change in differing
    )
    summary = f"Differences: {count(fields, 'field')} of {count(len(differing), 'change')}"
    title = f"<details>\n<summary>{summary}</summary>\n\n"
    return Section(title, tuple(entries), 9, end="\n</details>\n")


def _replicas(view: PlanView) -> Section:
    later = dict(words.added_later(view))
    now = {(one.queue, one.flavor): one for one in view.capacity}
    rows = []
    for place in sorted(now.keys() | later.keys()):
        adds, frees = (now[place].adds, now[place].frees) if place in now else (0, 0)
        cells = [f"+{adds}" if adds else "", f"-{frees}" if frees else ""]
        cells += [f"+{later[place]}" if place in later else ""] if later else []
        names = (cell(name, _LONGEST_CELL) for name in place)
        rows.append(Entry(f"| {' | '.join((*names, *cells))} |"))
    title, line = "| queue | flavor | replicas added | replicas freed |", "| --- | --- | --- | --- |"
    title, line = (f"{title} added later |", f"{line} --- |") if later else (title, line)
    return Section(f"{title}\n{line}\n", tuple(rows), 2, "row")


def _cut(view: PlanView, sections: Sequence[Section], shown: Sequence[Sequence[Shown]]) -> str:
    """Return the note about what does not fit; empty if everything does."""
    parts, found = [], list(zip(sections, shown, strict=True))
    missing = _missing(view, found)
    if missing:
        total = len(words.shown(view))
        counts = ", ".join(f"{number} {action}" for action, number in missing.items())
        parts.append(f"{total - missing.total()} of {total} changes shown")
        parts.append(f"… {count(missing.total(), 'change')} not shown: {counts} …")
    lines = sum(len(entry.lines) for section in sections for entry in section.entries)
    kept = sum(one.lines for part in shown for one in part)
    parts += [f"{kept} of {lines} details shown"] if kept < lines else []
    return f"\n> **cut**: {' · '.join(parts)}\n" if parts else ""


def _missing(view: PlanView, found: Iterable[tuple[Section, Sequence[Shown]]]) -> Counter[str]:
    """Return the number of changes that are not shown, by action, in the order of the plan."""
    hidden = Counter(
        entry.action for section, shown in found for entry in section.entries[len(shown) :] if entry.action
    )
    order = dict.fromkeys(map(words.action, words.shown(view)))
    return Counter({action: hidden[action] for action in order if hidden[action]})


def _foot(view: PlanView) -> str:
    foot = [line for gone in words.leftovers(view) for line in (code(gone), "")]
    foot += [code(values, _LONGEST_VALUES), ""] if (values := words.values(view)) else []
    foot += [f"digest: {code(view.digest)}", ""] if view.digest and words.is_pending(view) else []
    return "\n".join([*foot, marker(view)])


def marker(view: PlanView) -> str:
    """Return an invisible comment with which a job finds its own comment: one per scope."""
    environment = view.scope.partition("/")[2]
    return f"<!-- jobspec scope={inert(view.scope)} environment={inert(environment)} -->"
