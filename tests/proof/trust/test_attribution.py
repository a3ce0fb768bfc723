"""`--since` separates what a change causes from what differed before it, and never guesses."""

from __future__ import annotations

import json
import subprocess
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.projects import Project
from tests.proof.trust.repository import PROJECT, TASK, new_repository
from tests.proof.trust.test_loosened import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTHING = "this change causes nothing"
FORMATS = ("text", "markdown", "html", "json")


def task(name: str, args: str = "1", lifecycle: str = "{}") -> str:
    sized = TASK.replace("train", name).replace('"true"', "sleep 100")
    return f'{sized}  env: {{VALUE: "{args}"}}\nlifecycle: {lifecycle}\n'


def commit(repository: Project, message: str) -> None:
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", message, "--allow-empty")


@pytest.fixture
def repository(tmp_path: Path) -> Project:
    """A checkout of a branch on which nothing has changed yet; nothing is live."""
    made = new_repository(tmp_path, task=task("train"))
    git(made, "init", "-q", "-b", "main")
    commit(made, "base")
    git(made, "checkout", "-qb", "change")
    return made


@pytest.fixture
def live(repository: Project) -> Iterator[Project]:
    """The same with four live runs: of `train`, `other`, `gone` and `kept`."""
    for name in ("other", "gone"):
        repository.write(f"tasks/{name}.yaml", task(name, name))
    repository.write("tasks/kept.yaml", task("kept", "kept", "{onRemoval: Retain}"))
    commit(repository, "four")
    git(repository, "branch", "-f", "main")
    repository.run("apply", "--yes")
    try:
        yield repository
    finally:
        repository.close()


def planned(repository: Project, *more: str, since: str = "main") -> dict[str, Any]:
    ended = repository.attempt("plan", "--since", since, "-o", "json", *more)
    assert ended.code == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


def causes(plan: dict[str, Any]) -> dict[tuple[str, str], str | None]:
    return {(one["task"], one["action"]): one["cause"] for one in plan["changes"] if one["cause"]}


def test_what_this_change_causes_is_apart_from_what_differed_before(live: Project) -> None:
    git(live, "checkout", "-q", "main")
    live.write("tasks/other.yaml", task("other", "pending on main"))
    live.write("tasks/new.yaml", task("new", "new"))
    commit(live, "not applied yet")
    git(live, "checkout", "-qb", "next")
    live.write("tasks/train.yaml", task("train", "2"))
    (live.root / "tasks/gone.yaml").unlink()
    (live.root / "tasks/kept.yaml").unlink()
    (live.root / "tasks/new.yaml").unlink()
    commit(live, "this change")
    plan = planned(live)
    assert causes(plan) == {
        ("train", "replace"): "this-change",
        ("gone", "cancel"): "this-change",
        ("kept", "none"): "this-change",
        ("other", "replace"): "before",
    }
    assert plan["since"]["prevented"] == [{"task": "new", "action": "submit", "reason": "new"}]
    assert plan["since"]["causesNothing"] is False
    text = live.attempt("plan", "--since", "main").out
    first = "this change causes: 1 to replace, 1 to cancel, 1 no longer declared, 1 prevented; "
    assert text.startswith(f"{first}differed before it: 1 to replace\n")
    caused, before = text.split("caused by this change:")[1].split("differed before this change:")
    assert ("train" in caused, "gone" in caused, "other" in caused) == (True, True, False)
    assert ("other" in before, "train" in before) == (True, False)
    assert "this change prevents: submit of `new` (new)" in before
    for form in ("markdown", "html"):
        shown = live.attempt("plan", "--since", "main", "-o", form).out.lower()
        assert first.strip("; ") in shown
        assert shown.index("train</td>" if form == "html" else "**replace** `train`") < shown.index(
            "differed before this change"
        )
    applied = live.attempt("apply", "--yes", "--since", "main", "-o", "json")
    outcomes = {one["task"]: one["cause"] for one in json.loads(applied.out)["outcomes"]}
    assert outcomes == {"train": "this-change", "gone": "this-change", "other": "before"}
    drifted = live.attempt("drift", "--since", "main")
    assert drifted.out.startswith("this change causes: ")


