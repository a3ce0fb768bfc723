"""An apply as Markdown, for the summary of a job: what was not done first, then what was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.apply.text import summary
from jobspec.report.plan import words
from jobspec.report.plan.markup import code
from jobspec.report.text import PAST, count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobspec.report.apply.view import ApplyView, OutcomeView

_MOST = 200
_LONGEST = 300


def render(view: ApplyView) -> str:
    """Return the apply as Markdown of limited length."""
    counts, *rest = summary(view, "apply", colour=False).splitlines()
    undone = [outcome for outcome in view.outcomes if outcome.status != "done"]
    done = [outcome for outcome in view.outcomes if outcome.status == "done"]
    lines = [
        f"### jobspec apply: {code(view.scope)} on {code(words.where(view.platform))}",
        "",
        f"**{counts.removeprefix('apply: ')}**",
        "",
        *_listed(undone),
        *(f"- {code(line, _LONGEST)}" for line in rest),
    ]
    lines += [""] if undone or rest else []
    if done:
        lines += [f"<details><summary>{len(done)} done</summary>", "", *_listed(done), "", "</details>", ""]
    return "\n".join(lines)


def _listed(outcomes: Sequence[OutcomeView]) -> list[str]:
    lines = list(map(_line, outcomes[:_MOST]))
    more = len(outcomes) - len(lines)
    return [*lines, f"- … {_MOST} of {count(len(outcomes), 'change')} shown …"] if more else lines


def _line(outcome: OutcomeView) -> str:
    what = PAST[outcome.action] if outcome.status == "done" else f"{outcome.status}: {outcome.action}"
    parts = [outcome.run or "", outcome.code, outcome.detail, outcome.help and f"help: {outcome.help}"]
    details = [code(part, _LONGEST) for part in parts if part]
    return " · ".join([f"- **{what}** {code(outcome.task, _LONGEST)}", *details])
