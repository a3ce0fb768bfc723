"""Values from outside: options, files, the environment and Git, from the command line to the platform."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.projects import Project

VALUES = """\
  vars: {lr: 0.10, debug: true, note: a, queue: null}
  allowEnv: [RUN_NAME, "DATA_*"]
  environments: {prod: {vars: {lr: 0.30}}}
"""
ALL = 'env: {LR: "${{ vars.lr }}", DEBUG: "${{ toJSON(vars.debug) }}", NOTE: "${{ vars.note }}"}'


@pytest.fixture
def valued(project: Project) -> Project:
    """A project with variables, and a task that shows them."""
    project.edit("jobspec.yaml", "spec:\n  manifests", f"spec:\n{VALUES}  manifests")
    project.declare("a", spec=ALL)
    return project


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def settings(project: Project, *options: str, environ: dict[str, str] | None = None) -> dict[str, Any]:
    view = project.run("plan", "-o", "json", *options, environ=environ).json
    found = view["changes"][0]["newRun"]["settings"]
    return {one["field"].rpartition(".")[2]: one["value"] for one in found if ".env." in one["field"]}


def test_the_command_line_wins_over_files_the_environment_and_the_project(valued: Project) -> None:
    valued.write("values.yaml", "lr: 3.0\n")
    around = {"JOBSPEC_VAR_lr": "2.0"}
    file = ("--var-file", "values.yaml")
    assert settings(valued)["LR"] == "0.10"
    assert settings(valued, "-e", "prod")["LR"] == "0.30"
    assert settings(valued, "-e", "prod", environ=around)["LR"] == "2.0"
    assert settings(valued, "-e", "prod", *file, environ=around)["LR"] == "3.0"
    assert settings(valued, "-e", "prod", "--var", "lr=4.0", *file, environ=around)["LR"] == "4.0"


def test_a_text_has_the_type_of_the_declared_value_and_passes_byte_for_byte(valued: Project) -> None:
    note = 'a"; $(x)\n${HOME} $$'
    found = settings(valued, "--var", "debug=false", "--var", f"note={note}")
    assert (found["DEBUG"], found["NOTE"]) == ("false", note)
    valued.declare("a", 'printf %s "$NOTE"', spec=ALL)
    valued.apply("--wait", "--var", f"note={note}")
    assert valued.log(valued.runs("a")[0]["Id"]) == note


@pytest.mark.parametrize(
    "command", ["validate", "plan", "apply --yes", "drift", "status", "history a", "cancel a --yes"]
)
def test_every_command_about_a_project_refuses_an_unknown_name(valued: Project, command: str) -> None:
    ended = valued.run(*command.split(), "--var", "lrr=1", exits=1)
    assert "error[JS369]: --var sets `lrr`, which the project does not declare" in ended.printed
    assert "help: did you mean `lr`?" in ended.printed
    ended = valued.run(*command.split(), environ={"JOBSPEC_VAR_lrr": "1"}, exits=1)
    assert "error[JS369]: JOBSPEC_VAR_lrr sets `lrr`" in ended.printed


def test_a_value_without_a_name_or_a_file_that_is_none_is_an_error(valued: Project) -> None:
    assert "`--var` needs a name and a value" in valued.run("plan", "--var", "lr", exits=1).err
    assert "cannot read `nope.yaml`" in valued.run("plan", "--var-file", "nope.yaml", exits=1).err
    valued.write("broken.yaml", "note: hf_abcdefghijklmnopqrst\nlr: [\n")
    ended = valued.run("plan", "--var-file", "broken.yaml", exits=1)
    assert " --> broken.yaml:" in ended.err
    assert "hf_abc" not in ended.printed


def test_a_plan_records_what_it_used_and_so_does_its_digest(valued: Project) -> None:
    view = valued.run("plan", "-o", "json", "--var", "lr=0.5", "--var", "queue=q").json
    assert view["values"] == [{"name": "vars.lr", "value": "0.5", "source": "--var"}]
    around = valued.run("plan", "-o", "json", environ={"JOBSPEC_VAR_lr": "0.5"}).json
    assert around["digest"] == view["digest"]
    assert "values" not in valued.run("plan", "-o", "json").json
    assert "\nvalues: vars.lr=0.5 (--var)\n" in valued.run("plan", "--var", "lr=0.5").out
    for form in ("markdown", "html"):
        assert "values: vars.lr=0.5 (--var)" in valued.run("plan", "-o", form, "--var", "lr=0.5").out


def test_a_saved_plan_is_applied_with_its_own_values(valued: Project) -> None:
    valued.run("plan", "-o", "plan.json", "--var", "lr=0.50", "--var", "note=x y")
    valued.apply("plan.json", environ={"JOBSPEC_VAR_lr": "9.0"})
    [run] = valued.runs("a")
    assert {one["Name"]: one["Value"] for one in run["Envs"]} == {
        "LR": "0.50",
        "DEBUG": "true",
        "NOTE": "x y",
    }


def test_a_saved_plan_keeps_the_type_of_a_value_of_a_file(valued: Project) -> None:
    valued.edit("jobspec.yaml", "queue: null", "queue: null, n: null, opt: null, text: null")
    own = 'env: {O: "${{ vars.opt.lr }}", N: "${{ toJSON(vars.n) }}", T: "${{ toJSON(vars.text) }}"}'
    valued.declare("a", spec=own)
    valued.write("values.yaml", "n: 2\nopt: {lr: 0.10}\ntext: '2'\n")
    saved = ("--var-file", "values.yaml", "-o", "plan.json")
    valued.run("plan", *saved)
    typed = {
        one["name"]: one.get("typed") for one in valued.run("plan", *saved[:2], "-o", "json").json["values"]
    }
    assert typed == {"vars.n": True, "vars.opt": True, "vars.text": None}
    (valued.root / "values.yaml").unlink()
    valued.apply("plan.json")
    [run] = valued.runs("a")
    assert {one["Name"]: one["Value"] for one in run["Envs"]} == {"O": "0.10", "N": "2", "T": '"2"'}


def test_other_values_than_those_of_a_saved_plan_are_refused(valued: Project) -> None:
    valued.run("plan", "-o", "plan.json", "--var", "lr=0.50")
    for option in ("lr=0.5", "note=b"):
        ended = valued.apply("plan.json", "--var", option, exits=1)
        name = option.partition("=")[0]
        assert f"--var sets another value of `{name}` than `plan.json` was made with" in ended.err
    assert valued.runs() == []
    valued.apply("plan.json", "--var", "lr=0.50")
    assert len(valued.runs()) == 1


def test_a_commit_changes_a_spec_that_contains_it_unless_the_field_is_ignored(valued: Project) -> None:
    git(valued.root, "init", "-q")
    git(valued.root, "commit", "-q", "--allow-empty", "-m", "a")
    valued.declare("a", spec='env: {SHA: "${{ git.sha }}"}', lifecycle="ignoreChanges: [spec.env.SHA]")
    valued.declare("b", spec='env: {SHA: "${{ git.sha }}"}')
    valued.apply("--wait")
    git(valued.root, "commit", "-q", "--allow-empty", "-m", "b")
    changes = valued.run("plan", "-o", "json").json["changes"]
    assert {one["task"]: one["reason"] for one in changes} == {"a": "done", "b": "spec-changed"}


def test_a_saved_plan_is_stale_when_the_commit_is_another_one(valued: Project) -> None:
    valued.declare("a", spec='env: {SHA: "${{ git.sha }}"}')
    git(valued.root, "init", "-q")
    git(valued.root, "add", "-A")
    git(valued.root, "commit", "-qm", "one")
    valued.run("plan", "-o", "plan.json")
    git(valued.root, "commit", "-q", "--allow-empty", "-m", "two")
    assert "`plan.json` is stale: `git.sha` was `" in valued.apply("plan.json", exits=3).err


def test_a_plan_with_since_has_the_values_on_both_sides(valued: Project) -> None:
    valued.declare("a", spec='env: {LR: "${{ vars.lr }}", SHA: "${{ git.sha }}"}')
    git(valued.root, "init", "-q", "-b", "main")
    git(valued.root, "add", "-A")
    git(valued.root, "commit", "-qm", "one")
    valued.edit("jobspec.yaml", "queue: null", "queue: null, later: 1")
    view = valued.run("plan", "--since", "main", "-o", "json", "--var", "lr=0.5", "--var", "later=2").json
    assert view["since"]["unread"] == []
    assert [change["cause"] for change in view["changes"]] == ["before"]


def test_an_environment_variable_needs_three_permissions(valued: Project) -> None:
    valued.declare("a", spec='env: {R: "${{ env.RUN_NAME }}", D: "${{ env.DATA_DIR || \'/data\' }}"}')
    assert settings(valued, environ={"RUN_NAME": "one"}) == {"R": "one", "D": "/data"}
    assert "error[JS366]: the environment variable `RUN_NAME` is not set" in valued.run("plan", exits=1).err
    folder = valued.home / ".config" / "jobspec"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("allowedEnv: [DATA_*]\n")
    ended = valued.run("plan", exits=1, environ={"RUN_NAME": "one"})
    assert "error[JS367]: `allowedEnv` in " in ended.err
    (folder / "config.yaml").write_text("allowedEnv: [DATA_*, RUN_NAME]\n")
    assert settings(valued, environ={"RUN_NAME": "two", "DATA_DIR": "/d"}) == {"R": "two", "D": "/d"}


def test_a_longer_allow_env_is_a_loosened_guard(valued: Project) -> None:
    git(valued.root, "init", "-q", "-b", "main")
    git(valued.root, "add", "-A")
    git(valued.root, "commit", "-qm", "one")
    valued.edit("jobspec.yaml", '"DATA_*"]', '"DATA_*", SHELL]')
    assert "loosened[JS423]: allowEnv: " in valued.run("plan", "--since", "main").out


@pytest.mark.parametrize(
    "name", ["VOLC_SECRETKEY", "GITHUB_TOKEN", "CI_JOB_TOKEN", "JOBSPEC_ENDPOINT", "SSH_AUTH_SOCK"]
)
def test_a_key_of_the_machine_is_never_read_whatever_allows_it(valued: Project, name: str) -> None:
    valued.edit("jobspec.yaml", '[RUN_NAME, "DATA_*"]', f'["*", {name}]')
    folder = valued.home / ".config" / "jobspec"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(f"allowedEnv: [{name}]\nallowedSecrets: [{name}]\n")
    valued.declare("a", spec=f"env: {{R: \"${{{{ env.{name} || 'x' }}}}\"}}")
    ended = valued.run("validate", exits=1, environ={name: "canary-1234567890"})
    assert f"error[JS367]: expressions cannot read `{name}`" in ended.out
    assert "canary" not in ended.printed


def test_a_credential_is_refused_and_not_shown(valued: Project) -> None:
    valued.declare("a", spec='env: {R: "${{ env.RUN_NAME }}", Q: "${{ vars.queue || \'q\' }}"}')
    for form in ("text", "json", "markdown", "html"):
        around = {"RUN_NAME": "hf_abcdefghijklmnopqrst", "JOBSPEC_VAR_queue": "ghp_abcdefghijklmnopqrstuv"}
        ended = valued.run("plan", "-o", form, exits=1, environ=around)
        assert ended.err.count("error[JS368]") == 2
        assert "hf_abc" not in ended.printed
        assert "ghp_abc" not in ended.printed


def test_facts_of_git_are_those_of_the_repository_of_the_project(valued: Project) -> None:
    valued.declare(
        "a",
        spec='env: {S: "${{ git.sha }}", B: "${{ git.branch || \'none\' }}", D: "${{ toJSON(git.dirty) }}"}',
    )
    ended = valued.run("validate", exits=1)
    assert "is not in a Git repository" in ended.out
    git(valued.root, "init", "-q", "-b", "main")
    assert "the Git repository has no commit yet" in valued.run("validate", exits=1).out
    git(valued.root, "add", "-A")
    git(valued.root, "commit", "-qm", "one")
    sha = git(valued.root, "rev-parse", "HEAD")
    assert settings(valued) == {"S": sha, "B": "main", "D": "false"}
    valued.write("untracked.txt", "x")
    assert settings(valued)["D"] == "false"
    valued.edit("jobspec.yaml", "note: a", "note: b")
    git(valued.root, "checkout", "-q", "--detach")
    assert settings(valued) == {"S": sha, "B": "none", "D": "true"}
    valued.declare("a", spec='env: {B: "${{ git.branch }}"}')
    assert "no branch is checked out: HEAD is detached, as in CI" in valued.run("validate", exits=1).out


def test_git_is_not_started_unless_an_expression_needs_it(valued: Project) -> None:
    git(valued.root, "init", "-q")
    trap = valued.write("bin/git", "#!/bin/sh\necho ran >> ../ran\nexit 1\n")
    trap.chmod(0o755)
    around = {"PATH": f"{trap.parent}:/usr/bin:/bin"}
    valued.run("plan", environ=around)
    assert not (valued.root.parent / "ran").exists()
    valued.declare("a", spec="env: {S: \"${{ git.sha || 'x' }}\"}")
    ended = valued.run("plan", environ=around, exits=1)
    assert "error[JS366]: Git cannot read this checkout" in ended.err


def test_other_environments_need_no_values_from_outside(valued: Project) -> None:
    platform = "platform: {kind: volcengine, region: '${{ env.DATA_REGION }}'}, vars: {sha: '${{ git.sha }}'}"
    valued.edit("jobspec.yaml", "prod: {vars: {lr: 0.30}}", f"prod: {{{platform}}}")
    assert settings(valued)["LR"] == "0.10"
    ended = valued.run("validate", "-e", "prod", exits=1)
    assert ended.out.count("error[JS366]") == 2


def test_a_plan_without_values_from_outside_is_as_it_was(valued: Project) -> None:
    before = valued.run("plan", "-o", "json").out
    after = valued.run("plan", "-o", "json", environ={"RUN_NAME": "x", "JOBSPEC_VAR_queue": "q"}).out
    assert json.loads(before)["digest"] == json.loads(after)["digest"]
    assert before == after


def test_without_a_project_file_there_are_facts_of_git_and_no_variables(valued: Project) -> None:
    git(valued.root, "init", "-q", "-b", "main")
    (valued.root / "jobspec.yaml").unlink()
    spec = "image: i\nroles: [{name: w, replicas: 1, flavor: f}]\nenv: {B: '${{ git.branch }}'}"
    valued.declare("a", spec=spec)
    view = valued.run("plan", "tasks", "--scope", "s", "-o", "json", environ={"JOBSPEC_VAR_x": "1"}).json
    assert [one["name"] for one in view["values"]] == ["git.branch"]
    ended = valued.run("plan", "tasks", "--scope", "s", "--var", "x=1", exits=1)
    assert "--var sets `x`, which the project does not declare" in ended.err
