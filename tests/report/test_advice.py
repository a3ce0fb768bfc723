"""Advice leads on when it is followed, and a prompt names what it takes away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from jobspec.errors import GuardError
from jobspec.reconcile.guards.limits import UNLIMITED, violations
from jobspec.reconcile.planning.plan import Plan
from jobspec.reconcile.planning.requested import cancel_plan
from jobspec.reconcile.protocol.outcome import Result, Status
from jobspec.reconcile.tags import Keep
from jobspec.report.apply import text as apply_text
from jobspec.report.apply.view import ApplyView
from jobspec.report.plan import saved as plan_file
from jobspec.report.plan.build import build_view
from jobspec.report.plan.words import leftovers
from jobspec.report.tasks.writes_view import written
from jobspec.report.view import PlatformView
from tests.cloud.records import task as record
from tests.reconcile.world import EPOCH, SCOPE, planned, run, task

PLATFORM = PlatformView(kind="local", region="", endpoint="/state")
OLD = "1" + "0" * 16
TRAIN = task()
NOW = EPOCH + timedelta(hours=1)


def test_a_prompt_counts_the_runs_and_records_that_are_taken_away() -> None:
    removed = planned([], [run(task(), "Running", keep=Keep.DELETE)])
    assert apply_text.question(removed, "destroy") == "Stop 1 run and delete 1 record for good in vision?"
    cancelled = cancel_plan(SCOPE, "train", (run(TRAIN, "Running"), run(TRAIN, "Queue", 2)))
    assert apply_text.question(cancelled, "cancel") == "Stop 2 runs in vision?"
    assert apply_text.question(removed, "apply") == "Apply these changes to vision?"


@pytest.mark.parametrize(
    ("waited_for", "command"), [("", "jobspec apply"), ("finished", "jobspec apply --wait")]
)
def test_an_interrupted_apply_is_continued_as_it_was_started(waited_for: str, command: str) -> None:
    view = ApplyView(
        scope="vision", platform=PLATFORM, outcomes=(), summary={}, interrupted=True, waited_for=waited_for
    )
    text = apply_text.summary(view, "apply", colour=False)
    assert f"next: interrupted; to continue, run: {command}\n" in text


def test_the_advice_about_an_edited_plan_overwrites_no_other_file() -> None:
    view = build_view(planned([TRAIN], []), PLATFORM, ())
    edited = plan_file.write(view).replace("train", "eval")
    with pytest.raises(GuardError) as caught:
        plan_file.read(edited, "my plan.json")
    assert caught.value.help == "make a new plan: jobspec plan -o 'my plan.json'"


def test_finished_tasks_without_a_manifest_are_named_in_the_command_that_deletes_them() -> None:
    runs = [run(task("a"), "Failed"), run(task("b"), "Success", 2)]
    [line] = leftovers(build_view(planned([], runs), PLATFORM, ()))
    assert line.endswith("run: jobspec destroy --only a --only b")


def protected(plan: Plan) -> str:
    [one] = [one for one in violations(plan, UNLIMITED, NOW, declared=1) if one.code == "JS404"]
    return one.help


def test_protection_is_lifted_alone_before_anything_else() -> None:
    live = run(TRAIN, "Running", spec=OLD, keep=Keep.PROTECT)
    alone = "set `lifecycle.protect: false` with no other change to the task, and apply it; then"
    assert protected(planned([TRAIN], [live])) == f"{alone} make the other changes"
    assert protected(cancel_plan(SCOPE, "train", (live,))) == f"{alone} run the command again"
    assert protected(planned([], [live])).startswith("restore the manifest if it is gone; ")


def test_a_renamed_task_is_reported_under_its_new_name() -> None:
    done = Result(Status.DONE, "")
    before = replace(record("t-1"), name="old")
    assert (written(before, done, "new").name, written(before, done).name) == ("new", "old")
