"""The JSON of apply and status gives what ledgers of submit scripts keep: name, id, state, times."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jobspec.cli.main import run
from jobspec.errors import Unavailable

if TYPE_CHECKING:
    import pytest

    from tests.projects import Project


def test_apply_lists_every_task_with_its_run(project: Project) -> None:
    project.declare("a", "true")
    project.apply("--wait")
    project.declare("b", "exit 3")
    view = json.loads(project.apply("--wait", "-o", "json", exits=1).out)
    assert [one["task"] for one in view["outcomes"]] == ["b"]
    first, second = view["tasks"]
    runs = {record["Name"]: record for record in project.runs()}
    assert (first["task"], first["run"], first["state"]) == ("a", runs["a"]["Id"], "Success")
    assert (second["task"], second["run"], second["state"]) == ("b", runs["b"]["Id"], "Failed")
    assert (second["phase"], second["exitCode"]) == ("failed", 3)
    assert first["created"] <= first["launched"] <= first["finished"]


def test_the_same_values_are_in_the_status(project: Project) -> None:
    project.declare("a", "true")
    project.apply("--wait")
    applied = project.apply("-o", "json").json["tasks"][0]
    shown = project.run("status", "-o", "json").json["tasks"][0]
    assert {key: shown[key] for key in applied} == applied


def test_other_commands_list_no_tasks(project: Project) -> None:
    project.declare("a", "true")
    project.apply("--wait")
    assert project.run("destroy", "--yes", "-o", "json").json["tasks"] is None


def test_a_result_is_printed_even_if_the_runs_cannot_be_read_any_more(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unavailable(*_: object) -> object:
        raise Unavailable("gone", action="ListCustomTasks")

    project.declare("a", "true")
    monkeypatch.setattr("jobspec.workflow.runs.ledger.observe", unavailable)
    monkeypatch.chdir(project.root)
    for name, value in project.environ().items():
        monkeypatch.setenv(name, value)
    assert run(["apply", "--yes", "-o", "json"]) == 0
    view = json.loads(capsys.readouterr().out)
    assert (view["outcomes"][0]["status"], view["tasks"]) == ("done", None)
