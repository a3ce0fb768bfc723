"""`jobspec get` prints exactly one value, for scripts."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from jobspec.cli.commands.runs.get import get
from jobspec.report.run_value import FIELDS, field_named, shown
from tests.projects import FOREVER
from tests.reconcile.world import run, task

if TYPE_CHECKING:
    from tests.projects import Project


@pytest.fixture
def running(project: Project) -> Project:
    project.declare("train", FOREVER)
    project.apply("--wait", "running")
    return project


def test_each_value_is_one_line(running: Project) -> None:
    record = running.only_run("train")
    for field, value in {
        "id": record["Id"],
        "name": "train",
        "state": "Running",
        "phase": "running",
        "host": "127.0.0.1",
    }.items():
        ended = running.run("get", f"train.{field}")
        assert (ended.out, ended.err) == (f"{value}\n", "")
    assert running.run("get", "train.detail").out.count("\n") == 1


def test_times_are_rfc_3339(project: Project) -> None:
    project.declare("train", "exit 3")
    project.apply("--wait", exits=1)
    times = [project.run("get", f"train.{one}Time").out.strip() for one in ("create", "launch", "finish")]
    moments = [datetime.fromisoformat(one) for one in times]
    assert moments == sorted(moments)
    assert all(one.tzinfo for one in moments)
    assert project.run("get", "train.exitCode").out == "3\n"


@pytest.mark.parametrize("written", ["10.0.0.1\n10.0.0.2", "\x1b[2J10.0.0.1", "10.0.0.1\r", "\u202e10"])
def test_a_hostile_value_stays_one_line_and_acts_on_no_terminal(written: str) -> None:
    assert shown(written).isprintable()


@pytest.mark.parametrize("field", ["ID", "run", "Id", "create_time", "created", "CreateTime", "HOST"])
def test_the_spellings_of_status_and_of_the_platform_are_accepted(field: str) -> None:
    assert field_named(field) in FIELDS


def test_the_first_role_counts_if_none_is_a_worker(project: Project) -> None:
    project.declare("serve", FOREVER, spec="roles: [{name: head, replicas: 1, flavor: f}]")
    project.apply("--wait", "running")
    assert project.run("get", "serve.host").out == "127.0.0.1\n"


@pytest.mark.parametrize("field", ["finishTime", "exitCode"])
def test_a_value_that_is_not_known_yet_is_an_error_with_what_to_do(running: Project, field: str) -> None:
    ended = running.run("get", f"train.{field}", exits=1)
    assert ended.out == ""
    assert f"error[JS418]: `{field}` of `train` is not known yet: run t-" in ended.err
    assert "help: Run `jobspec wait train --for finished` first." in ended.err


@pytest.mark.parametrize("field", ["host", "launchTime"])
def test_a_queued_run_has_no_host(project: Project, field: str) -> None:
    environ = {"JOBSPEC_LOCAL_SLOTS": "1"}
    project.declare("first", FOREVER)
    project.apply("--wait", "running", environ=environ)
    project.declare("train", FOREVER)
    project.apply(environ=environ)
    ended = project.run("get", f"train.{field}", exits=1)
    assert f"error[JS418]: `{field}` of `train` is not known yet: run t-" in ended.err
    assert "is in state `Queue`" in ended.err
    assert "help: Run `jobspec wait train --for running` first." in ended.err


def test_a_run_that_never_started_does_not_ask_for_a_wait(project: Project) -> None:
    environ = {"JOBSPEC_LOCAL_SLOTS": "1"}
    project.declare("first", FOREVER)
    project.apply("--wait", "running", environ=environ)
    project.declare("train", FOREVER)
    project.apply(environ=environ)
    project.run("cancel", "train", "--yes")
    project.until_state("train", "Cancelled")
    ended = project.run("get", "train.launchTime", exits=1)
    assert "the platform returns no `launchTime` of `train`" in ended.err
    assert "jobspec history train" in ended.err
    assert "MLP_WORKER_0_HOST" in project.run("get", "train.host", exits=1).err


def test_a_task_without_a_run_is_an_error(project: Project) -> None:
    project.declare("train")
    ended = project.run("get", "train.id", exits=1)
    assert (ended.out, "error[JS409]: task `train` has no runs" in ended.err) == ("", True)
    assert "jobspec apply --only train" in ended.err


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("train.idd", "did you mean `id`?"),
        ("train.sate", "did you mean `state`?"),
        ("train.xyz", "the fields are id, name, state,"),
        ("train", "jobspec get train.id"),
        ("train.", "jobspec get train.id"),
        (".id", "jobspec get id.id"),
    ],
)
def test_a_wrong_field_is_an_error_before_anything_is_read(
    project: Project, reference: str, said: str
) -> None:
    ended = project.run("get", reference, exits=1)
    assert (ended.out, said in ended.err) == ("", True), ended.err


def test_a_run_can_be_chosen(project: Project) -> None:
    project.declare("train", "false")
    project.apply("--wait", exits=1)
    first = project.run("get", "train.id").out.strip()
    project.declare("train", "true")
    project.apply("--wait")
    assert project.run("get", "train.state", "--run", first).out == "Failed\n"
    assert project.run("get", "train.state").out == "Success\n"
    assert "its newest runs are" in project.run("get", "train.state", "--run", "t-1", exits=1).err


def test_the_manifests_may_have_errors(running: Project) -> None:
    running.write("tasks/broken.yaml", "a: [\n")
    assert running.run("get", "train.state").out == "Running\n"


def test_the_help_lists_every_field() -> None:
    listed = re.findall(r"^ *(\w+)  +(.+)$", (get.help or "").partition("Fields:")[2], re.MULTILINE)
    assert dict(listed) == {name: field.meaning for name, field in FIELDS.items()}


@pytest.mark.parametrize(
    ("state", "code", "expected"), [("Killed", 0, ""), ("Killed", 143, "143"), ("Success", 0, "0")]
)
def test_a_cancelled_run_has_no_exit_code_of_success(state: str, code: int, expected: str) -> None:
    ended = structs.replace(run(task(), state), exit_code=code)
    assert (FIELDS["exitCode"].read(ended) or "") == expected
