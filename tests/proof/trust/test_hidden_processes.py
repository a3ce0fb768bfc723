"""Commands that hide from the marks and kill their parents: they end with their run all the same."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobspec.local.api.app import LocalPlatform, application
from jobspec.local.supervisor.cgroup import own_group
from jobspec.local.supervisor.launch import has_supervisor
from tests.local.calls import create, ended, result, until, until_state
from tests.local.conftest import QUICK
from tests.local.places import place

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[3]
SUPERVISOR = """
import sys
from jobspec.local.supervisor import executor
from jobspec.local.supervisor import main as supervisor
if sys.argv[3] == "parents":
    executor.own_group = lambda: None
else:
    executor.end_orphans = lambda shims: True
supervisor.main(sys.argv[1:3])
"""
HIDES = "env -i setsid sh -c '%s; exec sleep 300.5' & sleep 300.6"

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc; macOS has none")
grouped = pytest.mark.skipif(own_group() is None, reason="this user may make no control group here")
WAYS = ("parents", pytest.param("groups", marks=grouped))


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    place(tmp_path).supervisor_lock.unlink(missing_ok=True)
    until(lambda: not running_in(tmp_path))


@pytest.fixture
def app(root: Path) -> Iterator[LocalPlatform]:
    platform = application(place(root), settings=QUICK)
    yield platform
    platform.close()


def start_supervisor(root: Path, how: str) -> None:
    """A supervisor that has found what it has to do, and finds processes in one way."""
    environ = {"PATH": "/usr/bin:/bin", **QUICK.as_environment(), "JOBSPEC_LOCAL_LINGER": "30"}
    folder = place(root)
    arguments = (str(folder.root), str(folder.path), how)
    subprocess.Popen([sys.executable, "-c", SUPERVISOR, *arguments], env=environ, cwd=PROJECT)
    until(lambda: has_supervisor(folder))


def running_in(root: Path) -> list[str]:
    """The command lines of all processes that run in a folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "cwd").readlink() == root:
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def hidden(root: Path) -> list[str]:
    return [line for line in running_in(root) if line.startswith("sleep 300.")]


@linux
@pytest.mark.parametrize("how", WAYS)
def test_what_has_killed_its_parents_ends_with_its_run(root: Path, app: LocalPlatform, how: str) -> None:
    start_supervisor(root, how)
    task_id = create(app, command=HIDES % 'kill -9 $PPID $(cut -d" " -f4 /proc/$PPID/stat)')
    assert ended(app, task_id)["State"] == "Failed"
    assert hidden(root) == []


@linux
@pytest.mark.parametrize("how", WAYS)
def test_what_has_stopped_its_parents_ends_when_the_run_is_stopped(
    root: Path, app: LocalPlatform, how: str
) -> None:
    start_supervisor(root, how)
    task_id = create(app, command="env -i setsid sleep 300.5 & kill -STOP $PPID; sleep 300.6")
    until_state(app, task_id, "Running")
    until(lambda: len(hidden(root)) == 2)
    result(app, "StopCustomTask", Id=task_id)
    assert ended(app, task_id)["State"] == "Cancelled"
    assert hidden(root) == []


@linux
def test_only_what_is_nobodys_is_ended_with_a_killed_shim(root: Path, app: LocalPlatform) -> None:
    start_supervisor(root, "parents")
    other = create(app, name="other", command="env -i setsid sleep 300.7 & sleep 300.8")
    until(lambda: len(hidden(root)) == 2)
    until_state(app, other, "Running")
    task_id = create(app, command="kill -9 $PPID; sleep 300.6")
    assert ended(app, task_id)["State"] == "Failed"
    assert len(hidden(root)) == 2
    assert result(app, "GetCustomTask", Id=other)["State"] == "Running"


@linux
@grouped
def test_what_has_killed_shim_and_supervisor_ends_with_the_next_one(root: Path, app: LocalPlatform) -> None:
    # The shim first: it would end its processes when it hears that the supervisor is gone.
    shim_and_supervisor = '$PPID $(cut -d" " -f4 /proc/$PPID/stat)'
    command = (
        f"env -i setsid sleep 300.5 & until [ -e go ]; do sleep 0.02; done; kill -9 {shim_and_supervisor}"
    )
    task_id = create(app, command=command)
    until(lambda: any("sleep 300.5" in line for line in hidden(root)))
    (root / "go").touch()
    assert ended(app, task_id)["State"] in {"Failed", "Exception"}
    assert hidden(root) == []
