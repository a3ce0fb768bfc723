"""The action at the root: its very steps, run with bash against a served platform and a code host."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.allowed import allow_endpoint
from tests.ci.code_host import BOT, TOKEN, CodeHost
from tests.ci.runner import ROOT, Action, bare_environ, commands_in, read
from tests.processes import serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.ci.conftest import Checkout

pytestmark = pytest.mark.delivery

KEYS = {"VOLC_ACCESSKEY": "AKLT-of-the-action", "VOLC_SECRETKEY": "secret-of-the-action"}


class Workflow:
    """A job on a served platform: the project, its event, and the action."""

    def __init__(self, checkout: Checkout, host: CodeHost, work: Path, environ: dict[str, str]) -> None:
        self.checkout = checkout
        self.host = host
        self.work = work
        self.environ = environ
        self.run_id = 100
        self.action = Action(work, environ, TOKEN)

    def pull_request(self, *, fork: bool = False, base: str = "") -> None:
        """Say that the job is about the pull request 7."""
        head = {"repo": {"full_name": "stranger/train" if fork else "acme/train"}}
        base_ = {"repo": {"full_name": "acme/train"}, "sha": base or self.checkout.git("rev-parse", "main")}
        self._event("pull_request", {"pull_request": {"number": 7, "head": head, "base": base_}})

    def push(self) -> None:
        self._event("push", {})

    def _event(self, name: str, event: Mapping[str, Any]) -> None:
        path = self.work / "event.json"
        path.write_text(json.dumps(event))
        self.environ.update(GITHUB_EVENT_NAME=name, GITHUB_EVENT_PATH=str(path))

    def run(self, command: str, **inputs: str) -> Any:
        self.run_id += 1
        self.environ["GITHUB_RUN_ID"] = str(self.run_id)
        named = {name.replace("_", "-"): value for name, value in inputs.items()}
        return self.action.run({"command": command, **named}, self.checkout.project.root)


@pytest.fixture
def workflow(checkout: Checkout, host: CodeHost, tmp_path: Path) -> Iterator[Workflow]:
    project = checkout.project
    served = tmp_path / "served"
    served.mkdir()
    (tmp_path / "work").mkdir()
    with serving(served, kept=project.kept, environ=project.environ(KEYS)) as server:
        platform = f"  platform: {{kind: local, endpoint: {server.url}}}\n"
        project.edit("jobspec.yaml", "  defaults:", f"{platform}  defaults:")
        allow_endpoint(project.home, server.url)
        project.declare("one", "exit 0")
        checkout.commit("one")
        environ = {
            **bare_environ(project.home),
            **project.environ(KEYS),
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": "acme/train",
            "GITHUB_API_URL": host.address,
            "GITHUB_SHA": "0" * 40,
        }
        yield Workflow(checkout, host, tmp_path / "work", environ)


def test_a_pull_request_gets_one_comment_that_is_updated(workflow: Workflow) -> None:
    workflow.checkout.git("switch", "--quiet", "--create", "change")
    workflow.checkout.project.declare("two", "exit 0")
    workflow.checkout.commit("two")
    workflow.pull_request()
    first = workflow.run("plan")
    assert first.last.code == 0, first.last.err
    [comment] = workflow.host.bodies()
    assert "`two`" in comment
    assert "](https://github.com/acme/train/actions/runs/101)" in comment
    assert first.outputs["changes"] == "2"
    assert first.outputs["exit-code"] == "0"
    assert first.outputs["plan-file"].endswith("plan.json")
    assert first.summary.strip()
    workflow.checkout.project.declare("three", "exit 0")
    workflow.checkout.commit("three")
    workflow.run("plan")
    [comment] = workflow.host.bodies()
    assert "`three`" in comment


def test_the_digest_goes_from_the_plan_to_the_apply(workflow: Workflow) -> None:
    workflow.push()
    digest = workflow.run("plan").outputs["digest"]
    applied = workflow.run("apply", digest=digest)
    assert applied.last.code == 0, applied.last.err
    assert applied.outputs["changes"] == "1"
    assert "submitted" in applied.summary
    again = workflow.run("apply", digest=digest)
    assert again.outputs["exit-code"] == "3", "another plan than the reviewed one"
    assert "failed" in again.summary


def test_an_empty_digest_is_no_permission(workflow: Workflow) -> None:
    workflow.push()
    result = workflow.run("apply", digest="")
    assert result.last.code == 1
    assert "`--digest` is empty" in result.last.out
    assert workflow.run("plan").outputs["changes"] == "1"


def test_stdout_and_exit_code_are_those_of_the_command(workflow: Workflow) -> None:
    workflow.push()
    plain = workflow.checkout.project.run("plan", environ=workflow.environ)
    step = workflow.run("plan", comment="false").last
    assert plain.out in step.out
    assert "Saved the plan" in step.out, "the runner reads both streams: messages are stopped commands, too"
    detailed = workflow.run("plan", arguments="--detailed-exitcode")
    assert (detailed.last.code, detailed.outputs["exit-code"]) == (2, "2")


def test_the_keys_and_the_token_are_printed_nowhere(workflow: Workflow) -> None:
    workflow.pull_request()
    for command in ("validate", "plan", "apply"):
        result = workflow.run(command)
        told = "".join(step.out + step.err for step in result.steps.values())
        told += result.summary + repr(result.outputs) + "".join(workflow.host.bodies())
        for secret in (TOKEN, KEYS["VOLC_SECRETKEY"], KEYS["VOLC_ACCESSKEY"]):
            assert secret not in told


def test_a_change_from_a_fork_is_planned_without_a_comment_and_never_applied(workflow: Workflow) -> None:
    workflow.pull_request(fork=True)
    workflow.host.refuses = 403
    plan = workflow.run("plan")
    assert plan.last.code == 0
    assert plan.summary.strip(), "the summary is what is left"
    assert any("no comment was written" in one for one in plan.last.commands)
    apply = workflow.run("apply")
    assert apply.last.code == 1
    assert "JS427" in apply.last.err
    assert workflow.host.bodies() == []


def test_a_fork_gets_nothing_where_the_job_has_keys(workflow: Workflow) -> None:
    workflow.pull_request(fork=True)
    workflow.environ["GITHUB_EVENT_NAME"] = "pull_request_target"
    for command in ("validate", "plan", "apply", "drift"):
        result = workflow.run(command)
        assert result.last.code == 1
        assert "JS427" in result.last.err
        assert not result.summary
    assert workflow.host.requests == []


def test_a_broken_manifest_becomes_annotations_and_the_comment_shows_the_failure(workflow: Workflow) -> None:
    workflow.pull_request()
    workflow.run("plan")
    workflow.checkout.project.write("tasks/broken.yaml", "apiVersion: jobspec/v1\nkind: Task\nmetadata: {}\n")
    result = workflow.run("plan")
    assert result.last.code == 1
    assert any(one.startswith("::error file=tasks/broken.yaml") for one in result.steps["Annotate"].commands)
    [comment] = workflow.host.bodies()
    assert "failed" in comment
    assert "exit code 1" in comment


def test_text_of_a_manifest_is_no_command_of_the_runner(workflow: Workflow) -> None:
    hostile = "echo x\n::error::injected\n ::set-output name=changes::0\n##[error]injected"
    workflow.checkout.project.declare("hostile", hostile)
    workflow.push()
    step = workflow.run("plan").last
    assert step.code == 0
    assert step.commands == []
    assert "injected" in step.out


def test_the_check_of_this_test_sees_commands() -> None:
    assert commands_in("a\n  ::error::x\nb ##[error]y\n") == ["::error::x", "b ##[error]y"]


@pytest.mark.parametrize(
    "hostile", ["x; touch pwned", "$(touch pwned)", "`touch pwned`", "x\ntouch pwned", "'\"; touch pwned #"]
)
def test_no_input_is_a_command_of_the_shell(workflow: Workflow, hostile: str) -> None:
    workflow.push()
    workflow.run("plan", environment=hostile, arguments=hostile, digest=hostile)
    assert not list(workflow.checkout.project.root.rglob("pwned"))


def test_a_plan_without_changes_updates_a_comment_and_makes_none(workflow: Workflow) -> None:
    workflow.push()
    workflow.run("apply")
    workflow.checkout.project.run("wait", "one", environ=workflow.environ)
    workflow.pull_request()
    workflow.run("plan")
    assert workflow.host.bodies() == []


def test_a_comment_of_a_person_with_our_marker_is_left_alone(workflow: Workflow) -> None:
    workflow.pull_request()
    workflow.run("plan")
    [ours] = workflow.host.bodies()
    workflow.host.comments.clear()
    workflow.host.add(ours, author="mallory")
    workflow.run("plan")
    assert workflow.host.bodies("mallory") == [ours]
    assert len(workflow.host.bodies(BOT)) == 1


def test_the_first_signal_reaches_jobspec_through_the_step(workflow: Workflow) -> None:
    """The step's script is replaced by jobspec: the runner signals only the process that it has started."""
    for number in range(30):
        workflow.checkout.project.declare(f"task-{number}", "exec sleep 60")
    workflow.push()
    [step] = [one for one in read(ROOT / "action.yml")["runs"]["steps"] if one.get("id") == "run"]
    temp = workflow.work / "runner"
    temp.mkdir(exist_ok=True)
    (temp / "jobspec-venv").symlink_to(sys.prefix)
    environ = {
        **workflow.environ, "COMMAND": "apply", "ENVIRONMENT": "", "ARGUMENTS": "--wait", "COMMENT": "false",
        "DIGEST": "unchecked", "RUNNER_TEMP": str(temp),
    }  # fmt: skip
    process = subprocess.Popen(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=workflow.checkout.project.root, env=environ, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if "✓ submitted" in line:
            break
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode in (130, 4), out + err
    assert "JOBSPEC_EXIT_CODE" in (temp / "jobspec" / "outputs.env").read_text()


def take(name: str, target: Path) -> None:
    (target / name).parent.mkdir(parents=True, exist_ok=True)
    if (ROOT / name).is_dir():
        shutil.copytree(ROOT / name, target / name, symlinks=True)
    else:
        shutil.copy(ROOT / name, target / name)


def test_the_install_step_installs_this_commit_with_its_locked_dependencies(tmp_path: Path) -> None:
    [step] = [
        one for one in read(ROOT / "action.yml")["runs"]["steps"] if one.get("name") == "Install jobspec"
    ]
    source = tmp_path / "source"
    for line in (ROOT / ".dockerignore").read_text().splitlines():  # the image is built from the same files
        if line.startswith("!"):
            take(line.removeprefix("!"), source)
    environ = {**os.environ, "PYTHON": sys.executable, "SOURCE": str(source), "RUNNER_TEMP": str(tmp_path)}
    subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], env=environ, check=True)
    found = subprocess.run(
        [tmp_path / "jobspec-venv/bin/jobspec", "--version"], check=True, capture_output=True, text=True
    )
    assert found.stdout.startswith("jobspec ")
