"""A drift check with everything in it, and ones with foreign text in every place."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.manifest.values import Acknowledgement
from jobspec.reconcile.drift.acknowledged import judge
from jobspec.reconcile.drift.finding import DriftFinding
from jobspec.reconcile.drift.known import Coverage, compare
from jobspec.report.drift.build import Checked, build_view
from jobspec.report.plan.build import build_view as build_plan
from jobspec.report.plan.view import GuardView, OtherwiseView, SinceView
from jobspec.report.view import PlatformView
from tests.reconcile.world import planned, task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobspec.report.drift.view import DriftView
    from jobspec.report.plan.view import Cause

TODAY = date(2026, 6, 15)
PLATFORM = PlatformView(kind="volcengine", region="cn-beijing", endpoint="https://example.com")
PLAN = build_plan(planned([task()], []), PLATFORM, ())
FAILED = DriftFinding(
    kind="failed",
    task="train",
    run="t-1",
    observed="Exception",
    declared="succeeded",
    detail="worker-0 exited with code 1",
    file="tasks/train.yaml",
    line=4,
)
EDITED = DriftFinding(
    kind="metadata-edited",
    task="eval",
    run="t-2",
    field="metadata.tags",
    observed=["a", "b"],
    declared=[],
    file="tasks/eval.yaml",
    line=4,
)
CANCELLED = DriftFinding(kind="cancelled-outside", task="third", run="t-3", observed="Killed")
PENDING = DriftFinding(kind="new", task="fourth", file="tasks/fourth.yaml", line=4)
GONE = DriftFinding(kind="duplicate", task="fifth", run="t-5", observed="Running")
KNOWN = DriftFinding(kind="record-gone", task="sixth", run="t-6")
ENTRIES = (
    Acknowledgement("third", "stopped for the migration", "2026-06-30", kind="cancelled-outside"),
    Acknowledgement("seventh", "a bad node", "2026-06-30", kind="failed", observed="Failed"),
    Acknowledgement("train", "a bad node", "2026-06-01", kind="failed"),
)


def view_of(
    findings: Sequence[DriftFinding],
    last: Sequence[DriftFinding] | None = None,
    entries: Sequence[Acknowledgement] = (),
) -> DriftView:
    judged = judge(findings, entries, TODAY)
    compared = compare(judged.reported, [one.finding for one in judged.silenced], last, Coverage())
    labels, runs = {"train": "0123456789abcdef"}, {"train": "t-1"}
    return build_view(PLAN, Checked(compared, judged, labels, runs, is_compared=last is not None))


EVERYTHING = view_of([FAILED, EDITED, CANCELLED, PENDING, KNOWN], [GONE, KNOWN], ENTRIES)
CLEAN = view_of([])
SINCE = SinceView(
    revision="origin/main",
    commit="0af797600d97aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    causes_nothing=False,
    prevented=(OtherwiseView(task="old", action="submit", reason="new"),),
    unread=("tasks/broken.yaml",),
)
GUARDS = (
    GuardView(
        code="JS401", guard="limits", message="9 of 12 tasks would be removed", help="h", cause="before"
    ),
    GuardView(
        code="JS402",
        guard="limits",
        message="5 of 12 tasks would be replaced",
        help="h",
        cause="this-change",
        otherwise="4 of 12 tasks would be replaced",
    ),
)


def with_since(since: SinceView, cause: Cause, guards: tuple[GuardView, ...] = ()) -> DriftView:
    """A check with `--since`, in which the pending findings have a cause, and drift has none."""
    pending = tuple(replace(one, cause=cause) for one in EVERYTHING.pending)
    return replace(EVERYTHING, since=since, guards=guards, pending=pending)


CAUSING = with_since(SINCE, "this-change", GUARDS)
CAUSING_NOTHING = with_since(SinceView(revision="main", commit="0" * 40, causes_nothing=True), "before")
HOSTILE = (
    "<script>alert(1)</script>",
    "[x](http://evil.example)",
    "@everyone <!channel> <@U1>",
    "`a` ``b`` ````````c",
    "| a |\n\n# head\n::set-output name=x::y",
    "\x1b[31mred\x00\x07\x7f\ufffe",
    "]]></failure>",
    '" onload="x',
    'a\\b"c\nd',
    "--> <!--",
)


def hostile(text: str) -> DriftView:
    """Foreign text in every place that a user or the platform can write."""
    finding = DriftFinding(
        kind="metadata-edited",
        task=text,
        run=text,
        field=text,
        observed=[text],
        declared=text,
        detail=f"detail {text}",
        file=text,
        line=1,
    )
    entry = Acknowledgement(text, text, "2026-06-30", field=text, observed=text, run=text)
    silent = Acknowledgement("other", text, "2026-06-30", kind="failed")
    other = DriftFinding(kind="failed", task="other", run=text, observed=text)
    return view_of([finding, other], [], (entry, silent))
