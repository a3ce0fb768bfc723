"""A whole simulated world: a platform, appliers, and the scheduler that says whose call comes next."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from jobspec.cloud import client as client_module
from jobspec.cloud.answers import paging
from jobspec.cloud.client import PlatformClient
from jobspec.cloud.settings import System
from jobspec.config.scope_state import AccountId
from jobspec.config.state_folder import VARIABLE as STATE
from jobspec.errors import JobspecError
from jobspec.manifest.load import Loaded, LoadRequest
from jobspec.reconcile.protocol import calls
from jobspec.reconcile.protocol.calls import Create, NextTurn, Now, Settle, Sleep
from jobspec.reconcile.protocol.stages import Pause, Together, Walk
from jobspec.reconcile.protocol.submit import Assumptions
from jobspec.reconcile.runs import Run
from jobspec.workflow.account.connect import Connection, PlatformAddress
from jobspec.workflow.planning import applying
from jobspec.workflow.project import manifests, workspace
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.surroundings import Surroundings
from tests.proof.simulation import deeds, wire
from tests.proof.simulation.appliers import Do, Process, one_apply
from tests.proof.simulation.fate import Fate
from tests.proof.simulation.faults import SLEEP_CRASH, Crashed, Frontend
from tests.proof.simulation.history import Caller, History, Kind
from tests.proof.simulation.machines import Lane, Machine, MachineClock, Powers
from tests.proof.simulation.manifests import SECRET_NAME, SECRET_VALUE, in_folder
from tests.proof.simulation.service import EPOCH, Service

ACCOUNT = AccountId("local", "simulated")
_LOCAL = (Now, Settle, NextTurn)
_SHARED_MEMORY = Path("/dev/shm")
RESTARTS = (
    "at once, the journal kept",
    "later, the journal kept",
    "the journal lost, the settling time over",
)
PAUSES = ("no pause", "pause of 2 s", "pause of 15 s")
COMING_IN = ("nobody", "another applier comes in")
INTERRUPT = ("goes on", "interrupt")


@dataclass(slots=True)
class World:
    """Everything. `step` lets one call of one lane happen."""

    service: Service
    powers: Powers
    machines: list[Machine] = field(default_factory=list)
    crashes_left: int = 0
    crashed: int = 0
    _is_nested: bool = False

    @property
    def fate(self) -> Fate:
        """Where its choices are made."""
        return self.service.fate

    @property
    def history(self) -> History:
        """What has happened."""
        return self.service.history

    def step(self) -> bool:
        """Let one lane go on, or time pass until one can; False when none has anything to do."""
        self._start_processes()
        lanes = [lane for machine in self.machines for lane in machine.lanes if _can_go_on(lane)]
        if not lanes:
            return False
        ready = [lane for lane in lanes if lane.wake <= self.service.time]
        if not ready:
            self.service.advance(min(lane.wake for lane in lanes) - self.service.time)
            return True
        lane = self._whose_turn(ready)
        if not self._is_held_up(lane):
            self._go_on(lane)
        return True

    def run(self) -> None:
        """Let everything come to its end."""
        while self.step():
            pass

    def outlook(self) -> int:
        """A fingerprint of all that decides how this goes on."""
        machines = (
            (
                m.number,
                m.apply,
                len(m.commits),
                tuple((x.caller, x.memory, x.wake) for x in m.lanes),
                _noted(m),
                _told(m),
            )
            for m in self.machines
        )
        return hash((self.service.outlook(), self.crashes_left, self._written(), tuple(machines)))

    def _written(self) -> tuple[tuple[str, int], ...]:
        """What a reference run is compared with in the end."""
        written = (e for e in self.history.events if e.kind is Kind.WRITTEN and e.caller.machine >= 0)
        return tuple(sorted(Counter(f"{e.caller.lane} {e.action}" for e in written).items()))

    def connection(self, machine: Machine) -> Connection:
        """What an applier talks to the platform with."""
        traits = self.service.traits
        address = PlatformAddress(kind="local", endpoint="simulated")
        assumptions = Assumptions(traits.list_lag * traits.assumed, traits.commit_window * traits.assumed)
        return Connection(self._client(machine), address, ACCOUNT, assumptions)

    def _client(self, machine: Machine) -> PlatformClient:
        assert machine.process is not None
        clock = machine.process.clock
        frontend = Frontend(
            self.service, self._between_requests, self._possible_crashes, has_faults=self.powers.faults
        )
        system = System(
            now=lambda: self.service.now,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
            chance=lambda: 0.5,
            is_interrupted=lambda: clock.is_interrupted,
        )
        way = wire.over_http if self.powers.over_http else wire.by_the_short_way
        return way(frontend, system)

    def _possible_crashes(self) -> bool:
        return self.crashes_left > 0

    def _start_processes(self) -> None:
        for machine in self.machines:
            if not machine.lanes and machine.commits:
                self._start(machine)

    def _start(self, machine: Machine, wake: float = 0.0) -> None:
        machine.apply += 1
        caller = Caller(machine.number, machine.apply)
        environ = {SECRET_NAME: SECRET_VALUE, STATE: str(machine.state)}
        surroundings = Surroundings(environ, machine.root, machine.root, MachineClock(self.service))
        target = Target(paths=(machine.root,))
        machine.process = Process(
            caller, machine.commits[0], target, surroundings, self.service, self._possible_crashes
        )
        lane = Lane(caller, one_apply(machine.process), wake=wake)
        lane.call = Pause(0)
        machine.lanes = [lane]

    def _whose_turn(self, ready: list[Lane]) -> Lane:
        names = tuple(str(lane.caller) for lane in ready)
        return ready[names.index(self.fate.draw("whose turn", names))]

    def _is_held_up(self, lane: Lane) -> bool:
        """Whether its machine stands still for a while, between any two calls."""
        if not self.powers.pauses:
            return False
        pause = self.fate.pick("pause", PAUSES)
        if pause == PAUSES[0]:
            return False
        lane.wake = self.service.time + float(pause.split()[2])
        return True

    def _go_on(self, lane: Lane) -> None:
        machine = self.machines[lane.caller.machine]
        before, self.history.caller = self.history.caller, lane.caller
        try:
            self._answer(machine, lane)
        except Crashed:
            self._crash(machine)
        finally:
            self.history.caller = before

    def _answer(self, machine: Machine, lane: Lane) -> None:
        """Carry out what the lane asked for, and go on to its next call that others can come before."""
        self._perhaps_interrupt(machine)
        while True:
            try:
                answer = self._performed(machine, lane)
            except (JobspecError, calls.Interrupted) as error:
                lane.memory = hash((lane.memory, repr(lane.call), type(error).__name__, str(error)))
                self._advance(machine, lane, partial(lane.walk.throw, error))
            else:
                self._advance(machine, lane, partial(lane.walk.send, answer))
            # Between the note of an intention and the create there is no call: nobody comes in between.
            if not isinstance(lane.call, (*_LOCAL, Create)):
                return

    def _perhaps_interrupt(self, machine: Machine) -> None:
        assert machine.process is not None
        may_come = self.powers.signals and not machine.process.clock.is_interrupted
        if may_come and self.fate.pick("a signal", INTERRUPT) == "interrupt":
            machine.process.clock.interrupt()
            self.history.note(Kind.DEED, "interrupts the apply")
            for lane in machine.lanes:
                lane.wake = min(lane.wake, self.service.time)

    def _performed(self, machine: Machine, lane: Lane) -> object:
        match lane.call:
            case Do():
                lane.call.action()
                lane.memory = hash((lane.memory, _digest(machine)))
                return None
            case Pause() | Together():
                return None
            case Sleep():
                if machine.process and machine.process.clock.is_interrupted:
                    raise calls.Interrupted
                return None
            case call:
                assert machine.process is not None
                assert machine.process.driver is not None
                answer = machine.process.driver.run(_single(call))
                lane.memory = hash((lane.memory, repr(call), _essence(answer)))
                return answer

    def _advance(self, machine: Machine, lane: Lane, resume: Callable[[], Any]) -> None:
        lane.memory = hash((lane.memory, type(lane.call).__name__, round(self.service.time, 3)))
        try:
            lane.call = resume() if lane.call != Pause(0) else next(lane.walk)
        except StopIteration:
            lane.call = None
            machine.lanes.remove(lane)
            self._ended(machine)
            return
        match lane.call:
            case Pause(seconds) | Sleep(seconds):
                self._perhaps_die_asleep(seconds)
                is_cut = machine.process is not None and machine.process.clock.is_interrupted
                lane.wake = self.service.time + (0 if is_cut else seconds)
            case Together(walks):
                self._begin(machine, lane, walks)
            case _:
                pass

    def _perhaps_die_asleep(self, seconds: float) -> None:
        may_die = seconds > 0 and self.crashes_left > 0
        if may_die and self.fate.pick("a sleep", ("sleeps", SLEEP_CRASH)) == SLEEP_CRASH:
            raise Crashed

    def _begin(self, machine: Machine, main: Lane, walks: tuple[Walk, ...]) -> None:
        main.joins = []
        for walk in walks:
            caller = Caller(main.caller.machine, main.caller.apply, walk.task)
            lane = Lane(caller, walk.protocol, Pause(0))
            main.joins.append(lane)
            machine.lanes.append(lane)

    def _ended(self, machine: Machine) -> None:
        if not machine.lanes:
            machine.commits.pop(0)

    def _crash(self, machine: Machine) -> None:
        self.history.note(Kind.CRASHED, by=Caller(machine.number, machine.apply))
        self.crashed += 1
        self.crashes_left -= 1
        restart = self.fate.draw("restart", RESTARTS)
        wait = 1.0
        if restart == RESTARTS[1]:
            wait = 40.0
        elif restart == RESTARTS[2]:
            wait = self.service.traits.list_lag + self.service.traits.commit_window
            shutil.rmtree(machine.state, ignore_errors=True)
        self._start(machine, self.service.time + wait)

    def _between_requests(self, action: str) -> None:
        if self.powers.deeds:
            deeds.perhaps(self.service)
        if self.powers.between and not self._is_nested and action != "CreateCustomTask":
            self._let_another_come_in()

    def _let_another_come_in(self) -> None:
        own = self.history.caller.machine
        others = [
            lane
            for machine in self.machines
            for lane in machine.lanes
            if machine.number != own and _can_go_on(lane) and lane.wake <= self.service.time
        ]
        if others and self.fate.pick("between two requests", COMING_IN) != COMING_IN[0]:
            self._is_nested = True
            try:
                self._go_on(self._whose_turn(others))
            finally:
                self._is_nested = False


def _can_go_on(lane: Lane) -> bool:
    return all(joined.is_over for joined in lane.joins)


def _digest(machine: Machine) -> str:
    planned = machine.process.planned if machine.process else None
    return planned.view.digest if planned else ""


def _single(call: calls.Call) -> calls.Protocol[object]:
    return (yield call)


def _essence(answer: object) -> object:
    if isinstance(answer, tuple):
        return tuple(map(_essence, answer))
    # A run does not show its spec.
    return repr((answer, dict(answer.spec or {})) if isinstance(answer, Run) else answer)


def _told(machine: Machine) -> tuple[bool, tuple[str, ...]]:
    """What is left of lanes that have ended, and whether a signal has come."""
    if machine.process is None:
        return False, ()
    said = (f"{one.change.task} {one.result}" for one in machine.process.outcomes)
    return machine.process.clock.is_interrupted, tuple(said)


def _noted(machine: Machine) -> str:
    paths = sorted(machine.state.glob("scopes/*/journal.jsonl"))
    return "".join(path.read_text(encoding="utf-8") for path in paths)


@contextmanager
def simulated(world: World) -> Iterator[World]:
    """The world with folders of its own; the workflow finds it where it would find files and a platform."""
    place = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="jobspec-simulated-", dir=place) as folder, ExitStack() as stack:
        for machine in world.machines:
            machine.root = Path(folder) / str(machine.number)
            machine.root.mkdir()
        at = {machine.root: machine for machine in world.machines}
        clock = SimpleNamespace(time=lambda: EPOCH.timestamp() + world.service.time)
        for module, name, stand_in in (
            (manifests, "load", lambda request: _load(at, request)),
            (workspace, "load", lambda request: _load(at, request)),
            (
                workspace,
                "connect",
                lambda _platform, place, _surroundings, **_: world.connection(at[place.root]),
            ),
            (applying, "time", clock),
            (client_module, "reading_ahead", wire.at_once),
            # Lists are as short as pages here: a page that may be cut is as short, too.
            (paging, "SHORTEST_CUT", min(paging.SHORTEST_CUT, world.service.traits.page_size)),
        ):
            stack.enter_context(mock.patch.object(module, name, stand_in))
        yield world


def _load(machines: dict[Path, Machine], request: LoadRequest) -> Loaded:
    machine = machines[request.cwd]
    return in_folder(machine.commits[0], machine.root)
