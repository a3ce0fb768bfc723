"""`jobspec task`: single tasks of the account, those of jobspec and those of others."""

from __future__ import annotations

import json
import os
import pty
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import validate
from ruamel.yaml import YAML

from jobspec.workflow.project.reference import schemas
from tests.processes import Streams, line_with
from tests.projects import FOREVER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes import Ended
    from tests.projects import Project


@pytest.fixture
def account(project: Project) -> Project:
    """A project whose account holds one run of jobspec and one task of somebody else, both running."""
    project.declare("train", f"echo hello; {FOREVER}", spec='env: {TOKEN: {secret: {env: "THE_TOKEN"}}}')
    project.apply(environ={"THE_TOKEN": "the-secret-value"})
    project.submit_unmanaged("other", "echo hi; exec sleep 60")
    project.until_state("train", "Running")
    project.until_state("other", "Running")
    return project


def id_of(project: Project, name: str) -> str:
    return str(project.runs(name)[-1]["Id"])


def checked(ended: Ended, schema: str) -> Any:
    """The JSON of a command, held against its published schema."""
    validate(ended.json, schemas()[f"{schema}.v1.json"])
    assert ended.json["version"] == f"jobspec/{schema}.v1"
    return ended.json


def names(account: Project, *filters: str) -> list[str]:
    view = checked(account.run("task", "list", "-o", "json", *filters), "tasks")
    return [task["name"] for task in view["tasks"]]


def test_the_whole_account_is_listed_with_what_belongs_to_jobspec(account: Project) -> None:
    listed = account.run("task", "list", "-c", "name,state,name,managed")
    rows = [line.split() for line in listed.out.splitlines()]
    assert rows == [
        ["NAME", "STATE", "MANAGED"],
        ["other", "Running", "-"],
        ["train", "Running", "demo/train"],
    ]
    assert listed.err.startswith("2 tasks on the local platform (")


def test_every_filter_works(account: Project) -> None:
    train, other = id_of(account, "train"), id_of(account, "other")
    assert names(account, "--name", "train") == ["train"]
    assert names(account, "--filter", "ai") == ["train"]
    assert names(account, "--filter", other) == ["other"]
    assert names(account, "--id", train) == ["train"]
    assert names(account, "--group", "nowhere") == []
    assert names(account, "--queue", "nowhere") == []
    assert names(account, "--creator", "0") == ["other", "train"]
    assert names(account, "--creator", "4711") == []
    assert names(account, "--state", "running", "--state", "Queue") == ["other", "train"]
    assert names(account, "--state", "Success") == []
    assert names(account, "--tag", "jobspec-scope_demo", "--tag", "jobspec-task_train") == ["train"]
    assert names(account, "--sort-by", "Name", "--order", "ascend", "--all") == ["other", "train"]
    assert names(account, "--sort-by", "name", "--limit", "1") == ["train"]


def test_json_and_yaml_hold_the_same(account: Project) -> None:
    train = id_of(account, "train")
    for command in (["list", "--name", "train"], ["instances", train], ["timeline", train]):
        as_yaml = account.run("task", *command, "-o", "yaml").out
        as_json = account.run("task", *command, "-o", "json").json
        assert YAML(typ="safe").load(as_yaml) == as_json


def test_one_task_is_shown_whole_but_for_what_is_secret(account: Project) -> None:
    train = id_of(account, "train")
    view = checked(account.run("task", "get", train, "-o", "json"), "task-detail")
    assert (view["task"]["id"], view["record"]["Id"]) == (train, train)
    shown = [account.run("task", "get", train, "-o", form).out for form in ("table", "wide", "json", "yaml")]
    assert all(train in text and "the-secret-value" not in text for text in shown)
    assert "EntrypointPath" in shown[1]


def test_replicas_states_and_logs_are_shown(account: Project) -> None:
    other = id_of(account, "other")
    [replica] = checked(account.run("task", "instances", other, "-o", "json"), "task-instances")["instances"]
    assert (replica["role"], replica["index"], replica["state"]) == ("worker", "0", "Running")
    moves = checked(account.run("task", "timeline", other, "-o", "json"), "task-timeline")["timeline"]
    assert [move["state"] for move in moves][-1] == "Running"
    assert "worker" in account.run("task", "instances", other).out
    assert "Running" in account.run("task", "timeline", other).out
    assert account.run("task", "logs", other, "--role", "worker", "--index", "0").out == "hi\n"


def test_logs_are_followed_to_the_end_of_the_task(account: Project) -> None:
    other = id_of(account, "other")
    with account.running("task", "logs", other, "-f") as following:
        assert line_with("hi", following.stdout) == "hi\n"
        account.run("task", "cancel", other, "--yes")
        assert following.wait(timeout=30) == 0


def test_a_cancel_of_a_managed_run_stays_a_cancel_to_apply(account: Project) -> None:
    train = id_of(account, "train")
    ended = account.run("task", "cancel", train, "--yes")
    assert f"✓ requested stop of {train}" in ended.out
    assert f"warning: {train} is managed by jobspec as demo/train" in ended.err
    account.until_state("train", "Cancelled")
    assert "jobspec-stop_user" in account.only_run("train")["Tags"]
    assert account.plan()["train"]["reason"] == "cancelled-outside"


