"""What a person can look up: completion, schemas, explanations; and the project to start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.projects import Project

SCHEMAS = Path(__file__).parent.parent.parent / "schemas"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_calls_back_to_jobspec(project: Project, shell: str) -> None:
    out = project.run("completion", shell).out
    assert f"_JOBSPEC_COMPLETE={shell}_complete" in out


def test_completion_knows_the_commands(project: Project) -> None:
    asked = {"_JOBSPEC_COMPLETE": "bash_complete", "COMP_WORDS": "jobspec pl", "COMP_CWORD": "1"}
    assert project.run(environ=asked).out == "plain,plan\n"


def test_completion_knows_the_options_of_a_command(project: Project) -> None:
    asked = {"_JOBSPEC_COMPLETE": "bash_complete", "COMP_WORDS": "jobspec plan --det", "COMP_CWORD": "2"}
    assert project.run(environ=asked).out == "plain,--detailed-exitcode\n"


def test_the_schemas_of_manifests_and_of_machine_output_are_listed(project: Project) -> None:
    names = project.run("schema", "list").out.split()
    assert {"manifest", "task", "project", "plan", "apply", "status", "tasks", "diagnostics"} <= set(names)
    assert {path.name.partition(".")[0] for path in SCHEMAS.iterdir()} == set(names)


@pytest.mark.parametrize(("arguments", "name"), [([], "manifest"), (["plan"], "plan")])
def test_a_schema_is_printed_by_name_and_that_of_a_manifest_by_default(
    project: Project, arguments: list[str], name: str
) -> None:
    assert project.run("schema", *arguments).json["$id"] == f"urn:jobspec:{name}.v1"


def test_a_field_is_explained(project: Project) -> None:
    out = project.run("explain", "spec.roles.replicas").out
    assert out.startswith("spec.roles.replicas: integer\n")
    assert "example:" in out


@pytest.mark.parametrize("code", ["JS204", "js204"])
def test_a_code_is_explained(project: Project, code: str) -> None:
    assert project.run("explain", code).out.startswith("JS204: ")


@pytest.mark.parametrize(
    ("subject", "said"),
    [("spec.rolez", "did you mean `spec.roles`?"), ("JS999", "unknown code `JS999`")],
)
def test_what_cannot_be_explained_is_an_error(project: Project, subject: str, said: str) -> None:
    assert said in project.run("explain", subject, exits=1).err


@pytest.fixture
def fresh(project: Project) -> Project:
    """An empty folder in which `jobspec init` was run."""
    (project.root / "jobspec.yaml").unlink()
    project.tasks.rmdir()
    project.run("init")
    return project


def test_a_fresh_project_is_valid(fresh: Project) -> None:
    assert "no problems" in fresh.run("validate").err


def test_a_fresh_project_applies_and_its_task_succeeds(fresh: Project) -> None:
    assert "✓ hello succeeded" in fresh.apply("--wait").out


def test_init_writes_the_schema_that_its_manifests_name(fresh: Project) -> None:
    assert json.loads((fresh.root / "jobspec.schema.json").read_text()) == fresh.run("schema").json
    assert "$schema=../jobspec.schema.json" in (fresh.tasks / "hello.yaml").read_text()


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_next_command_after_init_can_be_pasted(fresh: Project) -> None:
    assert "next: cd 'a b/c' && jobspec apply --wait" in fresh.run("init", "a b/c").err


@pytest.mark.parametrize("kept", ["jobspec.yaml", "tasks/hello.yaml", "jobspec.schema.json"])
def test_init_overwrites_nothing_and_then_writes_nothing(fresh: Project, kept: str) -> None:
    for path in content(fresh.root):
        if path != fresh.root / kept:
            path.unlink()
    fresh.write(kept, "mine")
    assert "already exists; nothing was written" in fresh.run("init", exits=1).err
    assert content(fresh.root) == {fresh.root / kept: b"mine"}


def test_init_in_another_folder_says_how_to_go_on(project: Project) -> None:
    assert "next: cd other && jobspec apply --wait" in project.run("init", "other").err
    project.run("validate", "other")
