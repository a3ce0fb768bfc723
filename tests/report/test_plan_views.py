"""Golden views: every case as terminal text and as JSON, which also has to fit its schema."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import asdict, replace

from jobspec.manifest.task import SetRules
from jobspec.reconcile import tags
from jobspec.reconcile.guards.limits import UNLIMITED, violations
from jobspec.reconcile.order import hold as order
from jobspec.reconcile.planning import planner, twins
from jobspec.reconcile.planning.ended import PlanningContext
from jobspec.reconcile.planning.plan import Reason
from jobspec.reconcile.tags import Keep
from jobspec.report.output_schemas import output_schemas
from jobspec.report.plan import html_page as plan_html
from jobspec.report.plan import markdown as plan_markdown
from jobspec.report.plan import text as plan_text
from jobspec.report.plan.build import ALL, ViewOptions, build_view
from jobspec.report.plan.view import PlanView
from jobspec.report.view import PlatformView
from tests.reconcile.test_twins import elsewhere
from tests.reconcile.world import EPOCH, PLACE, SCOPE, run, task, unmanaged

if TYPE_CHECKING:
    from jobspec.manifest.task import Task
    from jobspec.reconcile.planning.plan import Plan
    from jobspec.reconcile.runs import Run
    from tests.conftest import MatchesFile

CASES = Path(__file__).parent.parent / "cases" / "plan"
NOW = EPOCH + timedelta(hours=2)
OLD = "1" + "0" * 16
LIVE = {"Args": "--epochs 10", "Envs": [{"Name": "TOKEN", "Value": "canary-of-a-live-secret"}]}
TRAIN = task(spec={"args": "--epochs 20", "env": {"TOKEN": {"secret": {"env": "TOKEN"}}, "LR": "0.1"}})


def changed(**fields: object) -> Run:
    old = run(TRAIN, "Running", spec=OLD, hours=3)
    return type(old)(**{**asdict(old), "spec": LIVE, **fields})


def inconsistent() -> Run:
    written = (*run(TRAIN, "Running").tags, "jobspec-spec_other")
    return replace(run(TRAIN, "Running"), tags=written, marks=tags.read(written))


SWEEP = SetRules("sweep", ("c0", "c1", "c2"), PLACE, max_active=2, max_failed=1, on_max_failed="Cancel")


def members(count: int) -> list[Task]:
    """The first tasks of a set."""
    return [replace(task(name), set="sweep") for name in SWEEP.members[:count]]


WORLDS: dict[str, tuple[list[Task], list[Run]]] = {
    "in-progress": ([TRAIN], [run(TRAIN, "Running")]),
    "new": ([TRAIN, task("second")], []),
    "spec-changed": ([TRAIN], [changed()]),
    "spec-changed-pending": ([TRAIN], [changed(state="Queue", launched=None)]),
    "spec-changed-finished": ([TRAIN], [changed(state="Success")]),
    "waits-for-completion": ([task(onChange="AfterCompletion", spec={"args": "20"})], [changed()]),
    "manual": ([task(onChange="Manual", spec={"args": "--epochs 20"})], [changed()]),
    "removed": ([], [run(TRAIN, "Running", hours=30)]),
    "removed-finished": ([], [run(TRAIN, "Success", keep=Keep.DELETE)]),
    "retained": ([], [run(TRAIN, "Running", keep=Keep.RETAIN)]),
    "in-progress-update": ([task(description="better", tags=["team-x"])], [run(task(), "Running")]),
    "renamed": ([task("better-name")], [run(task(), "Running")]),
    "renamed-and-replaced": (
        [task("better-name", spec={"args": "--epochs 20"}, previousNames=["train"])],
        [run(task(), "Running", hours=3)],
    ),
    "renamed-unclear": ([task("one"), task("two")], [run(task(), "Running")]),
    "duplicate": ([TRAIN], [run(TRAIN, "Running", 1), run(TRAIN, "Running", 2, hours=1)]),
    "failed": ([TRAIN], [run(TRAIN, "Failed")]),
    "retry": ([task(restartPolicy="OnFailure")], [run(task(), "Failed")]),
    "cooldown": (
        [task(restartPolicy="OnFailure", cooldown="10m")],
        [replace(run(task(), "Failed"), finished=EPOCH)],
    ),
    "platform-retry": (
        [task(spec={"retry": {"on": ["Failed"]}})],
        [
            run(task(spec={"retry": {"on": ["Failed"]}}), "Failed"),
            replace(unmanaged("train", "Running", 2), created=EPOCH + timedelta(minutes=2)),
        ],
    ),
    "done": ([TRAIN], [run(TRAIN, "Success")]),
    "resumed": ([TRAIN], [run(TRAIN, "Killed", stop="suspend")]),
    "cancelled-outside": ([TRAIN], [run(TRAIN, "Killed")]),
    "suspended": ([task(suspend=True)], [run(task(), "Running", hours=2)]),
    "stopping": ([TRAIN], [changed(state="Killing")]),
    "history": ([task(historyLimit=0)], [run(task(), "Failed", spec=OLD), run(task(), "Success", 2)]),
    "inconsistent-tags": ([TRAIN], [inconsistent()]),
    "unmanaged-twin": ([TRAIN], [unmanaged("train", "Running")]),
    "other-scope": ([TRAIN], [elsewhere("Running", of=TRAIN)]),
    "unknown-state": ([TRAIN], [changed(state="Hiber\x1b[31mnating")]),
    "waiting": (
        [task("prepare"), task(dependsOn=["prepare"], spec={"args": "--epochs 20"}), *members(3)],
        [run(task("prepare"), "Running"), changed()],
    ),
    "blocked-by-failure": (
        [task("prepare"), task(dependsOn=["prepare"]), task("select", dependsOn=["train"])],
        [run(task("prepare"), "Failed")],
    ),
    "max-failed": (members(3), [run(members(3)[0], "Failed"), run(members(3)[1], "Running", 2)]),
    "spec-changed-protected": ([task(protect=True, spec={"args": "--epochs 20"})], [changed()]),
}


def in_order(plan: Plan, tasks: list[Task], runs: list[Run]) -> Plan:
    """The plan with what may not start yet held."""
    sets = [SWEEP] if any(one.set for one in tasks) else []
    return order.hold(plan, plan, scope=SCOPE, declared=(tasks, sets), runs=runs)


def view_of(name: str, options: ViewOptions = ALL) -> PlanView:
    tasks, runs = WORLDS[name]
    unmanaged_runs = tuple(one for one in runs if one.marks is None)
    context = PlanningContext(EPOCH + timedelta(minutes=5), unmanaged_runs)
    plan = twins.hold(planner.plan(SCOPE, tasks, runs, context), runs, ())
    plan = in_order(plan, tasks, runs)
    platform = PlatformView(kind="volcengine", region="cn-beijing", endpoint="https://example.com")
    limits = replace(UNLIMITED, max_lost_replica_hours=4)
    guards = violations(plan, limits, NOW, declared=len(tasks))
    return build_view(plan, platform, guards, options)


def test_every_reason_has_a_case_of_its_name() -> None:
    # `requested` is what a person asks for by a command of its own, not a rule
    missing = {reason for reason in Reason if not any(name.startswith(reason) for name in WORLDS)}
    assert missing == {Reason.REQUESTED}
    assert {folder.name for folder in CASES.iterdir()} == WORLDS.keys()


@pytest.mark.parametrize("name", WORLDS)
def test_the_case_is_of_its_reason(name: str) -> None:
    assert any(name.startswith(change.reason) for change in view_of(name).changes)


@pytest.mark.parametrize("name", WORLDS)
def test_the_text_is_as_reviewed(name: str, matches_file: MatchesFile) -> None:
    (CASES / name).mkdir(parents=True, exist_ok=True)
    matches_file(plan_text.render(view_of(name), now=NOW, colour=False), CASES / name / "expected.txt")


@pytest.mark.parametrize("name", WORLDS)
def test_the_json_is_as_reviewed_and_fits_its_schema(name: str, matches_file: MatchesFile) -> None:
    text = view_of(name).to_json()
    matches_file(text + "\n", CASES / name / "expected.json")
    Draft202012Validator(output_schemas()["plan.v1.json"]).validate(json.loads(text))


@pytest.mark.parametrize("name", ["spec-changed", "unmanaged-twin", "removed", "in-progress"])
def test_the_markdown_and_the_html_are_as_reviewed(name: str, matches_file: MatchesFile) -> None:
    matches_file(plan_markdown.render(view_of(name), now=NOW), CASES / name / "expected.md")
    matches_file(plan_html.render(view_of(name), now=NOW), CASES / name / "expected.html")


@pytest.mark.parametrize("name", WORLDS)
def test_a_brief_view_is_rendered_like_a_full_one_and_has_its_digest(name: str) -> None:
    full, brief = view_of(name), view_of(name, ViewOptions(is_brief=True))
    assert brief.digest == full.digest
    assert plan_text.render(brief, now=NOW, colour=False) == plan_text.render(full, now=NOW, colour=False)
    assert plan_markdown.render(brief, now=NOW) == plan_markdown.render(full, now=NOW)
    assert plan_html.render(brief, now=NOW) == plan_html.render(full, now=NOW)


@pytest.mark.parametrize("name", WORLDS)
def test_no_live_value_of_the_environment_and_no_escape_is_shown(name: str) -> None:
    view = view_of(name)
    shown = plan_text.render(view, now=NOW, colour=False) + view.to_json()
    shown += plan_markdown.render(view, now=NOW) + plan_html.render(view, now=NOW)
    assert "canary" not in shown
    assert "\x1b" not in shown


def test_colour_changes_no_word() -> None:
    view = view_of("spec-changed")
    painted = plan_text.render(view, now=NOW, colour=True)
    assert re.sub(r"\x1b\[\d+m", "", painted) == plan_text.render(view, now=NOW, colour=False)