def test_a_change_that_causes_nothing_says_so_first_in_every_format(repository: Project) -> None:
    git(repository, "mv", "tasks/train.yaml", "tasks/训练 über a.yaml")
    repository.write("docs/read me.md", "hello")
    commit(repository, "moves the file")
    plan = planned(repository)
    assert plan["since"]["causesNothing"] is True
    assert causes(plan) == {("train", "submit"): "before"}
    for form, command in product(("text", "markdown", "html"), ("plan", "drift")):
        shown = repository.attempt(command, "--since", "main", "-o", form).out
        heading = next(line for line in shown.splitlines() if "jobspec" not in line or NOTHING in line)
        assert NOTHING in (heading if form != "html" else shown.partition("<h1>")[0].partition("<body>")[2])
    assert "differed before this change:" in repository.attempt("plan", "--since", "main").out
    assert NOTHING not in repository.attempt("plan").out
    drifted = json.loads(repository.attempt("drift", "--since", "main", "-o", "json").out)
    assert [(one["task"], one["cause"]) for one in drifted["pending"]] == [("train", "before")]


def test_nothing_of_what_main_did_since_is_this_changes(repository: Project) -> None:
    repository.write("tasks/mine.yaml", task("mine", "m"))
    commit(repository, "mine")
    git(repository, "checkout", "-q", "main")
    repository.write("tasks/theirs.yaml", task("theirs", "t"))
    repository.write("tasks/train.yaml", task("train", "changed on main"))
    commit(repository, "main moved")
    git(repository, "checkout", "-q", "change")
    branch = {("mine", "submit"): "this-change", ("train", "submit"): "before"}
    assert causes(planned(repository)) == branch
    git(repository, "checkout", "-qb", "merged", "main")
    git(repository, "merge", "-q", "--no-edit", "change")  # the commit that CI checks out
    merged = {**branch, ("theirs", "submit"): "before"}
    assert causes(planned(repository)) == merged
    git(repository, "checkout", "-q", "main")
    repository.write("tasks/later.yaml", task("later", "l"))
    commit(repository, "main moved after the merge commit was made")
    git(repository, "checkout", "-q", "merged")
    assert causes(planned(repository)) == merged


def test_an_uncommitted_file_is_of_this_change(repository: Project) -> None:
    repository.write("tasks/新 任务.yaml", task("mine", "m"))
    assert causes(planned(repository)) == {("mine", "submit"): "this-change", ("train", "submit"): "before"}


def test_a_rename_of_a_task_is_of_this_change(live: Project) -> None:
    live.write("tasks/other.yaml", task("better", "other"))
    commit(live, "rename")
    assert causes(planned(live)) == {("better", "rename"): "this-change"}
    git(live, "branch", "-f", "main")
    assert causes(planned(live)) == {("better", "rename"): "before"}


def test_a_replacement_that_was_pending_under_the_old_name_is_said_to_be(live: Project) -> None:
    live.write("tasks/other.yaml", task("other", "pending"))
    commit(live, "pending")
    git(live, "branch", "-f", "main")
    live.write("tasks/other.yaml", task("better", "pending", "{previousNames: [other]}"))
    plan = planned(live)
    assert causes(plan) == {("better", "rename"): "this-change", ("better", "replace"): "this-change"}
    instead = [one["otherwise"] for one in plan["changes"] if one["cause"]]
    assert instead == [[{"task": "other", "action": "replace", "reason": "spec-changed"}], []]
    assert "without this change: replace other (spec-changed)" in live.attempt("plan", "--since", "main").out


