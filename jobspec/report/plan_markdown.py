"""A plan as Markdown: one comment on a pull request, the biggest risks first, cut in the middle to a limit.

What comes from manifests or the platform stands in code spans, where it is no markup, no link and no mention.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from jobspec.report import plan_words as words
from jobspec.report.text import count, printable

if TYPE_CHECKING:
    from datetime import datetime

    from jobspec.report.plan_view import ChangeView, PlanView

# A comment on GitHub holds 65,536 characters; GitLab and Gitea allow more.
LIMIT = 60_000
_MOST_DETAILS = 40


def render(view: PlanView, *, now: datetime, limit: int = LIMIT) -> str:
    """Return the plan as Markdown of at most about `limit` characters."""
    head = [
        f"### jobspec: {code(words.scope(view))} on {code(words.where(view.platform))}",
        "",
        _bold(view),
        "",
    ]
    head += [
        f"> **refused** {code(guard.code)} {code(guard.message)} · {code(guard.help)}\n"
        for guard in view.guards
    ]
    head += [
        f"> **loosened** {code(line)}\n" for line in (*words.loosened(view), *words.refused_before(view))
    ]
    foot = [code(words.capacity(view)), ""] if view.capacity else []
    foot += [line for gone in words.leftovers(view) for line in (code(gone), "")]
    foot += [f"digest: {code(view.digest)}", ""] if view.digest and words.is_pending(view) else []
    foot.append(marker(view))
    blocks = [_change(view, change, now) for change in words.shown(view)]
    room = limit - len("\n".join([*head, *foot]))
    return "\n".join([*head, *_fitted(blocks, room), *foot])


def marker(view: PlanView) -> str:
    """Return a comment that shows nowhere, by which a job finds its own comment: one a scope."""
    environment = view.scope.partition("/")[2]
    return f"<!-- jobspec scope={_inert(view.scope)} environment={_inert(environment)} -->"


def _inert(name: str) -> str:
    """A name without spaces, and without what would end the comment."""
    return quote(name, safe="/").replace("--", "-%2D")


def code(text: str) -> str:
    """Return foreign text as a code span, on one line, in which nothing is markup."""
    one_line = printable(text)
    longest = max((len(run) for run in re.findall(r"`+", one_line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if one_line.startswith("`") or one_line.endswith("`") or not one_line.strip() else ""
    return f"{fence}{pad}{one_line}{pad}{fence}"


def _bold(view: PlanView) -> str:
    return f"**{words.summary(view).removeprefix('plan: ')}**"


def _change(view: PlanView, change: ChangeView, now: datetime) -> str:
    at = f" · {code(place)}" if (place := words.place(change)) else ""
    lines = [f"- **{words.action(change)}** {code(change.task)} · {code(words.reason(change))}{at}"]
    details = [f"  - {code(detail)}" for detail in words.details(view, change, now)]
    lines += details[:_MOST_DETAILS]
    lines += [f"  - … {len(details) - _MOST_DETAILS} more …"] if len(details) > _MOST_DETAILS else []
    return "\n".join(lines) + "\n"


def _fitted(blocks: list[str], room: int) -> list[str]:
    """The blocks from both ends that fit; the middle is what a reader misses least."""
    if sum(map(len, blocks)) + len(blocks) <= room:
        return blocks
    first: list[str] = []
    last: list[str] = []
    left = room - 100
    for index in range(len(blocks)):
        takes_first = index % 3 != 2  # two from the front, where the risks are, for each from the end
        block = blocks[len(first)] if takes_first else blocks[-1 - len(last)]
        if len(block) + 1 > left:
            break
        (first if takes_first else last).append(block)
        left -= len(block) + 1
    missing = len(blocks) - len(first) - len(last)
    return [*first, f"- … {count(missing, 'change')} not shown …\n", *reversed(last)]