def test_a_task_goes_through_its_end(account: Project) -> None:
    other = id_of(account, "other")
    assert "error[JS522]" in account.run("task", "delete", other, "--yes", exits=1).err
    view = checked(account.run("task", "cancel", other, "--yes", "-o", "json"), "task-writes")
    assert [(task["name"], task["status"]) for task in view["tasks"]] == [("other", "done")]
    account.until_state("other", "Cancelled")
    assert "already" in account.run("task", "cancel", other, "--yes").out
    assert account.run("task", "delete", other, "--yes").out.endswith(f"✓ deleted {other}  other\n")
    err = account.run("task", "get", other, exits=1).err
    assert "error[JS521]" in err
    assert "help: check the id; a local platform has only the tasks of its own project folder\n" in err


def test_an_update_writes_name_description_and_tags_and_keeps_those_of_jobspec(account: Project) -> None:
    train, before = id_of(account, "train"), account.only_run("train")["Tags"]
    account.run("task", "update", train, "--yes", "--name", "new", "--description", "x", "--add-tag", "keep")
    after = account.only_run("new")
    assert (after["Id"], after["Description"]) == (train, "x")
    assert set(after["Tags"]) == {*before, "keep"}
    account.run("task", "update", train, "--yes", "--set-tags", "")
    assert set(account.only_run("new")["Tags"]) == set(before)


def test_several_tasks_are_checked_before_the_first_is_written(account: Project) -> None:
    train = id_of(account, "train")
    account.run("task", "cancel", train, "t-nowhere", "--yes", exits=1)
    assert account.states()["train"] == "Running"


def test_a_protected_task_is_not_stopped(project: Project) -> None:
    project.declare("train", FOREVER, lifecycle="protect: true")
    project.apply()
    ended = project.run("task", "cancel", id_of(project, "train"), "--yes", exits=3)
    assert "error[JS404]" in ended.err


def test_without_a_terminal_and_without_yes_nothing_is_written(project: Project) -> None:
    project.submit_unmanaged("other", FOREVER)
    other = id_of(project, "other")
    for command in (["cancel", other], ["update", other, "--name", "new"]):
        for form in ("text", "json"):
            ended = project.run("task", *command, "-o", form, exits=1)
            assert "error[JS408]" in ended.err
            assert other in (ended.out if form == "text" else ended.err)
    project.until_state("other", "Running")


@pytest.mark.parametrize(("answer", "code", "names_after"), [(b"y\n", 0, ["new"]), (b"n\n", 1, ["other"])])
def test_an_update_asks_on_a_terminal(
    project: Project, answer: bytes, code: int, names_after: list[str]
) -> None:
    project.submit_unmanaged("other", FOREVER)
    ours, theirs = pty.openpty()
    arguments = ("task", "update", id_of(project, "other"), "--name", "new")
    with project.running(*arguments, streams=Streams(theirs, theirs, theirs)) as update:
        os.close(theirs)
        said = b""
        while b"[y/N]" not in said:
            said += os.read(ours, 4096)
        os.write(ours, answer)
        with suppress(OSError):  # the terminal is gone with its process
            while os.read(ours, 4096):
                pass
        os.close(ours)
        assert update.wait(timeout=30) == code
    assert [record["Name"] for record in project.runs()] == names_after


def test_a_broken_manifest_does_not_keep_from_the_account(account: Project) -> None:
    account.declare("broken", spec="imagee: x")
    assert names(account) == ["other", "train"]


def test_a_served_platform_is_reached_without_a_project(project: Project, tmp_path: Path) -> None:
    served = tmp_path / "served"
    served.mkdir()
    project.submit_unmanaged("other", FOREVER)
    (project.root / "jobspec.yaml").unlink()
    with project.running("serve", ".", "--port", "0") as server:
        url = line_with("http://", server.stdout).split()[-1]
        assert names(project, "--endpoint", url) == ["other"]
        assert names(project, "--platform", "local") == ["other"]
    assert "no platform selected" in project.run("task", "list", exits=1).err


def test_a_variable_names_a_served_platform_where_there_is_no_project(project: Project) -> None:
    project.submit_unmanaged("other", FOREVER)
    (project.root / "jobspec.yaml").unlink()
    with project.running("serve", ".", "--port", "0") as server:
        named = {"JOBSPEC_ENDPOINT": line_with("http://", server.stdout).split()[-1]}
        listed = project.run("task", "list", "-c", "name", "--no-header", environ=named)
        assert listed.out == "other\n"
        assert "doctor: no problems" in project.run("doctor", environ=named).out


def test_a_watched_list_is_shown_until_it_is_interrupted(account: Project) -> None:
    with account.running("task", "list", "--watch", "-c", "name") as watching:
        assert line_with("train", watching.stdout) == "train\n"
        watching.terminate()


def test_a_watched_list_ends_when_nobody_reads_it(account: Project) -> None:
    with account.running("task", "list", "--watch", "-c", "name") as watching:
        assert watching.stdout is not None
        assert watching.stderr is not None
        watching.stdout.readline()
        watching.stdout.close()
        assert watching.wait(30) == 141
        assert watching.stderr.read() == ""


def test_the_output_of_a_write_without_asking_is_only_json(account: Project) -> None:
    ended = account.run("task", "update", id_of(account, "train"), "--name", "new", "-y", "-o", "json")
    assert json.loads(ended.out)["verb"] == "update"
    assert ended.err == ""