def test_a_guard_says_whether_it_refuses_without_this_change_too(live: Project) -> None:
    strict = PROJECT + "  limits: {maxReplacements: 0}\n"
    live.write("jobspec.yaml", strict)
    live.write("tasks/other.yaml", task("other", "pending"))
    commit(live, "pending")
    git(live, "branch", "-f", "main")
    [guard] = planned(live)["guards"]
    assert (guard["code"], guard["cause"], guard["otherwise"]) == ("JS402", "before", "")
    assert planned(live)["since"]["causesNothing"] is True
    assert "; also without this change" in live.attempt("plan", "--since", "main").out
    live.write("tasks/train.yaml", task("train", "2"))
    [guard] = planned(live)["guards"]
    assert guard["cause"] == "this-change"
    assert guard["otherwise"] == "1 active runs would be replaced; the limit is 0"
    live.write("tasks/train.yaml", task("train"))
    live.write("jobspec.yaml", PROJECT)
    commit(live, "no limit")
    git(live, "branch", "-f", "main")
    live.write("jobspec.yaml", strict)
    [guard] = planned(live)["guards"]
    assert guard["cause"] == "this-change"  # this change tightens the limit
    assert planned(live)["since"]["causesNothing"] is False


def test_manifests_of_the_base_with_errors_are_never_an_all_clear(live: Project) -> None:
    broken = task("gone", "gone").replace("spec:", "spek:")
    live.write("tasks/gone.yaml", broken)
    commit(live, "broken on main")
    git(live, "branch", "-f", "main")
    (live.root / "tasks/gone.yaml").unlink()
    live.write("tasks/train.yaml", task("train", "2"))
    plan = planned(live)
    assert causes(plan) == {("gone", "cancel"): "unknown", ("train", "replace"): "this-change"}
    assert plan["since"]["unread"] == ["tasks/gone.yaml"]
    live.write("tasks/train.yaml", task("train"))
    assert planned(live)["since"]["causesNothing"] is False
    for form in ("text", "markdown", "html"):
        shown = live.attempt("plan", "--since", "main", "-o", form).out
        assert NOTHING not in shown
        assert "1 file of the base revision has errors: tasks/gone.yaml" in shown
        assert "not attributed" in shown


def test_a_manifest_that_other_patterns_selected_is_compared(live: Project) -> None:
    live.write("jobspec.yaml", PROJECT.replace("[tasks/**/*.yaml]", "[tasks/**/*.job]"))
    for path in (live.root / "tasks").glob("*.yaml"):
        path.rename(path.with_suffix(".job"))
    commit(live, "another pattern")
    git(live, "branch", "-f", "main")
    for path in (live.root / "tasks").glob("*.job"):
        path.rename(path.with_suffix(".yaml"))
    (live.root / "tasks/gone.yaml").unlink()
    live.write("jobspec.yaml", PROJECT)
    assert causes(planned(live)) == {("gone", "cancel"): "this-change"}


def test_a_manifest_behind_a_link_is_compared(live: Project) -> None:
    (live.root / "shared").mkdir()
    (live.root / "tasks/gone.yaml").rename(live.root / "shared/gone.yaml")
    (live.root / "tasks/link.yaml").symlink_to("../shared/gone.yaml")
    (live.root / "tasks/folder").symlink_to("../none")
    commit(live, "link")
    (live.root / "tasks/folder").unlink()
    commit(live, "a link that leads nowhere is gone")
    git(live, "branch", "-f", "main")
    assert causes(planned(live)) == {}
    (live.root / "tasks/link.yaml").unlink()
    assert causes(planned(live)) == {("gone", "cancel"): "this-change"}


def test_a_new_project_and_a_new_environment_cause_all_of_their_plan(repository: Project) -> None:
    repository.write("jobspec.yaml", PROJECT + "  environments: {prod: {}}\n")
    plan = planned(repository, "-e", "prod")
    assert causes(plan) == {("train", "submit"): "this-change"}
    assert (plan["since"]["unread"], plan["loosened"]) == ([], [])
    repository.write("jobspec.yaml", PROJECT.replace("demo", "another"))
    assert causes(planned(repository)) == {("train", "submit"): "this-change"}
    repository.write("jobspec.yaml", PROJECT)
    repository.write("sub/jobspec.yaml", PROJECT.replace("demo", "other"))
    repository.write("sub/tasks/a.yaml", task("a"))
    plan = planned(repository, "sub")
    assert causes(plan) == {("a", "submit"): "this-change"}


