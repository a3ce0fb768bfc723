"""Reading a saved plan back, and whether it is still the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jobspec.errors import GuardError, JobspecError, UsageError
from jobspec.reconcile.runs import Run
from jobspec.report.plan import saved as plan_file
from jobspec.report.plan.build import build_view
from jobspec.report.plan.digest import digest_of
from jobspec.report.plan.view import PlanView
from jobspec.report.view import PlatformView
from tests.reconcile.world import planned, run, task

OLD = "1" + "0" * 16
TRAIN = task(tags=["team-x"])
PLATFORM = PlatformView(kind="volcengine", region="cn-beijing", endpoint="https://example.com")


def view(*runs: Run, tasks: Any = (TRAIN,)) -> PlanView:
    return build_view(planned(list(tasks), list(runs)), PLATFORM, ())


SAVED = view(run(TRAIN, "Running", spec=OLD))


def test_what_was_written_is_read() -> None:
    assert plan_file.read(plan_file.write(SAVED), "p.json") == SAVED


def test_a_plan_of_a_release_that_did_not_show_new_runs_is_read() -> None:
    """Pinned: what 0.1 wrote of this plan, without the fields that it did not have."""
    document = json.loads(plan_file.write(SAVED))
    for change in document["changes"]:
        for key in ("newRun", "earlierSuccess", "due"):
            del change[key]
        change["detail"] = "in what the platform does not echo, such as secrets or `rerun`"
    del document["target"], document["environmentFrom"]
    document["digest"] = "b802163fc3d37bb18fef0589855a5526"
    assert plan_file.read(json.dumps(document), "p.json").digest == "b802163fc3d37bb18fef0589855a5526"


@pytest.mark.parametrize("key", ["hunter2", "x` - at `$.hunter2", "x` - at `$.scope.hunter2`"])
@pytest.mark.parametrize("path", [(), ("platform",), ("changes", 0), ("summary",)])
def test_of_what_is_no_plan_only_our_own_words_are_repeated(path: tuple[Any, ...], key: str) -> None:
    document = json.loads(plan_file.write(SAVED))
    place = document
    for step in path:
        place = place[step]
    place[key] = "hunter3"
    with pytest.raises(UsageError) as caught:
        plan_file.read(json.dumps(document), "p.json")
    assert "hunter" not in f"{caught.value!r} {caught.value.__context__!r}"
    place = f": see `{'.'.join(map(str, path))}`" if path else ""
    if key == "hunter2":
        assert caught.value.message == f"`p.json` is not a plan of this version of jobspec{place}"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), "jobspec/plan.v2"),
        (("scope",), "other"),
        (("platform", "region"), "cn-shanghai"),
        (("changes",), []),
        (("changes", 0, "task"), "other"),
        (("changes", 0, "action"), "cancel"),
        (("changes", 0, "reason"), "resumed"),
        (("changes", 0, "detail"), "nothing is lost"),
        (("changes", 0, "runs"), []),
        (("changes", 0, "newRun", "image"), "other:1"),
        (("changes", 0, "newRun", "command"), "rm -rf /"),
        (("changes", 0, "newRun", "roles", 0, "replicas"), 99),
        (("changes", 0, "newRun"), None),
        (("changes", 0, "earlierSuccess"), "t-1"),
        (("capacity", 0, "adds"), 0),
        (("capacity",), []),
        (("changes", 0, "runs", 0, "phase"), "pending"),
        (("changes", 0, "runs", 0, "replicas"), 1),
        (("changes", 0, "steps", 0, "run"), "t-other"),
        (("changes", 0, "steps", 0, "why"), "user"),
        (("changes", 0, "steps", 2, "runId"), "0" * 16),
        (("changes", 0, "steps", 2, "specHash"), "0" * 17),
        (("changes", 0, "steps", 2, "name"), "other"),
        (("changes", 0, "steps", 2, "description"), "other"),
        (("changes", 0, "steps", 2, "tags"), []),
        (("changes", 0, "steps", 0, "assumes"), []),
        (("allowTwin",), True),
        (("digest",), "0" * 32),
    ],
)
def test_an_edit_of_what_would_be_written_is_refused(path: tuple[Any, ...], value: object) -> None:
    document = json.loads(plan_file.write(SAVED))
    inside = document
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    with pytest.raises(JobspecError) as caught:
        plan_file.read(json.dumps(document), "p.json")
    assert caught.value.code == "JS412"
    assert caught.value.help


@pytest.mark.parametrize("text", ["", "{}", "[" * 100_000, "\x00", "apiVersion: x", "null", '{"version": 1}'])
def test_what_is_no_plan_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="is not a plan") as caught:
        plan_file.read(text, "p.json")
    assert caught.value.code == "JS412"


@pytest.mark.parametrize("depth", [10, 200, *range(800, 1_010, 3), 2_000])
def test_a_deep_value_is_read_or_told(depth: int) -> None:
    with pytest.raises(JobspecError):
        plan_file.read(_with_before("[" * depth + "]" * depth), "p.json")


@pytest.mark.parametrize("value", ["1e400", "1" * 5_000, "NaN", '"\\ud800"', '{"a": 1, "a": 2}'])
def test_an_odd_value_is_read_or_told(value: str) -> None:
    with pytest.raises(JobspecError):
        plan_file.read(_with_before(value), "p.json")


def _with_before(value: str) -> str:
    text = plan_file.write(SAVED)
    return text.replace('"differences": [', '"differences": [{"field": "x", "before": %s}, ' % value)  # noqa: UP031


@given(st.text())
def test_any_text_is_a_plan_or_told(text: str) -> None:
    with pytest.raises(JobspecError):
        plan_file.read(text, "p.json")


@pytest.mark.parametrize(
    "now",
    [
        view(run(TRAIN, "Running")),
        view(run(TRAIN, "Running", 2, spec=OLD)),
        view(run(TRAIN, "Queue", spec=OLD)),
        view(run(TRAIN, "Running", spec="2" + "0" * 16), run(TRAIN, "Failed", 2)),
        view(run(TRAIN, "Running", spec=OLD), tasks=[task(tags=["team-y"])]),
        view(run(TRAIN, "Running", spec=OLD), tasks=[task(tags=["team-x"], description="x")]),
        view(run(TRAIN, "Running", spec=OLD), tasks=[task(tags=["team-x"], onRemoval="Retain")]),
        view(run(TRAIN, "Running", spec=OLD), tasks=[TRAIN, task("second", spec={"args": "1"})]),
        view(run(TRAIN, "Running", spec=OLD), tasks=[]),
    ],
)
def test_a_plan_that_would_write_something_else_is_stale(now: PlanView) -> None:
    with pytest.raises(GuardError, match="is stale") as caught:
        plan_file.check_same(SAVED, now, "p.json")
    assert caught.value.code == "JS406"


@pytest.mark.parametrize(
    "live",
    [
        (replace(run(TRAIN, "Running", spec=OLD), unmasked_detail="busy"),),
        (run(TRAIN, "Running", spec=OLD), run(task("left"), "Success", 2, name="left")),
    ],
)
def test_what_writes_nothing_makes_no_plan_stale(live: tuple[Run, ...]) -> None:
    plan_file.check_same(SAVED, view(*live), "p.json")


def test_a_plan_for_another_platform_is_not_applied_here() -> None:
    elsewhere = replace(SAVED, platform=replace(PLATFORM, region="cn-shanghai"))
    with pytest.raises(GuardError, match="is for vision"):
        plan_file.check_same(elsewhere, SAVED, "p.json")


def test_only_the_digest_that_was_given_is_accepted() -> None:
    plan_file.check_digest(SAVED.digest, SAVED)
    with pytest.raises(GuardError, match=SAVED.digest):
        plan_file.check_digest("0" * 32, SAVED)


def test_a_plan_with_an_action_that_nobody_knows_is_stale_like_any_other() -> None:
    [change, *others] = SAVED.changes
    unknown = replace(SAVED, changes=(replace(change, action="paint"), *others))
    unknown = replace(unknown, digest=digest_of(unknown))
    read = plan_file.read(plan_file.write(unknown), "p.json")
    with pytest.raises(GuardError, match="is stale"):
        plan_file.check_same(read, SAVED, "p.json")


def test_half_a_character_from_the_platform_is_saved_as_a_question_mark() -> None:
    odd = view(replace(run(TRAIN, "Running", spec=OLD), state="\ud800", id="t-\udfff"))
    saved = plan_file.read(plan_file.write(odd), "p.json")
    assert (saved.changes[0].runs[0].state, saved.changes[0].runs[0].id) == ("?", "t-?")


@pytest.mark.parametrize(
    "text",
    [
        "{" + ", ".join(f'"k{n}": 1' for n in range(3_000)) + "}",
        "{" + '"k": 1, ' * 5_000 + '"k": 1}',
        "{" + '"scope": 1, ' * 7_000 + '"scope": 1}',
        plan_file.write(SAVED).replace('"changes": [', '"changes": [' + "{}, " * 2_900),
        plan_file.write(SAVED).replace('"steps": [', '"steps": [' + "1, " * 9_000),
        plan_file.write(SAVED).replace('"steps": [', '"steps": [' + "[], " * 5_000_000),
    ],
    ids=["keys", "one key", "one known key", "changes", "steps", "brackets"],
)
def test_what_is_no_plan_is_told_however_much_is_wrong_with_it(text: str) -> None:
    with pytest.raises(UsageError, match="is not a plan"):
        plan_file.read(text, "p.json")


def test_the_plan_of_ten_thousand_tasks_can_be_saved_and_read() -> None:
    many = replace(SAVED, changes=SAVED.changes * 10_000)
    many = replace(many, digest=digest_of(many))
    assert plan_file.read(plan_file.write(many), "p.json") == many
