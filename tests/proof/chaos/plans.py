"""What a round shall meet, drawn from its seed alone: edits, commands, faults, kills and people's deeds.

A plan is a value. The same seed gives the same plan; which request meets which moment of another process is
left to the machine.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random

HANGS_EVERY = 40
"""One round of so many waits for an answer that never comes, which takes half a minute."""
LAG = 0.6
"""Seconds that a new task stays out of lists, where the project file says that they lag."""
LATEST = 0.7
"""Seconds that a late request stays under way; far less than the commit window that the projects assume."""
WRITES = ("CreateCustomTask", "StopCustomTask", "UpdateCustomTask", "DeleteCustomTask")
READS = ("ListCustomTasks", "GetCustomTask")


APPLY = ("apply", "--yes")


class Fault(StrEnum):
    """What becomes of a request on its way, or of its answer."""

    RESET = "reset before the platform saw it"
    DOWN = "refused, and nobody listens for a while"
    LATE = "reset, and executed later all the same"
    CUT = "executed, then reset"
    HANG = "executed, and never answered"
    TRICKLE = "answered byte by byte"
    SHORT = "answer shorter than its length says"
    TORN = "answer cut in the middle of its JSON"
    HTML = "executed, answered 200 in HTML"
    GATEWAY = "executed, answered 502 in HTML"
    THROTTLED = "429, not executed"


class Moment(StrEnum):
    """A moment in the life of a request."""

    RECEIVED = "received"
    EXECUTED = "executed"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """The n-th request of an action that one command sends, from 0."""

    action: str
    number: int


@dataclass(frozen=True, slots=True)
class Kill:
    """A signal, so many seconds after the start, or at a moment of a request; perhaps once more at once."""

    signal: signal.Signals
    seconds: float | None = None
    place: Place | None = None
    moment: Moment = Moment.RECEIVED
    twice: bool = False


_FIRST_CREATE = Place("CreateCustomTask", 0)
_LATE_CREATE = {_FIRST_CREATE: Fault.LATE}
_AT_THE_CREATE = Kill(signal.SIGKILL, place=_FIRST_CREATE)
"""The worst moment to die: the create is under way, takes effect later, and only the journal knows."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command line in one of the folders; `starts` in seconds after the act began."""

    words: tuple[str, ...]
    folder: int
    starts: float
    faults: Mapping[Place, Fault] = field(default_factory=dict)
    kill: Kill | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person does to a task with a client of their own: `StopCustomTask` or `DeleteCustomTask`."""

    action: str
    task: str
    at: float


@dataclass(frozen=True, slots=True)
class Declared:
    """A manifest. `command` is what its run executes; each version of it differs."""

    name: str
    command: str
    suspended: bool = False
    description: str = ""
    previous: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Manifests as they stand after an edit, and what happens to them."""

    manifests: tuple[Declared, ...]
    commands: tuple[Command, ...]
    deeds: tuple[Deed, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A round. `list_lag` is the one in the project file, in seconds; lists lag somewhat less, or not."""

    seed: int
    folders: int
    list_lag: int
    acts: tuple[Act, ...]

    @property
    def kills(self) -> int:
        """How many commands may be ended before they are done."""
        return sum(command.kill is not None for act in self.acts for command in act.commands)


def plan_of(seed: int) -> Plan:
    """Return the plan of a seed."""
    rng = Random(seed)
    folders = rng.choice((1, 1, 2, 3))
    manifests = tuple(Declared(name, _command(rng, name, 0)) for name in ("ant", "bee", "cat")[: _few(rng)])
    acts = []
    for number in range(1, 1 + rng.choice((1, 2, 2))):
        acts.append(_act(rng, manifests, folders))
        manifests = tuple(_edited(rng, manifests, number))
    plan = Plan(seed, folders, rng.choice((0, 0, 1)), tuple(acts))
    return _with_hang(plan) if seed % HANGS_EVERY == 0 else plan


def _few(rng: Random) -> int:
    return rng.choice((1, 2, 3))


def _command(rng: Random, name: str, version: int) -> str:
    return f"{rng.choice(('true', 'exec sleep 600', 'exec sleep 600'))} # {name} {version}"


def _edited(rng: Random, before: tuple[Declared, ...], version: int) -> Iterator[Declared]:
    """Most tasks change; the first one is never removed, since a project without any is refused."""
    for place, task in enumerate(before):
        match rng.choice(("keep", "spec", "spec", "suspend", "describe", "rename", "remove")):
            case "spec":
                yield replace(task, command=_command(rng, task.name, version), previous="")
            case "suspend":
                yield replace(task, suspended=not task.suspended)
            case "describe":
                yield replace(task, description=f"version {version}")
            case "rename":
                yield replace(task, name=f"{task.name}-{version}", previous=task.name)
            case "remove" if place:
                continue
            case _:
                yield task


def _act(rng: Random, manifests: tuple[Declared, ...], folders: int) -> Act:
    names = [task.name for task in manifests]
    first = rng.randrange(folders)
    commands = tuple(_one_command(rng, names, place, (first + place) % folders) for place in range(_few(rng)))
    return Act(manifests, commands, tuple(_deeds(rng, names)))


def _deeds(rng: Random, names: list[str]) -> Iterator[Deed]:
    wish = rng.random()
    if wish < 0.3:
        action = "StopCustomTask" if wish < 0.2 else "DeleteCustomTask"
        yield Deed(action, rng.choice(names), rng.uniform(0.3, 2.0))


def _one_command(rng: Random, names: list[str], place: int, folder: int) -> Command:
    words = _words(rng, names, place)
    starts = rng.choice((0.0, 0.0, rng.uniform(0.0, 1.2)))
    if rng.random() < 0.15:
        return Command(words, folder, starts, _LATE_CREATE, _AT_THE_CREATE)
    kill = _kill(rng) if rng.random() < 0.5 else None
    return Command(words, folder, starts if words == APPLY else starts + 1.0, _faults(rng), kill)


def _words(rng: Random, names: list[str], place: int) -> tuple[str, ...]:
    """The first is an apply, so that every act has something to spoil."""
    name = rng.choice(names)
    other = rng.choice(
        (
            *[APPLY] * 15,
            ("cancel", name, "--yes"),
            ("destroy", "--yes"),
            ("wait", name, "--for", "running", "--timeout", "1s"),
            ("drift",),
            ("plan",),
        )
    )
    return APPLY if place == 0 else other


def _faults(rng: Random) -> dict[Place, Fault]:
    if rng.random() < 0.04:  # a gateway that answers for the platform, for as long as the command tries
        return {Place("ListCustomTasks", n): Fault.HTML for n in range(20)}
    kinds = [fault for fault in Fault if fault is not Fault.HANG]
    chances = {Place("CreateCustomTask", n): 0.5 for n in range(3)}
    chances |= {Place(action, n): 0.25 for action in WRITES[1:] for n in range(3)}
    chances |= {Place(action, n): 0.1 for action in READS for n in range(8)}
    return {place: rng.choice(kinds) for place, chance in chances.items() if rng.random() < chance}


def _kill(rng: Random) -> Kill:
    number = rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT))
    is_twice = number is not signal.SIGKILL and rng.random() < 0.3
    if rng.random() < 0.3:
        return Kill(number, seconds=rng.uniform(0.05, 1.5), twice=is_twice)
    action = rng.choice((*WRITES[:1], *WRITES, *READS))
    place = Place(action, rng.randrange(2 if action in WRITES else 6))
    return Kill(number, place=place, moment=rng.choice(tuple(Moment)), twice=is_twice)


def _with_hang(plan: Plan) -> Plan:
    """The first create of the first apply is never answered, and nothing kills that apply before."""
    act = plan.acts[0]
    first = replace(act.commands[0], faults={Place("CreateCustomTask", 0): Fault.HANG}, kill=None)
    return replace(plan, acts=(replace(act, commands=(first, *act.commands[1:])), *plan.acts[1:]))