def test_only_the_selected_tasks_are_attributed(repository: Project) -> None:
    for name in ("one", "two"):
        repository.write(f"tasks/{name}/{name}.yaml", task(name, name))
    commit(repository, "two more")
    git(repository, "branch", "-f", "main")
    for name in ("one", "two"):
        (repository.root / f"tasks/{name}/{name}.yaml").unlink()
        repository.write(f"tasks/{name}/other.yaml", task(f"{name}-other", f"{name}-o"))
    for selection in (["tasks/one"], ["--only", "one-*"], ["--only", "file:tasks/one/*"]):
        plan = planned(repository, *selection)
        assert causes(plan) == {("one-other", "submit"): "this-change"}
        prevented = [one["task"] for one in plan["since"]["prevented"]]
        assert prevented == ([] if selection[-1] == "one-*" else ["one"])


def test_local_code_that_only_a_checkout_has_is_no_error_of_the_base(repository: Project) -> None:
    repository.write("src/main.py", "print()")
    code = "  code: {source: Local, originPath: src}\n"
    repository.write("tasks/train.yaml", TASK + code)
    commit(repository, "code")
    git(repository, "branch", "-f", "main")
    plan = planned(repository)
    assert (plan["since"]["unread"], plan["since"]["causesNothing"]) == ([], True)


def test_the_plan_and_its_digest_are_the_same_without_attribution(live: Project) -> None:
    live.until_state("train", "Running")
    live.write("tasks/train.yaml", task("train", "2"))
    plain = json.loads(live.attempt("plan", "-o", "json").out)
    since = planned(live)
    assert since["digest"] == plain["digest"]
    assert [one["steps"] for one in since["changes"]] == [one["steps"] for one in plain["changes"]]
    live.run("plan", "--since", "main", "-o", "plan.json")
    applied = live.run("apply", "plan.json", "--yes")
    assert applied.out.startswith("this change causes: 1 to replace\n")


def test_a_failure_of_git_ends_the_attribution(repository: Project, tmp_path: Path) -> None:
    source = repository.root.as_uri()
    git(repository, "config", "uploadpack.allowFilter", "true")
    treeless = tmp_path / "treeless"
    clone = ["git", "clone", "-q", "--filter=tree:0", "--no-checkout", source, str(treeless)]
    subprocess.run(clone, check=True, capture_output=True)
    other = Project(treeless, repository.home, repository.kept, repository.keys)
    git(other, "checkout", "-q", "change")
    git(other, "commit", "-q", "--allow-empty", "-m", "x")
    repository.write("tasks/train.yaml", task("train", "2"))
    commit(repository, "the base's trees are not in the clone")
    git(repository, "branch", "-f", "main")
    git(other, "fetch", "-q", "--filter=tree:0", "origin", "main")
    git(other, "reset", "-q", "--soft", "FETCH_HEAD")
    for form in FORMATS:
        ended = other.attempt("plan", "--since", "FETCH_HEAD", "-o", form)
        assert (ended.code, ended.out) == (1, ""), ended.printed
        assert "error[JS42" in ended.err
        assert "git fetch --refetch --no-filter" in ended.err or "fetch-depth: 0" in ended.err


def test_a_clone_without_the_merge_base_gets_no_all_clear(repository: Project, tmp_path: Path) -> None:
    commit(repository, "two")
    git(repository, "checkout", "-q", "main")
    commit(repository, "main moved")
    git(repository, "checkout", "-q", "change")
    shallow = tmp_path / "shallow"
    clone = [
        "git",
        "clone",
        "-q",
        "--depth",
        "1",
        "--no-single-branch",
        repository.root.as_uri(),
        str(shallow),
    ]
    subprocess.run(clone, check=True)
    other = Project(shallow, repository.home, repository.kept, repository.keys)
    for form in FORMATS:
        ended = other.attempt("plan", "--since", "origin/main", "-o", form)
        assert (ended.code, ended.out) == (1, "")
        assert "have no common commit in this clone" in ended.err
        assert "`fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` in GitLab CI" in ended.err
