"""`jobspec ci` as a command: its files, its comment, and the exit code, which no report changes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.ci.code_host import TOKEN, CodeHost
from tests.ci.runner import commands_in, parsed_outputs
from tests.projects import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.ci.conftest import Checkout
    from tests.processes import Ended
    from tests.projects import Project

ENVIRONMENTS = f"{PROJECT}  environments: {{prod: {{}}, dev: {{}}}}\n"


class GitHubJob:
    """A job about the pull request 7, on a local platform."""

    def __init__(self, project: Project, host: CodeHost, work: Path) -> None:
        self.project = project
        self.work = work
        self.runs = 0
        repo = {"full_name": "acme/train"}
        pull = {"number": 7, "head": {"repo": repo}, "base": {"repo": repo}}
        (work / "event.json").write_text(json.dumps({"pull_request": pull}))
        self.environ = {
            "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_REPOSITORY": "acme/train",
            "GITHUB_EVENT_PATH": str(work / "event.json"), "GITHUB_API_URL": host.address,
            "RUNNER_TEMP": str(work), "GITHUB_OUTPUT": str(work / "out"),
            "GITHUB_STEP_SUMMARY": str(work / "summary"), "JOBSPEC_COMMENT_TOKEN": TOKEN,
        }  # fmt: skip

    def run(self, *arguments: str, exits: int = 0, more: Mapping[str, str] | None = None) -> Ended:
        self.runs += 1
        environ = {**self.environ, "GITHUB_RUN_ID": str(self.runs), **(more or {})}
        return self.project.run("ci", *arguments, exits=exits, environ=environ)


@pytest.fixture
def job(checkout: Checkout, host: CodeHost, tmp_path: Path) -> GitHubJob:
    checkout.project.declare("one", "exit 0")
    checkout.commit("one")
    (tmp_path / "work").mkdir()
    return GitHubJob(checkout.project, host, tmp_path / "work")


def report(project: Project, name: str) -> Path:
    return project.root / "jobspec-ci" / name


def test_a_plan_that_an_argument_names_is_applied_and_kept(project: Project) -> None:
    project.declare("one", "exit 0")
    project.run("ci", "plan")
    applied = project.run("ci", "apply", "--yes", "jobspec-ci/plan.json")
    assert "✓ submitted one" in applied.out
    assert report(project, "plan.json").exists()
    assert "submitted" in report(project, "report.md").read_text()


@pytest.mark.parametrize(
    "named", ["--only-new=jobspec-ci/drift.json", "--only-new ../project/jobspec-ci/drift.json"]
)
def test_the_last_report_of_a_drift_check_is_compared_and_replaced(project: Project, named: str) -> None:
    named = named.replace("../project", f"../{project.root.name}")
    project.declare("one", "exit 0")
    project.run("ci", "drift", *named.split(), exits=2)
    project.run("ci", "drift", *named.split())
    assert json.loads(report(project, "drift.json").read_text())["pending"] == []
    assert "JOBSPEC_CHANGES=0" in report(project, "outputs.env").read_text()


def test_a_check_that_fails_does_not_report_the_numbers_of_the_last_one(project: Project) -> None:
    project.declare("one", "exit 0")
    project.run("ci", "drift", exits=2)
    project.write("tasks/broken.yaml", "apiVersion: jobspec/v1\nkind: Task\nmetadata: {}\n")
    project.run("ci", "drift", "--only-new", "jobspec-ci/drift.json", exits=1)
    assert report(project, "outputs.env").read_text() == "JOBSPEC_EXIT_CODE=1\n"


def test_a_validation_keeps_the_plan_and_removes_the_earlier_report(project: Project) -> None:
    project.declare("one", "exit 0")
    project.run("ci", "plan")
    project.run("ci", "validate")
    assert report(project, "plan.json").exists()
    assert report(project, "report.md").read_text() == ""
    assert report(project, "outputs.env").read_text() == "JOBSPEC_EXIT_CODE=0\n"


@pytest.mark.parametrize(("arguments", "code"), [(("--bogus",), 1), (("--help",), 0)])
def test_a_validation_that_checks_nothing_writes_no_report_of_it(
    project: Project, arguments: tuple[str, ...], code: int
) -> None:
    project.run("ci", "validate", *arguments, exits=code)
    assert {one.name for one in (project.root / "jobspec-ci").iterdir()} == {"report.md", "outputs.env"}


def test_what_cannot_be_written_costs_a_warning_and_not_the_exit_code(job: GitHubJob, host: CodeHost) -> None:
    (job.work / "jobspec" / "report.md" / "folder").mkdir(parents=True)
    (job.work / "jobspec" / "outputs.env" / "folder").mkdir(parents=True)
    missing = str(job.work / "nowhere" / "summary")
    done = job.run("plan", more={"GITHUB_STEP_SUMMARY": missing, "GITHUB_OUTPUT": "/dev/full"})
    for place in (missing, "/dev/full", "report.md", "outputs.env"):
        assert any(place in line for line in done.err.splitlines() if "was not written" in line), place
    assert "No such file" in done.err
    assert len(host.bodies()) == 1


def test_the_exit_code_of_an_apply_is_kept_though_nothing_can_be_reported(job: GitHubJob) -> None:
    full = {"GITHUB_STEP_SUMMARY": "/dev/full", "GITHUB_OUTPUT": "/dev/full", "GITHUB_EVENT_NAME": "push"}
    job.run("apply", more=full)
    job.run("apply", "--digest", "0" * 32, more=full, exits=3)


def test_help_is_no_failure_and_no_comment(job: GitHubJob, host: CodeHost) -> None:
    assert "Usage:" in job.run("plan", "--help").out
    assert (job.work / "jobspec" / "report.md").read_text() == ""
    assert host.requests == []


def test_each_project_of_a_repository_has_its_own_comment(job: GitHubJob, host: CodeHost) -> None:
    whole = job.project
    for name in ("vision", "speech", "vision"):
        job.project = replace(whole, root=whole.root / name)
        job.project.write("jobspec.yaml", PROJECT.replace("demo", name))
        job.project.declare(name, "exit 0")
        job.run("plan")
    assert len(host.bodies()) == 2


def test_each_environment_has_its_own_comment(job: GitHubJob, host: CodeHost) -> None:
    job.project.write("jobspec.yaml", ENVIRONMENTS)
    job.run("plan", "-e", "prod")
    job.run("plan", more={"JOBSPEC_ENVIRONMENT": "dev"})
    assert len(host.bodies()) == 2
    job.run("plan", "--environment=dev")
    job.run("plan", more={"JOBSPEC_ENVIRONMENT": "prod"})
    assert len(host.bodies()) == 2


def test_a_failure_and_a_plan_of_one_job_share_its_comment(job: GitHubJob, host: CodeHost) -> None:
    job.run("plan")
    broken = job.project.write("tasks/broken.yaml", "apiVersion: jobspec/v1\nkind: Task\nmetadata: {}\n")
    job.run("plan", exits=1)
    [comment] = host.bodies()
    assert "failed" in comment
    broken.unlink()
    job.run("plan")
    [comment] = host.bodies()
    assert "`one`" in comment


@pytest.mark.parametrize("token", ["geheim\ntoken", "geheimé", "geheim token"])
def test_a_token_that_no_header_can_hold_is_a_warning(job: GitHubJob, host: CodeHost, token: str) -> None:
    done = job.run("plan", more={"JOBSPEC_COMMENT_TOKEN": token})
    assert "the token contains" in done.err
    assert "geheim" not in done.printed
    assert host.requests == []


def test_a_newer_run_is_named_in_a_warning(job: GitHubJob, host: CodeHost) -> None:
    job.run("plan", more={"GITHUB_RUN_ID": "900"})
    [before] = host.bodies()
    done = job.run("plan")
    assert "a newer run has already updated the comment" in "".join(commands_in(done.out))
    assert host.bodies() == [before]


def test_a_person_comments_with_a_token_of_their_own(job: GitHubJob, host: CodeHost) -> None:
    host.person = "ann"
    job.run("plan")
    job.run("plan")
    assert len(host.bodies("ann")) == 1


def test_a_comment_with_its_marker_is_within_the_limit(job: GitHubJob, host: CodeHost) -> None:
    for number in range(150):
        job.project.declare(f"task-{number}", "训练" * 200)
    job.run("plan", *(f"tasks/task-{number}.yaml" for number in range(150)))
    [comment] = host.bodies()
    assert 50_000 < len(comment.encode("utf-16-le")) // 2 <= 65_000


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_no_name_of_a_file_is_a_command_of_the_runner(job: GitHubJob, command: str) -> None:
    """GitHub reads both streams, so what belongs on stderr is printed where commands are stopped."""
    job.project.write("tasks/##[error]skipped.yaml", "kind: Other\n")
    job.project.write("tasks/##[error]wrong.yaml", "apiVersion: jobspec/v1\nkind: Task\nmetadata: {}\n")
    done = job.run(command, exits=1)
    assert "##[error]wrong.yaml" in done.out
    assert commands_in(done.err) == []
    found = commands_in(done.out)
    assert all(one.startswith(("::error file=", "::warning title=jobspec::")) for one in found), found
    assert bool(found) == (command == "validate")


_INTERRUPTED = """
import os, signal, sys
from jobspec.cli.ci import command
from jobspec.cli.main import run

