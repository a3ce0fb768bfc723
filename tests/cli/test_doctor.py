"""`jobspec doctor`: its exit codes and its two forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from jsonschema import validate

if TYPE_CHECKING:
    from tests.projects import Project

SCHEMA = Path(__file__).parents[2] / "schemas" / "doctor.v1.json"


def test_a_project_that_is_well_exits_0_and_stays_as_it_is(project: Project) -> None:
    project.declare("train")
    ended = project.run("doctor")
    assert "ok  manifests   2 manifests, 1 task\n" in ended.out
    assert (ended.out.splitlines()[-1], ended.err) == ("doctor: no problems", "")
    assert not project.state.exists()


def test_a_problem_exits_1_and_is_told_with_its_help(project: Project) -> None:
    ended = project.run("doctor", "--platform", "volcengine", exits=1)
    assert "problem  credentials  there are no credentials for the platform" in ended.out
    assert "\n  help: set `VOLC_ACCESSKEY` and `VOLC_SECRETKEY`" in ended.out


def test_the_json_is_as_its_schema_says(project: Project) -> None:
    keys = {"VOLC_ACCESSKEY": "AKLT-test", "VOLC_SECRETKEY": "any"}
    ended = project.run("doctor", "--endpoint", "http://127.0.0.1:1", "-o", "json", exits=1, environ=keys)
    view = ended.json
    validate(view, json.loads(SCHEMA.read_text()))
    assert {check["name"]: check["status"] for check in view["checks"]}["endpoint"] == "problem"


def test_outside_of_any_project_the_options_are_named(project: Project) -> None:
    (project.root / "jobspec.yaml").unlink()
    assert "help: use --platform local" in project.run("doctor", exits=1).out


def test_an_unusable_proxy_is_told_as_json_too(project: Project) -> None:
    environ = {"ALL_PROXY": "socks5://127.0.0.1:1", "VOLC_ACCESSKEY": "AKLT-x", "VOLC_SECRETKEY": "y"}
    ended = project.run("doctor", "--platform", "volcengine", "-o", "json", exits=1, environ=environ)
    validate(ended.json, json.loads(SCHEMA.read_text()))
    assert [one["name"] for one in ended.json["checks"] if one["status"] == "problem"] == ["proxy"]
