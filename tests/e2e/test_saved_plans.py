"""A plan that was looked at is what is applied, or nothing is."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

from tests.projects import FOREVER

if TYPE_CHECKING:
    from tests.projects import Project

SECRET = "HF_TOKEN: {secret: {env: HF_TOKEN}}"


def save(project: Project, *options: str) -> Any:
    """Save the plan, and return what is in the file."""
    project.run("plan", "-o", "plan.json", *options)
    return json.loads((project.root / "plan.json").read_text(encoding="utf-8"))


def test_a_saved_plan_is_carried_out_as_it_was_saved(project: Project) -> None:
    project.declare("a")
    project.declare("b")
    saved = save(project, "--only", "a")
    assert [change["task"] for change in saved["changes"]] == ["a"]
    project.apply("plan.json")
    assert project.states().keys() == {"a"}


def test_applied_again_it_is_stale(project: Project) -> None:
    project.declare("a", FOREVER)
    save(project)
    project.apply("plan.json")
    said = project.apply("plan.json", exits=3).err
    assert (
        "error[JS406]: `plan.json` is stale: the plan for `a` was: submitted (new); it is now: unchanged"
        in said
    )
    assert len(project.runs()) == 1


def test_it_is_stale_when_the_manifests_say_something_else(project: Project) -> None:
    project.declare("a")
    save(project)
    project.edit("tasks/a.yaml", '"true"', '"false"')
    assert "JS406" in project.apply("plan.json", exits=3).err
    project.edit("tasks/a.yaml", '"false"', '"true"')
    project.edit("tasks/a.yaml", "metadata:", "metadata:\n  tags: [team-x]")
    assert "JS406" in project.apply("plan.json", exits=3).err
    project.declare("b")
    assert "JS406" in project.apply("plan.json", exits=3).err
    assert project.runs() == []


def test_what_does_not_change_the_writes_does_not_make_it_stale(project: Project) -> None:
    project.declare("done")
    project.apply("--wait")
    project.declare("a")
    save(project)
    project.write("tasks/a.yaml", "# a comment\n" + (project.tasks / "a.yaml").read_text(encoding="utf-8"))
    project.apply("plan.json")
    assert "a" in project.states()


def test_it_is_refused_when_it_was_edited_or_is_no_plan(project: Project) -> None:
    project.declare("a")
    saved = save(project)
    saved["changes"][0]["reason"] = "resumed"
    project.write("plan.json", json.dumps(saved))
    assert "error[JS412]: `plan.json` was edited" in project.apply("plan.json", exits=3).err
    project.write("plan.json", "{}")
    assert "error[JS412]: `plan.json` is not a plan" in project.apply("plan.json", exits=1).err
    assert project.runs() == []


def test_what_cannot_be_saved_is_told_and_leaves_nothing_behind(project: Project) -> None:
    project.declare("a")
    (project.root / "plan.json").mkdir()
    assert "/plan.json` is a folder" in project.run("plan", "-o", f"{project.root}/plan.json", exits=1).err
    assert sorted(path.name for path in project.root.iterdir()) == ["jobspec.yaml", "plan.json", "tasks"]
    assert "`--digest` is empty" in project.apply("--digest", "", exits=1).err


def test_a_file_that_is_no_plan_is_not_overwritten(project: Project) -> None:
    project.declare("a")
    project.write("precious.json", '{"mine": true}')
    assert "exists and is not a plan" in project.run("plan", "-o", "precious.json", exits=1).err
    assert (project.root / "precious.json").read_text(encoding="utf-8") == '{"mine": true}'
    project.write("empty.json", "")
    for _ in range(2):
        project.run("plan", "-o", "empty.json")


def test_a_missing_plan_is_told(project: Project) -> None:
    assert "`plan.json` does not exist" in project.apply("plan.json", exits=1).err


def test_no_secret_is_in_it_and_nobody_else_can_read_it(project: Project) -> None:
    project.declare("a", spec=f"env: {{{SECRET}}}")
    project.run("plan", "-o", "plan.json", environ={"HF_TOKEN": "canary"})
    text = (project.root / "plan.json").read_text(encoding="utf-8")
    assert "canary" not in text
    assert stat.S_IMODE((project.root / "plan.json").stat().st_mode) == 0o600


def test_the_digest_alone_says_which_plan_may_be_applied(project: Project) -> None:
    project.declare("a")
    digest = save(project)["digest"]
    assert f"digest: {digest}" in project.run("plan").out
    assert "JS406" in project.apply("--digest", "0" * 32, exits=3).err
    assert project.runs() == []
    project.apply("--digest", digest)
    assert "a" in project.states()


def test_a_plan_of_another_environment_is_not_applied_here(project: Project) -> None:
    project.edit(
        "jobspec.yaml", "spec:\n  manifests", "spec:\n  environments: {dev: {}, prod: {}}\n  manifests"
    )
    project.declare("a")
    save(project, "-e", "dev")
    assert "is for demo/dev on " in project.apply("plan.json", "-e", "prod", exits=3).err
    project.apply("plan.json")
    assert "jobspec-scope_demo-dev--" in "".join(project.only_run("a")["Tags"])


def test_selectors_are_of_the_plan_and_not_of_its_apply(project: Project) -> None:
    project.declare("a")
    save(project)
    assert "remove --only" in project.apply("plan.json", "--only", "a", exits=1).err


def test_an_expectation_that_does_not_hold_refuses_before_any_write(project: Project) -> None:
    project.declare("a", FOREVER)
    project.apply("--expect", "no-replace,no-cancel,no-delete")
    before = project.until_state("a", "Running")
    project.edit("tasks/a.yaml", "sleep 60", "sleep 50")
    said = project.apply("--expect", "no-replace", exits=3).err
    assert "error[JS411]: the plan would replace `a`, which --expect no-replace forbids" in said
    assert "refused[JS411]" in project.run("plan", "--expect", "no-change", exits=3).out
    assert project.only_run("a")["Id"] == before["Id"]
    assert project.only_run("a")["State"] == "Running"


def test_what_was_not_selected_is_counted(project: Project) -> None:
    for name in ("one", "two", "three"):
        project.declare(name)
    out = project.run("plan", "--exclude", "t*").out
    assert "plan: 1 to submit; 0 unchanged; 2 tasks not selected" in out
    assert "matches no task" in project.run("plan", "--only", "four", exits=1).err
