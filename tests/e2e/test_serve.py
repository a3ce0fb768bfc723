"""The local platform, served to a project elsewhere."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.allowed import allow_endpoint
from tests.processes import PATIENCE, line_with, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.projects import Project

KEYS = {"VOLC_ACCESSKEY": "AKLT-test", "VOLC_SECRETKEY": "right-key"}
WRONG = {
    "secret": {**KEYS, "VOLC_SECRETKEY": "wrong-key"},
    "access": {**KEYS, "VOLC_ACCESSKEY": "AKLT-other"},
}


@contextmanager
def served(project: Project, folder: Path, *options: str) -> Iterator[None]:
    """Serve an empty folder, and let the project use it."""
    folder.mkdir()
    with serving(folder, *options, kept=project.kept, environ=project.environ(KEYS)) as server:
        platform = f"  platform: {{kind: local, endpoint: {server.url}}}\n"
        project.edit("jobspec.yaml", "  defaults:", f"{platform}  defaults:")
        allow_endpoint(project.home, server.url)
        yield


def test_a_project_applies_against_a_served_platform(project: Project, tmp_path: Path) -> None:
    project.declare("hello", 'echo "hello from $MLP_ROLE"')
    with served(project, tmp_path / "served"):
        assert "✓ hello succeeded" in project.apply("--wait").out
        assert project.run("logs", "hello").out == "hello from worker\n"
        assert project.run("logs", "hello", "--follow").out == "hello from worker\n"
        project.run("plan", "--detailed-exitcode")
    assert not (project.state / "local.db").exists()


def test_a_platform_that_checks_signatures_accepts_its_own_key(project: Project, tmp_path: Path) -> None:
    project.declare("hello", "echo hello")
    with served(project, tmp_path / "served", "--signed"):
        project.apply("--wait", environ=KEYS)
        assert project.run("logs", "hello", environ=KEYS).out == "hello\n"


@pytest.mark.parametrize("environ", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_key_is_refused_with_where_it_came_from(
    project: Project, tmp_path: Path, environ: dict[str, str]
) -> None:
    project.declare("hello")
    with served(project, tmp_path / "served", "--signed"):
        ended = project.apply(exits=1, environ=environ)
    assert "error[JS524]" in ended.err
    assert "VOLC_ACCESSKEY" in ended.err
    assert environ["VOLC_SECRETKEY"] not in ended.printed


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_the_end_of_serving_is_told_and_tasks_go_on(
    project: Project, tmp_path: Path, signum: signal.Signals
) -> None:
    with project.running("serve", str(tmp_path), "--port", "0") as server:
        line_with("http://", server.stdout)
        server.send_signal(signum)
        assert line_with("Server stopped", server.stderr) == "Server stopped; tasks keep running\n"
        assert server.wait(PATIENCE) == 0


def test_serving_beyond_this_machine_needs_signatures(project: Project) -> None:
    ended = project.run("serve", "--host", "0.0.0.0", "--port", "0", exits=1)
    assert "error[JS602]" in ended.err
    assert "--signed" in ended.err


def test_signed_serving_without_a_key_is_refused(project: Project) -> None:
    ended = project.run("serve", "--signed", "--port", "0", exits=1)
    assert "error[JS501]" in ended.err
