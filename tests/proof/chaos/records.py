"""The runs as the database of the served platform has them, read past everything that is tested."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

TERMINAL = frozenset({"Success", "Failed", "Exception", "Cancelled", "Killed"})
_STOPPED = frozenset({"Killing", "Cancelled", "Killed"})


@dataclass(frozen=True, slots=True)
class Run:
    """One record. `states` is its timeline: each state and when it began, in seconds since the epoch."""

    id: str
    name: str
    description: str
    command: str
    tags: tuple[str, ...]
    states: tuple[tuple[str, float], ...]

    @property
    def state(self) -> str:
        """The state it is in."""
        return self.states[-1][0]

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.state not in TERMINAL

    @property
    def created(self) -> float:
        """When it was created."""
        return self.states[0][1]

    @property
    def ended(self) -> float:
        """When it ended; infinity while it has not."""
        return self._first(TERMINAL)

    @property
    def stopped(self) -> float:
        """When somebody asked for its end; infinity if nobody did."""
        return self._first(_STOPPED)

    def tag(self, key: str) -> str:
        """The value of one of jobspec's tags; empty without it."""
        prefix = f"jobspec-{key}_"
        return next((tag.removeprefix(prefix) for tag in self.tags if tag.startswith(prefix)), "")

    def _first(self, states: frozenset[str]) -> float:
        return next((time for state, time in self.states if state in states), float("inf"))

    def __str__(self) -> str:
        walk = " ".join(f"{state}@{time % 1000:.3f}" for state, time in self.states)
        return f"{self.id} {self.name} `{self.command}` {walk} [{' '.join(sorted(self.tags))}]"


def read_runs(database: Path) -> tuple[Run, ...]:
    """Every run, from the oldest to the newest; none where no database was made."""
    if not database.exists():
        return ()
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.execute("BEGIN")
        rows = connection.execute("SELECT id, document FROM task ORDER BY created, id").fetchall()
        steps = connection.execute("SELECT task_id, state, time FROM timeline ORDER BY position").fetchall()
    return tuple(_run(task_id, text, steps) for task_id, text in rows)


def _run(task_id: str, text: str, steps: Sequence[tuple[str, str, str]]) -> Run:
    document = json.loads(text)
    return Run(
        id=task_id,
        name=document["Name"],
        description=document["Description"],
        command=document["EntrypointPath"],
        tags=tuple(document["Tags"]),
        states=tuple((state, _seconds(time)) for owner, state, time in steps if owner == task_id),
    )


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


def of_scope(runs: Sequence[Run], scope: str) -> Iterator[tuple[str, list[Run]]]:
    """The runs of a scope by task, each from the oldest to the newest."""
    tasks = sorted({run.tag("task") for run in runs if run.tag("scope") == scope})
    for task in tasks:
        yield task, [run for run in runs if (run.tag("scope"), run.tag("task")) == (scope, task)]
