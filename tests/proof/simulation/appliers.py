"""One apply as a generator that hands over at every platform call.

It is what `jobspec apply --yes` does, out of the same parts: the workspace, what is unsettled, the real plan
with its guards, the protocols of `converge`, the look for duplicates. Only the threads of `apply/run.py` are
replaced: what they would walk at once are lanes here, which a scheduler advances in any order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobspec.apply import run as apply_run
from jobspec.apply.driver import Clock, Driver
from jobspec.apply.journal import FileJournal
from jobspec.apply.pace import Pace
from jobspec.errors import JobspecError
from jobspec.reconcile.planning import twins
from jobspec.reconcile.planning.plan import Change, Plan
from jobspec.reconcile.protocol import calls
from jobspec.reconcile.protocol.converge import confirm, converge
from jobspec.reconcile.protocol.outcome import Outcome, Status
from jobspec.workflow.account.connect import Surroundings
from jobspec.workflow.planning.applying import Applier
from jobspec.workflow.planning.planning import Planned, check_guards, make_plan
from jobspec.workflow.project.workspace import Target, Workspace, open_workspace
from tests.proof.simulation.faults import JOURNAL_CRASHES, Crashed
from tests.proof.simulation.history import Caller, History, Kind
from tests.proof.simulation.manifests import Commit
from tests.proof.simulation.service import Service


@dataclass(frozen=True, slots=True)
class Do:
    """Something that makes platform calls of its own: a plan."""

    action: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Rest:
    """Sleep as the whole applier: an interrupt ends it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Together:
    """Walk lanes at once, each named; go on when all have ended."""

    lanes: tuple[tuple[str, Generator[calls.Call, Any, None]], ...]


Step = Do | Rest | Together
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
    clock: Clock
    may_crash: Callable[[], bool]
    planned: Planned | None = None
    driver: Driver | None = None
    outcomes: list[Outcome] = field(default_factory=list)

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
    process.driver = _driver_of(process, applier)
    unsettled = applier.unsettled_seconds()
    if unsettled > 0:
        begun = applier.journal.clock()
        yield Rest(unsettled)
        applier.journal.forget(begun)
    yield Do(lambda: _plan(process, workspace))
    assert process.planned is not None
    check_guards(process.planned, ())
    applier.check(process.planned.plan)
    yield from _carried_out(process, applier, process.planned.plan)
    settling = workspace.connection.assumptions.settling_time
    applier.journal.forget(applier.journal.clock() - settling)


def _plan(process: Process, workspace: Workspace) -> None:
    process.planned = make_plan(workspace)
    process.history.note(Kind.PLANNED, by=process.caller, data={"planned": process.planned})


def _driver_of(process: Process, applier: Applier) -> Driver:
    """The real driver, over the real client and journal."""
    journal = CrashingJournal(applier.journal, process.service, process.may_crash)
    pace = Pace(applier.workspace.connection.writes_per_second, process.clock)
    return Driver(applier.workspace.connection.client, process.clock, journal, applier.secrets, pace)


def _carried_out(process: Process, applier: Applier, plan: Plan) -> Apply:
    for change in plan.changes:
        if twins.is_held(change):
            _tell(process, Outcome(change, twins.held_result(change, plan.scope), 0))
    assumptions = applier.workspace.connection.assumptions
    submitted: list[Outcome] = []
    groups = apply_run._by_task(plan.pending)
    yield Together(tuple((group[0].task, _one_task(process, group, applier, submitted)) for group in groups))
    if submitted:
        yield Rest(assumptions.list_lag)
    yield Together(tuple((one.change.task, _confirmed(process, one)) for one in submitted))


def _one_task(
    process: Process, group: list[Change], applier: Applier, submitted: list[Outcome]
) -> Generator[calls.Call, Any, None]:
    assumptions = applier.workspace.connection.assumptions
    failed: Outcome | None = None
    for change in group:
        if failed is not None:
            _tell(process, Outcome(change, apply_run._after(failed), 0))
            continue
        scope = str(applier.workspace.loaded.scope)
        outcome = yield from converge(change, scope, assumptions)
        failed = None if outcome.status is Status.DONE else outcome
        if apply_run._has_new_run(outcome):
            submitted.append(outcome)
        else:
            _tell(process, outcome)


def _confirmed(process: Process, outcome: Outcome) -> Generator[calls.Call, Any, None]:
    _tell(process, (yield from confirm(outcome)))


def _tell(process: Process, outcome: Outcome) -> None:
    process.outcomes.append(outcome)
    process.history.note(Kind.TOLD, outcome.status, by=process.caller, data={"outcome": outcome})
