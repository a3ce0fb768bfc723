"""One round: acts of trouble, then peace, then what the database says. Returns a story to be checked."""

from __future__ import annotations

import re
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.local.calls import until
from tests.proof.chaos.plans import APPLY, LAG, Act, Command, Deed, Kill, Moment, Place, Plan
from tests.proof.chaos.proxy import Proxy, Request
from tests.proof.chaos.records import Run, read_runs
from tests.proof.chaos.world import SCOPE, Started, World, new_world

COMMAND_SECONDS = 120.0
"""After which a command counts as one that never ends."""
HEALING_APPLIES = 3
_NOTHING = re.compile(r"^plan: (nothing|\d+) to (do|review); \d+ unchanged$", re.MULTILINE)
_PAUSE = 0.01
_BETWEEN_SIGNALS = 0.1
_FOREIGN_TAGS = ("jobspec-scope_other", "jobspec-task_ant", "jobspec-spec_1abc", "jobspec-run_0123", "theirs")


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended. `key` is the access key it signed with."""

    key: str
    words: tuple[str, ...]
    folder: int
    kill: Kill | None
    code: int | None
    out: str
    err: str

    @property
    def said(self) -> str:
        """All that it said."""
        return self.out + self.err

    @property
    def had_nothing_to_do(self) -> bool:
        """Whether its plan was without changes; what only a person can mend may stand in it."""
        return self.code == 0 and _NOTHING.search(self.out) is not None


@dataclass(frozen=True, slots=True)
class Scene:
    """An act as it was: when the manifests were edited, and the runs that people stopped."""

    act: Act
    began: float
    commands: tuple[Ended, ...]
    stopped_by_people: frozenset[str]


@dataclass(frozen=True, slots=True)
class Story:
    """All that a round left to judge."""

    plan: Plan
    scenes: tuple[Scene, ...]
    peace: tuple[Ended, ...]
    foreign: tuple[Run, ...]
    runs: tuple[Run, ...]
    requests: tuple[Request, ...]
    reached: Counter[str]

    @property
    def commands(self) -> tuple[Ended, ...]:
        """Every command, in order."""
        return (*(ended for scene in self.scenes for ended in scene.commands), *self.peace)


def play(plan: Plan, root: Path) -> Story:
    """Play a round in an empty folder."""
    with new_world(root) as world, _stage(world, plan) as stage:
        foreign = _foreign(world)
        scenes = tuple(stage.scene(number, act) for number, act in enumerate(plan.acts))
        peace = tuple(stage.peace())
        until(lambda: not any(run.state == "Killing" for run in read_runs(world.database)))
        runs = read_runs(world.database)
        requests = tuple(stage.proxy.requests)
        return Story(plan, scenes, peace, foreign, runs, requests, stage.reached())


def _foreign(world: World) -> tuple[Run, ...]:
    """Tasks that are none of ours, one of them of our task's name in another scope."""
    for name, tags in (("foreign", ()), ("ant", _FOREIGN_TAGS)):
        roles = [{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": "ml.g1e.large"}]
        task = {"Name": name, "ImageSpec": {"Id": "x"}, "EntrypointPath": "exec sleep 600", "Tags": tags}
        assert world.call("CreateCustomTask", Framework="Custom", TaskRoleSpecs=roles, **task)
    return read_runs(world.database)


@contextmanager
def _stage(world: World, plan: Plan) -> Iterator[Stage]:
    stage = Stage(world, plan)
    try:
        yield stage
    finally:
        stage.close()


class Stage:
    """Starts and kills the commands of a plan; the proxy tells it the moments of their requests."""

    def __init__(self, world: World, plan: Plan) -> None:
        self.world, self.plan = world, plan
        self.proxy = Proxy(world.url, self._on_moment)
        self.proxy.lag = LAG if plan.list_lag else 0.0
        world.make_clones(plan.folders, endpoint=self.proxy.url, list_lag=plan.list_lag)
        self._started: dict[str, Started] = {}
        self._kills: dict[str, Kill] = {}
        self._signals: Counter[str] = Counter()

    def close(self) -> None:
        """End what is left of the commands, and the proxy."""
        for started in self._started.values():
            started.process.kill()
            started.process.wait()
        self.proxy.close()

    def reached(self) -> Counter[str]:
        """How often each fault and each signal came about, and how commands ended."""
        return self.proxy.reached + self._signals

    def scene(self, number: int, act: Act) -> Scene:
        """Edit the manifests, and let everything of the act happen."""
        until(lambda: self.proxy.is_idle)  # what is late of an earlier act knows its manifests only
        began = time.time()
        self.world.edit(self.plan.folders, act.manifests)
        keys = {f"AK-{number}-{place}": command for place, command in enumerate(act.commands)}
        self.proxy.faults |= {key: command.faults for key, command in keys.items()}
        stopped = self._happen(keys, act.deeds)
        ended = tuple(self._ended(key, command) for key, command in keys.items())
        return Scene(act, began, ended, stopped)

    def peace(self) -> Iterator[Ended]:
        """Apply without any fault until there is nothing to do, a few times at most.

        A create of a killed command may still be under way, or not in a list yet: the journal of its folder
        tells of it. Where another folder applies, nothing does, so it is let come and show first.
        """
        if self.plan.folders > 1:
            until(lambda: self.proxy.is_idle)
            self.proxy.lag = 0.0
        for number in range(HEALING_APPLIES):
            ended = self._alone(Command(APPLY, 0, 0.0), f"AK-peace-{number}")
            yield ended
            if ended.had_nothing_to_do:
                break
        yield self._alone(Command(("plan", "--detailed-exitcode"), self.plan.folders - 1, 0.0), "AK-plan")

    def _alone(self, command: Command, key: str) -> Ended:
        self._start(key, command)
        until(lambda: not self._is_running(key), seconds=COMMAND_SECONDS)
        return self._ended(key, command)

    def _happen(self, commands: dict[str, Command], deeds: Sequence[Deed]) -> frozenset[str]:
        """Start, kill and do everything at its time; return the runs that people stopped."""
        begun = time.monotonic()
        waiting, undone, stopped = dict(commands), list(deeds), set[str]()
        while waiting or undone or any(map(self._is_running, commands)):
            now = time.monotonic() - begun
            assert now < COMMAND_SECONDS, f"a command of seed {self.plan.seed} does not end"
            for key in [key for key, command in waiting.items() if command.starts <= now]:
                self._start(key, waiting.pop(key))
            self._kill_in_time(commands, now)
            for deed in [deed for deed in undone if deed.at <= now]:
                undone.remove(deed)
                stopped |= self._do(deed)
            time.sleep(_PAUSE)
        return frozenset(stopped)

    def _start(self, key: str, command: Command) -> None:
        if command.kill:
            self._kills[key] = command.kill
        self._started[key] = self.world.start(command.words, self.world.clone(command.folder), key)

    def _is_running(self, key: str) -> bool:
        return self._started[key].process.poll() is None

    def _kill_in_time(self, commands: dict[str, Command], now: float) -> None:
        for key, kill in list(self._kills.items()):
            due = kill.seconds is not None and commands[key].starts + kill.seconds <= now
            if due and key in self._started:
                self._kill(key)

    def _on_moment(self, key: str, place: Place, moment: Moment) -> None:
        kill = self._kills.get(key)
        if kill and (kill.place, kill.moment) == (place, moment):
            self._kill(key)

    def _kill(self, key: str) -> None:
        """Send the signal of a command, once."""
        kill = self._kills.pop(key, None)
        if kill and self._is_running(key):
            self._started[key].send(kill.signal)
            self._signals[kill.signal.name] += 1
            if kill.twice:
                time.sleep(_BETWEEN_SIGNALS)  # that the second comes after the first is the deed itself
                self._started[key].send(kill.signal)

    def _do(self, deed: Deed) -> frozenset[str]:
        """A deed is done to whatever run it can be done to; the platform refuses the others."""
        runs = [run for run in read_runs(self.world.database) if run.tag("scope") == SCOPE]
        for run in reversed(runs):
            is_meant = run.name == deed.task and run.is_active == (deed.action == "StopCustomTask")
            if is_meant and self.world.call(deed.action, Id=run.id) is not None:
                self._signals[f"a person: {deed.action}"] += 1
                return frozenset({run.id} if run.is_active else ())
        return frozenset()

    def _ended(self, key: str, command: Command) -> Ended:
        started = self._started[key]
        self._kills.pop(key, None)
        code = started.process.poll()
        self._signals[f"{command.words[0]} exits {_exit(code)}"] += 1
        out, err = (path.read_text(errors="replace") for path in (started.out, started.err))
        return Ended(key, command.words, command.folder, command.kill, code, out, err)


def _exit(code: int | None) -> str:
    return signal.Signals(-code).name if code is not None and code < 0 else str(code)
