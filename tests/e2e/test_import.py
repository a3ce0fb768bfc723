"""Importing live tasks: files that are valid, and runs that go on under management."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from jobspec.local.api.app import application
from tests.local.calls import create, task
from tests.local.places import folder_of
from tests.processes import QUICK
from tests.projects import FOREVER
from tests.proof.trust.serving import serving

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.projects import Project


def submit(project: Project, name: str, command: str = "true", **more: Any) -> str:
    """Create a task as another tool would."""
    with closing(application(folder_of(project.root, project.kept), settings=QUICK)) as app:
        return create(app, Name=name, command=command, **{"ResourceGroupId": "default"} | more)


def without_tags(records: list[Any]) -> list[Mapping[str, Any]]:
    changing = {"Tags", "UpdateTime"}
    return [{key: record[key] for key in record if key not in changing} for record in records]


def files(project: Project) -> set[str]:
    return {path.name for path in project.tasks.iterdir()}


def test_an_import_with_adopt_leaves_nothing_to_do_and_stops_nothing(project: Project) -> None:
    project.edit("jobspec.yaml", "  defaults:\n", "  defaults:\n    lifecycle: {restartPolicy: OnFailure}\n")
    project.edit("jobspec.yaml", "    spec:\n", "    spec:\n      priority: 6\n      resourceQueue: q-1\n")
    ids = [
        submit(project, "active", FOREVER, Tags=["team-a"], Description="a: b", Priority=4),
        submit(
            project,
            "done",
            "true",
            Envs=[{"Name": "A", "Value": "${{ x }}"}, {"Name": "P", "IsPrivate": True}],
        ),
        submit(project, "failed", "set -e\nfalse"),
    ]
    for name, state in (("active", "Running"), ("done", "Success"), ("failed", "Failed")):
        project.until_state(name, state)
    before = project.runs()
    ended = project.run("import", *ids, "--adopt", "--yes")
    assert "adopt: 3 done" in ended.out
    assert files(project) == {"active.yaml", "done.yaml", "failed.yaml"}
    project.run("plan", "--detailed-exitcode")  # exits 0: there is nothing to do
    reasons = {name: (change["action"], change["reason"]) for name, change in project.plan().items()}
    assert reasons == {
        "active": ("none", "in-progress"),
        "done": ("none", "done"),
        "failed": ("none", "failed"),
    }
    project.apply()
    assert without_tags(project.runs()) == without_tags(before)
    assert project.only_run("active")["Tags"][0] == "team-a"


def test_an_import_says_what_holds_until_the_adoption(project: Project) -> None:
    active = submit(project, "active", FOREVER)
    done = submit(project, "done")
    project.until_state("done", "Success")
    project.until_state("active", "Running")
    ended = project.run("import", active, done)
    assert f"wrote tasks/active.yaml  from {active}, running" in ended.out
    held = f"jobspec apply does not submit the task, because {active} is an active twin"
    assert f"next: jobspec adopt {active} active; until then, {held}" in ended.err
    assert f"next: jobspec adopt {done} done; until then, jobspec apply would run the task again" in ended.err
    plan = project.plan()
    assert (plan["active"]["reason"], plan["done"]["reason"]) == ("unmanaged-twin", "new")
    assert "✓ adopted done" in project.run("adopt", done, "done", "--yes").out


def test_filters_take_the_newest_of_each_name_and_nothing_of_others(project: Project) -> None:
    older = submit(project, "train", "true")
    newer = submit(project, "train", "false")
    marks = [f"jobspec-{key}" for key in ("scope_other", "task_x", "spec_1", "run_1")]
    foreign = submit(project, "train-x", Tags=marks)
    project.declare("train-mine")
    project.apply()
    err = project.run("import", "--filter", "train").err
    assert files(project) == {"train.yaml", "train-mine.yaml"}
    assert f"skipped: {older} is older than {newer} of the same name `train`" in err
    assert f"skipped: {foreign} (train-x) is managed by the scope `other`" in err
    assert "is already a run of `train-mine`, declared in tasks/train-mine.yaml" in err
    assert "is managed by the scope `other`; nothing" in project.run("import", foreign, exits=1).err


def test_a_deleted_manifest_of_a_managed_run_comes_back(project: Project) -> None:
    project.declare("train", FOREVER, lifecycle="protect: true")
    project.apply()
    run = project.only_run("train")
    project.remove("train")
    ended = project.run("import", run["Id"])
    assert f"train: {run['Id']} is already a run of this task" in ended.err
    assert "protect: true" in (project.tasks / "train.yaml").read_text()
    assert "nothing to do" in project.run("plan").out


def test_names_of_the_platform_lead_nowhere_else(project: Project) -> None:
    run = submit(project, "テスト", FOREVER)
    other = submit(project, "jobspec")
    ended = project.run("import", run, other)
    assert files(project) == {"task.yaml", "jobspec-task.yaml"}
    assert f"note: task: {run} is called `テスト` on the platform" in ended.err
    assert "jobspec apply would submit the task although" in ended.err


def test_a_name_that_is_declared_already_gets_a_part_of_the_id(project: Project) -> None:
    project.declare("train")
    run = submit(project, "train")
    project.until_state("train", "Success")
    project.run("import", run)
    assert files(project) == {"train.yaml", f"train-{run.rpartition('-')[2]}.yaml"}


@pytest.mark.parametrize("by_id", [True, False])
def test_an_active_twin_of_a_declared_task_is_not_imported_as_a_second_copy(
    project: Project, *, by_id: bool
) -> None:
    project.declare("eval", FOREVER)
    run = submit(project, "eval", FOREVER)
    ended = project.run("import", *([run] if by_id else ["--filter", "eval"]))
    assert files(project) == {"eval.yaml"}
    assert f"skipped: {run} has the same name as `eval`, declared in tasks/eval.yaml" in ended.err
    assert f"to adopt it, run: jobspec adopt {run} eval" in ended.err
    assert "adopted eval" in project.run("adopt", run, "eval", "--yes", "--force", "differences").out


def test_stdout_gets_the_text_and_no_file_is_written(project: Project) -> None:
    run = submit(project, "train", Args="\x1b[2J")
    ended = project.run("import", run, "-o", "-")
    assert ended.out.startswith(f"# imported from {run}\napiVersion: jobspec/v1\n")
    assert "\x1b" not in ended.out
    assert files(project) == set()


def test_a_file_that_exists_is_kept_and_nothing_is_written(project: Project) -> None:
    one, two = submit(project, "one"), submit(project, "two")
    project.write("tasks/two.yaml", "# mine\n")
    err = project.run("import", one, two, exits=1).err
    assert "`tasks/two.yaml` already exists; nothing was written" in err
    assert files(project) == {"two.yaml"}


def test_an_adoption_that_would_be_refused_writes_nothing(project: Project) -> None:
    run = submit(project, "train", FOREVER, Envs=[{"Name": "A B", "Value": "1"}])
    err = project.run("import", run, "--adopt", "--yes", exits=3).err
    assert "differs from the manifest in 1 field; nothing was written" in err
    assert files(project) == set()
    assert "differs from" in project.run("import", run).err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no task id and no filter"),
        (["t-1", "--name", "x"], "task ids cannot be combined with filters"),
        (["t-1", "t-2"], "no task `t-1`, `t-2` on this platform; nothing was written"),
        (["--name", "nobody"], "no task matches these filters"),
        (["--state", "Odd"], "Odd"),
        (["t-1", "--adopt"], "confirmation is required"),
        (["t-1", "--adopt", "-o", "-"], "`--adopt` cannot be combined"),
    ],
    ids=["nothing", "both", "no-such-id", "no-match", "no-state", "unasked", "stdout"],
)
def test_wrong_usage_is_told(project: Project, arguments: list[str], said: str) -> None:
    assert said in project.run("import", *arguments, exits=1).err
    assert files(project) == set()


def test_a_folder_that_the_project_does_not_read_is_refused(project: Project) -> None:
    run = submit(project, "train")
    err = project.run("import", run, "-o", "elsewhere", exits=1).err
    assert "`elsewhere/train.yaml` would be no manifest of the project" in err
    assert not (project.root / "elsewhere").exists()


def test_a_scope_without_a_project_needs_a_folder(project: Project) -> None:
    run = submit(project, "train")
    (project.root / "jobspec.yaml").unlink()
    assert "use -o DIR" in project.run("import", run, "--scope", "demo", exits=1).err
    err = project.run("import", run, "--scope", "demo", "-o", "tasks").err
    assert f"jobspec adopt -p tasks --scope demo {run} train" in err
    project.run("validate", "tasks", "--scope", "demo")


def test_tasks_of_a_platform_over_the_network_are_imported(project: Project) -> None:
    keys = {"VOLC_ACCESSKEY": "AKLT-import", "VOLC_SECRETKEY": "secret-of-the-import"}
    with serving(project.root.parent, environ=keys) as served:
        for number in range(9):
            served.result("CreateCustomTask", **task(f"far-{number}", ResourceGroupId="default"))
        project.run("import", "--filter", "far", "--endpoint", served.url, environ=keys)
    assert files(project) == {f"far-{number}.yaml" for number in range(9)}
