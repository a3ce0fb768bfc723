"""A plan as Markdown: a comment on a pull request, the biggest risks first, cut to a limit.

Text from manifests or the platform is put in code spans, where it cannot be markup, a link or a mention.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import quote as url_quoted

from msgspec import Struct
from msgspec.structs import replace

from jobspec.quoting import quote
from jobspec.report.plan import words
from jobspec.report.plan.difference import short
from jobspec.report.text import count, printable

if TYPE_CHECKING:
    from datetime import datetime

from jobspec.report.plan.view import ChangeView, PlanView

# A comment on GitHub may have 65,536 characters; GitLab and Gitea allow more.
LIMIT = 60_000
_MOST_DETAILS = 40
_MOST_GUARDS = 20
_LONGEST_SPAN = 2400
_LONGEST_NAME = 160
_LONGEST_REASON = 300
_NOTES = 200
"""Characters reserved for the notes about omitted changes."""
_RANKS = {"cancel": 0, "delete": 0, "replace": 0, "submit": 1}
"""The priority of changes if not all fit: those that stop a run are named before any other gets details."""
_LONG_RUN = re.compile("`{4,}")


def render(view: PlanView, *, now: datetime, limit: int = LIMIT) -> str:
    """Return the plan as Markdown of at most about `limit` characters."""
    head = [
        f"### jobspec: {code(words.scope(view))} on {code(words.where(view.platform))}",
        "",
        _bold(view),
        "",
    ]
    head += [
        f"> **refused** {code(guard.code)} {code(guard.message, 600)} · {code(guard.help, 300)}\n"
        for guard in view.guards[:_MOST_GUARDS]
    ]
    more = len(view.guards) - _MOST_GUARDS
    head += [f"> … {more} more refused …\n"] if more > 0 else []
    head += [
        f"> **loosened** {code(line)}\n" for line in (*words.loosened(view), *words.refused_before(view))
    ]
    foot = [code(words.capacity(view)), ""] if view.capacity else []
    foot += [line for gone in words.leftovers(view) for line in (code(gone), "")]
    foot += [f"digest: {code(view.digest)}", ""] if view.digest and words.is_pending(view) else []
    foot.append(marker(view))
    blocks = [_block(view, change, now) for change in words.shown(view)]
    room = limit - len("\n".join([*head, *foot]))
    return "\n".join([*head, *_fitted(blocks, room), *foot])


def marker(view: PlanView) -> str:
    """Return an invisible comment with which a job finds its own comment: one per scope."""
    environment = view.scope.partition("/")[2]
    return f"<!-- jobspec scope={_inert(view.scope)} environment={_inert(environment)} -->"


def _inert(name: str) -> str:
    """Return a name without spaces and without anything that would end the comment."""
    return url_quoted(name, safe="/").replace("--", "-%2D")


def code(text: str, most: int = _LONGEST_SPAN) -> str:
    """Return foreign text as a code span on one line, in which nothing is markup; a long one is cut.

    A fence must be longer than any run of backticks in it, so a long run is replaced by its length.
    """
    return quote(short(_LONG_RUN.sub(_counted_run, printable(text)), most))


def _counted_run(run: re.Match[str]) -> str:
    return f"```…({len(run[0])} backticks)"


def _bold(view: PlanView) -> str:
    return f"**{words.summary(view).removeprefix('plan: ')}**"


class _Block(Struct, frozen=True):
    """A change: its action, its first line, and the lines about it, each of limited length."""

    action: str
    name: str
    head: str
    details: tuple[str, ...]

    @property
    def rank(self) -> int:
        return _RANKS.get(self.action, 2)

    def within(self, room: int) -> str:
        """Return the block in at most `room` characters: its first line, then as many details as fit."""
        whole = "".join(f"{line}\n" for line in (self.head, *self.details))
        if len(whole) <= room or not self.details:
            return whole
        kept, left = [self.head], room - len(self.brief)
        for detail in self.details:
            left -= len(detail) + 1
            if left < 0:
                break
            kept.append(detail)
        return "".join(f"{line}\n" for line in (*kept, _not_shown(len(self.details) - len(kept) + 1)))

    @property
    def named(self) -> _Block:
        """The block as only its action and its name."""
        return replace(self, head=f"- **{self.action}** {self.name}", details=())

    @property
    def brief(self) -> str:
        """The shortest form of it."""
        return f"{self.head}\n{_not_shown(len(self.details))}\n" if self.details else f"{self.head}\n"


def _not_shown(number: int) -> str:
    return f"  - … {number} more …"


def _block(view: PlanView, change: ChangeView, now: datetime) -> _Block:
    at = f" · {code(place, _LONGEST_NAME)}" if (place := words.place(change)) else ""
    name, why = code(change.task, _LONGEST_NAME), code(words.reason(change), _LONGEST_REASON)
    details = [f"  - {code(detail)}" for detail in words.details(view, change, now)]
    left_out = len(details) - _MOST_DETAILS
    if left_out > 0:
        details = [*details[: _MOST_DETAILS // 2], _not_shown(left_out), *details[-_MOST_DETAILS // 2 :]]
    action = words.action(change)
    return _Block(action, name, f"- **{action}** {name} · {why}{at}", tuple(details))


def _fitted(blocks: list[_Block], room: int) -> list[str]:
    """Return the blocks in order within `room` characters, preferring those that stop something.

    Each gets its first line before any gets more, and then an equal share of the rest: a long change cannot
    displace another.
    """
    left = room - _NOTES
    urgent = [block for block in blocks if block.rank == 0]
    if sum(len(block.brief) + 1 for block in urgent) > left:
        blocks = [block.named if block.rank == 0 else block for block in blocks]
    kept: list[int] = []
    for place in sorted(range(len(blocks)), key=lambda place: blocks[place].rank):
        size = len(blocks[place].brief) + 1
        if size > left:
            break
        kept.append(place)
        left -= size
    texts = {}
    for number, place in enumerate(kept):
        brief = len(blocks[place].brief)
        texts[place] = blocks[place].within(brief + left // (len(kept) - number))
        left -= len(texts[place]) - brief
    missing = Counter(block.action for place, block in enumerate(blocks) if place not in texts)
    counts = ", ".join(f"{number} {action}" for action, number in missing.items())
    note = f"- … {count(missing.total(), 'change')} not shown: {counts} …\n"
    shown = [texts[place] for place in sorted(texts)]
    if not counts:
        return shown
    return [note, *shown] if any(_RANKS.get(action) == 0 for action in missing) else [*shown, note]
