"""What a protocol may ask of the world, as values. A driver answers each, or throws the error it met."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from jobspec.reconcile.runs import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Get:
    """Read one run by its id; answered with a `Run`."""

    run: str


@dataclass(frozen=True, slots=True)
class Find:
    """List runs by one tag, or by exact name; answered with every `Run` that matches."""

    tag: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Create:
    """Send a create, once; answered with the id of the new run."""

    payload: Mapping[str, object]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """Ask the platform to stop a run; it does so in its own time."""

    run: str


@dataclass(frozen=True, slots=True)
class Erase:
    """Delete the record of a finished run."""

    run: str


@dataclass(frozen=True, slots=True)
class Write:
    """Replace name, description (None leaves it) and the whole list of tags of a run."""

    run: str
    name: str
    description: str | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sleep:
    """Let so many seconds pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class NextTurn:
    """Wait for one's turn to write: the platform has one rate for all. Asked before the look, not after."""


@dataclass(frozen=True, slots=True)
class Now:
    """Ask for a time in seconds that never goes back."""


@dataclass(frozen=True, slots=True)
class Intend:
    """Note on disk, before a create is sent, that it may be under way."""

    run_id: str
    address: str


@dataclass(frozen=True, slots=True)
class Settle:
    """Note that the outcome of an intention is known."""

    run_id: str


Call = Get | Find | Create | Stop | Erase | Write | Sleep | NextTurn | Now | Intend | Settle

Answer = TypeVar("Answer")
Protocol = Generator[Call, object, Answer]


class Interrupted(Exception):
    """Thrown into a protocol in place of its next call: no step may start any more."""


def drive(protocol: Protocol[Answer], perform: Callable[[Call], object]) -> Answer:
    """Run a protocol to its end: send the answer to each call, or throw the error that it met."""
    step: Callable[[], Call] = partial(next, protocol)
    while True:
        try:
            call = step()
        except StopIteration as end:
            answer: Answer = end.value
            return answer
        try:
            step = partial(protocol.send, perform(call))
        except Exception as error:  # a bug of ours too: what has to be done in any case is done
            step = partial(protocol.throw, error)


def get(run: str) -> Protocol[Run]:
    """Read one run by its id."""
    answer = yield Get(run)
    assert isinstance(answer, Run)  # noqa: S101 - the driver's side of the contract
    return answer


def find(*, tag: str = "", name: str = "") -> Protocol[tuple[Run, ...]]:
    """List runs by one tag or by exact name."""
    answer = yield Find(tag, name)
    assert isinstance(answer, tuple)  # noqa: S101 - the driver's side of the contract
    return answer


def create(payload: Mapping[str, object], tags: tuple[str, ...]) -> Protocol[str]:
    """Send a create and return the id of the new run."""
    answer = yield Create(payload, tags)
    assert isinstance(answer, str)  # noqa: S101 - the driver's side of the contract
    return answer


def now() -> Protocol[float]:
    """Return a time in seconds that never goes back."""
    answer = yield Now()
    assert isinstance(answer, float)  # noqa: S101 - the driver's side of the contract
    return answer
