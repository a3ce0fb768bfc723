"""One apply as a generator that hands over at every platform call.

It is what `jobspec apply --yes` does, out of the same parts: the workspace, the real plan with its guards,
and the stages of `reconcile/protocol/stages.py`. Only the threads of `apply/run.py` are replaced: the walks
of a stage are lanes here, which a scheduler advances in any order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from jobspec.apply.clock import InterruptibleClock
from jobspec.apply.driver import Driver
from jobspec.apply.journal import FileJournal
from jobspec.errors import JobspecError
from jobspec.reconcile.protocol.outcome import Outcome
from jobspec.reconcile.protocol.stages import Ended, Event, Pause, Together, stages
from jobspec.workflow.planning.applying import Applier
from jobspec.workflow.planning.planning import Planned, check_guards, make_plan
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import Workspace, open_workspace
from jobspec.workflow.surroundings import Surroundings
from tests.proof.simulation.faults import JOURNAL_CRASHES, Crashed
from tests.proof.simulation.history import Caller, History, Kind
from tests.proof.simulation.manifests import Commit
from tests.proof.simulation.service import Service


@dataclass(frozen=True, slots=True)
class Do:
    """Something that makes platform calls of its own: a plan."""

    action: Callable[[], object]


Step = Do | Pause | Together
Apply = Generator[Step, Any, None]


@dataclass(frozen=True, slots=True)
class CrashingJournal:
    """The real journal, at whose entries an applier may die."""

    journal: FileJournal
    service: Service
    may_crash: Callable[[], bool]

    def intend(self, run_id: str, address: str) -> None:
        """Note the intention, or die on the way."""
        options = ("noted", *JOURNAL_CRASHES) if self.may_crash() else ("noted",)
        fate = self.service.fate.pick("the journal", options)
        if fate == "crash before it is noted":
            raise Crashed
        self.journal.intend(run_id, address)
        self.service.history.note(Kind.NOTED, run_id)
        if fate == "crash with half a note":
            self._path.write_bytes(self._path.read_bytes()[:-20])
        self._date()
        if fate != "noted":
            raise Crashed

    def settle(self, run_id: str) -> None:
        """Note that it is settled."""
        self.journal.settle(run_id)
        self._date()

    @property
    def _path(self) -> Path:
        return self.journal.path

    def _date(self) -> None:
        """The file is as old as it would be: what cannot be read in it counts from then."""
        os.utime(self._path, (self.journal.clock(), self.journal.clock()))


@dataclass(slots=True)
class Process:
    """One running `jobspec apply`: where it stands, whom it talks to, and what it has come to."""

    caller: Caller
    commit: Commit
    target: Target
    surroundings: Surroundings
    service: Service
    may_crash: Callable[[], bool]
    planned: Planned | None = None
    driver: Driver | None = None
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def clock(self) -> InterruptibleClock:
        """Its time, and where an interrupt arrives."""
        return self.surroundings.clock

    @property
    def history(self) -> History:
        """Where everything is noted."""
        return self.service.history


def one_apply(process: Process) -> Apply:
    """Plan and carry out. What stops it early is noted as its end."""
    history, by = process.history, process.caller
    history.note(Kind.BEGUN, by=by, data={"commit": process.commit})
    try:
        yield from _apply(process)
    except JobspecError as error:
        history.note(Kind.ENDED, f"stopped: {error.message}", by=by, data={"error": error})
    else:
        history.note(Kind.ENDED, "done", by=by, data={"outcomes": tuple(process.outcomes)})


def _apply(process: Process) -> Apply:
    workspace = open_workspace(process.target, process.surroundings)
    applier = Applier(workspace)
    journal = CrashingJournal(applier.journal, process.service, process.may_crash)
    process.driver = replace(applier.driver, journal=journal)
    unsettled = applier.unsettled_seconds()
    if unsettled > 0:
        begun = applier.journal.clock()
        yield Pause(unsettled)
        applier.forget_settled(begun)
    yield Do(lambda: _plan(process, workspace))
    assert process.planned is not None
    check_guards(process.planned, ())
    applier.check(process.planned.plan)
    assumptions = workspace.connection.assumptions
    yield from stages(process.planned.plan, assumptions, partial(_note, process))
    applier.journal.forget(applier.journal.clock() - assumptions.settling_time)


def _plan(process: Process, workspace: Workspace) -> None:
    process.planned = make_plan(workspace)
    process.history.note(Kind.PLANNED, by=process.caller, data={"planned": process.planned})


def _note(process: Process, event: Event) -> None:
    if isinstance(event, Ended):
        outcome = event.outcome
        assert outcome.result.code != "JS900", outcome.result.detail
        process.outcomes.append(outcome)
        process.history.note(Kind.TOLD, outcome.status, by=process.caller, data={"outcome": outcome})
