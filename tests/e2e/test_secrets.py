"""A secret reaches the process that needs it, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local.places import journals
from tests.processes import line_with

if TYPE_CHECKING:
    from pathlib import Path

    from tests.projects import Project

VALUE = "s3cr3t-Value-71d4"
GIVEN = {"HF_TOKEN": VALUE}
READS_IT = 'printf %s "$HF_TOKEN" > seen.txt'


@pytest.fixture(autouse=True)
def manifest(project: Project) -> Path:
    return project.declare("train", READS_IT, spec="env:\n  HF_TOKEN: {secret: {env: HF_TOKEN}}")


@pytest.mark.parametrize("environ", [{}, {"HF_TOKEN": ""}], ids=["unset", "empty"])
def test_a_missing_secret_is_an_error_at_its_place_before_any_write(
    project: Project, environ: dict[str, str]
) -> None:
    project.declare("another")
    ended = project.apply(exits=1, environ=environ)
    assert "error[JS320]: the secret environment variable `HF_TOKEN`" in ended.err
    assert "help: set it, then run apply again: export HF_TOKEN=…" in ended.err
    assert project.runs() == []


def test_a_missing_secret_is_shown_where_the_manifest_asks_for_it(project: Project) -> None:
    assert "--> tasks/train.yaml:8:" in project.apply(exits=1).err


def test_a_secret_that_many_tasks_lack_is_one_problem(project: Project) -> None:
    project.edit("jobspec.yaml", "    spec:\n", "    spec:\n      env: {KEY: {secret: {env: SHARED}}}\n")
    for number in range(5):
        project.declare(f"task-{number}")
    err = project.apply(exits=1, environ=GIVEN).err
    assert err.count("error[JS320]") == 1
    assert "`SHARED` is not set; 6 tasks need it" in err


def test_the_process_sees_the_secret(project: Project) -> None:
    project.apply("--wait", environ=GIVEN)
    assert (project.root / "seen.txt").read_text() == VALUE


def test_no_command_says_the_secret(project: Project) -> None:
    commands = (
        ["plan"],
        ["plan", "-o", "json"],
        ["apply", "--yes", "--wait", "-o", "json"],
        ["status", "-o", "json"],
        ["logs", "train"],
    )
    for command in commands:
        assert VALUE not in project.run(*command, environ=GIVEN).printed


def test_no_command_says_the_secret_of_a_change(project: Project) -> None:
    project.apply("--wait", environ=GIVEN)
    project.edit("tasks/train.yaml", "{secret: {env: HF_TOKEN}}", "{secret: {env: OTHER_TOKEN}}")
    environ = {**GIVEN, "OTHER_TOKEN": f"{VALUE}-other"}
    assert VALUE not in project.run("plan", environ=environ).printed
    assert VALUE not in project.apply(environ=environ).printed


def test_neither_records_nor_files_but_the_store_hold_the_secret(project: Project) -> None:
    project.apply("--wait", environ=GIVEN)
    assert VALUE not in str(project.runs())
    files = [path for path in project.state.rglob("*") if path.is_file()]
    holding = {path.name for path in files if VALUE.encode() in path.read_bytes()}
    assert holding <= {"local.db", "local.db-wal"}
    assert (project.state / "local.db").stat().st_mode & 0o077 == 0


def test_the_journal_of_a_killed_apply_does_not_hold_the_secret(project: Project) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  platform: {kind: local, listLag: 50s}\n  defaults:")
    with project.running("apply", "--yes", environ=GIVEN) as apply:
        line_with("submitted", apply.stderr)
        apply.kill()
        apply.wait()
    [path] = journals()
    journal = path.read_text()
    assert "demo/train" in journal
    assert VALUE not in journal


def test_a_new_value_of_a_secret_starts_no_new_run(project: Project) -> None:
    project.apply("--wait", environ=GIVEN)
    project.apply(environ={"HF_TOKEN": "another value"})
    assert len(project.runs("train")) == 1
