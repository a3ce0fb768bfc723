"""An apply as text: what is said once, and what comes next."""

from __future__ import annotations

from typing import Any

from jobspec.report.apply import text as apply_text
from jobspec.report.apply.view import ApplyView, LeftView, OutcomeView
from jobspec.report.plan.view import DifferenceView
from jobspec.report.view import PlatformView

LACKING = {"status": "skipped", "code": "JS525", "help": "nothing is lost", "action": "update"}


def outcome(task: str = "train", **fields: Any) -> OutcomeView:
    given = {"action": "submit", "reason": "new", "status": "done", "steps_done": 1, "steps": 1, **fields}
    return OutcomeView(task=task, **given)


def summary(*outcomes: OutcomeView) -> str:
    statuses = [one.status for one in outcomes]
    counts = {status: statuses.count(status) for status in statuses}
    view = ApplyView(scope="vision", platform=PlatformView(kind="local"), outcomes=outcomes, summary=counts)
    return apply_text.summary(view, "apply", colour=False)


def test_that_the_platform_cannot_update_is_told_once() -> None:
    first, second = outcome("a", **LACKING), outcome("b", **LACKING)
    assert not apply_text.is_repeated(first, [])
    assert apply_text.is_repeated(second, [outcome(), first])
    assert not apply_text.is_repeated(outcome("c", status="skipped", code="JS406"), [first])


def test_what_cannot_be_done_is_not_promised_for_the_next_time() -> None:
    text = summary(outcome("a", **LACKING), outcome("b", **LACKING))
    assert "the labels of 2 tasks stay unchanged" in text
    assert "to see the remaining changes" not in text


def test_what_is_not_done_stays_planned() -> None:
    assert "next: to see the remaining changes, run: jobspec plan" in summary(
        outcome(), outcome("b", status="failed")
    )


def test_the_code_follows_the_outcome_and_a_skip_has_not_the_sign_of_a_cancel() -> None:
    skipped = outcome(status="skipped", code="JS407", help="adopt it")
    assert (
        apply_text.outcome_line(skipped, colour=False) == "! skipped[JS407]: submit train\n  help: adopt it"
    )
    failed = outcome(status="failed", code="JS520")
    assert apply_text.outcome_line(failed, colour=False) == "✗ failed[JS520]: submit train"


def test_what_the_platform_altered_is_told_below_the_line() -> None:
    altered = (DifferenceView(field="spec.args", before="a", after="b"),)
    line = apply_text.outcome_line(outcome(run="t-1", altered=altered), colour=False)
    assert line == '✓ submitted train  t-1\n  changed by the platform: spec.args: "a" → "b"'


def test_what_is_left_to_the_next_apply_is_listed() -> None:
    left = tuple(LeftView(task=f"t{one}", action="update", reason="in-progress") for one in range(7))
    counts = {"done": 1}
    view = ApplyView(
        scope="vision", platform=PlatformView(kind="local"), outcomes=(outcome(),), summary=counts, left=left
    )
    named = ", ".join(f"update t{one} (in-progress)" for one in range(5))
    text = apply_text.summary(view, "apply", colour=False)
    assert text.splitlines()[1] == f"left to the next apply: {named}, and 2 more"
