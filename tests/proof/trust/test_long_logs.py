"""A task that prints without end fills no disk: its log is bounded, and says what it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.local.settings import Settings
from tests.local.calls import until
from tests.proof.trust.repository import PROJECT, TASK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.projects import Project

LIMIT = 32 * 1024
QUICK = Settings(slots=4, grace=0.2, linger=0.2).as_environment()
LIMITED = PROJECT.replace("{kind: local}", "{kind: local, logLimit: 32KiB}")
PRINTS = "seq 100000 120000; until [ -e go ]; do sleep 0.02; done; echo the end"


def test_the_log_of_a_task_is_bounded_while_it_runs_and_afterwards(repository: Project) -> None:
    repository.write("jobspec.yaml", LIMITED)
    repository.write("tasks/train.yaml", TASK.replace('"true"', f'"{PRINTS}"'))
    assert repository.attempt("apply", "--yes", environ=QUICK).code == 0
    wait_for_end(repository.kept.path, b"\n120000\n")
    assert on_disk(repository.kept.path) <= LIMIT
    (repository.root / "go").touch()
    wait_for_end(repository.kept.path, b"\nthe end\n")
    assert on_disk(repository.kept.path) <= LIMIT
    lines = repository.attempt("logs", "train", environ=QUICK).out.splitlines()
    assert lines[0].endswith("100000")
    assert lines[-1].endswith("the end")
    assert any("of this log were dropped here" in line for line in lines)
    assert not any(line.endswith("110000") for line in lines)


def wait_for_end(state: Path, end: bytes) -> None:
    """Wait until the log of the one replica ends so."""
    until(lambda: [log.read_bytes().endswith(end) for log in logs(state)] == [True], seconds=30)


def logs(state: Path) -> list[Path]:
    return list(state.glob("projects/*/logs/*/worker-0.log"))


def on_disk(state: Path) -> int:
    """The bytes of all files beside that log, those of a moment among them."""
    return sum(one.stat().st_size for one in state.glob("projects/*/logs/*/*"))