def interrupt(*_, **__):
    os.kill(os.getpid(), signal.SIGTERM)

setattr(*eval(sys.argv[1]), interrupt)
sys.exit(run(["ci", "plan"]))
"""


@pytest.mark.parametrize("point", ["command, '_run'", "command.CiCommand, 'report'"])
def test_a_signal_before_or_after_the_command_leaves_no_earlier_report(project: Project, point: str) -> None:
    project.declare("one", "exit 0")
    project.run("ci", "plan")
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED, point], cwd=project.root, env=project.environ(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 130, signal.Signals(-done.returncode) if done.returncode < 0 else done.stderr
    assert not report(project, "report.md").exists()
    assert not report(project, "outputs.env").exists()


def test_a_folder_with_a_space_is_an_output_as_it_is(job: GitHubJob) -> None:
    folder = job.work / "with a space"
    job.run("--folder", str(folder), "plan")
    outputs: dict[str, Any] = parsed_outputs((job.work / "out").read_text())
    assert outputs["plan-file"] == str(folder / "plan.json")
    assert f"JOBSPEC_PLAN_FILE={folder}/plan.json\n" in (folder / "outputs.env").read_text()


def test_outside_of_a_ci_system_an_apply_asks_as_ever(project: Project) -> None:
    project.declare("one", "exit 0")
    assert "JS408" in project.run("ci", "apply", exits=1).err
    assert project.runs() == []
