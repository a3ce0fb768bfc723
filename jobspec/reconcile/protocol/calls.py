"""The calls that a protocol may yield, as values. A driver answers each, or throws the error it got."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from functools import partial
from typing import TypeVar

from msgspec import Struct

from jobspec.reconcile.runs import Run


class Get(Struct, frozen=True):
    """Read one run by its id; the answer is a `Run`."""

    run: str


class Find(Struct, frozen=True):
    """List runs by one tag or by exact name; the answer is every matching `Run`."""

    tag: str = ""
    name: str = ""


class FindActive(Struct, frozen=True):
    """List the runs with a tag that may be active; the answer is every one of them."""

    tag: str


class Create(Struct, frozen=True):
    """Send a create once; the answer is the id of the new run."""

    payload: Mapping[str, object]
    tags: tuple[str, ...]


class Stop(Struct, frozen=True):
    """Request the platform to stop a run; it stops some time later."""

    run: str


class Erase(Struct, frozen=True):
    """Delete the record of a finished run."""

    run: str


class Write(Struct, frozen=True):
    """Replace the name, the description (None keeps it) and all tags of a run."""

    run: str
    name: str
    description: str | None
    tags: tuple[str, ...]


class Sleep(Struct, frozen=True):
    """Sleep for this many seconds."""

    seconds: float


class NextTurn(Struct, frozen=True):
    """Wait for a slot under the platform's write rate limit. Yielded before the last read, not after."""


class Now(Struct, frozen=True):
    """Read a monotonic time in seconds."""


class Intend(Struct, frozen=True):
    """Record on disk that a create may be in flight; yielded before the create is sent."""

    run_id: str
    address: str


class Settle(Struct, frozen=True):
    """Record that the outcome of an intention is known."""

    run_id: str


Call = Get | Find | FindActive | Create | Stop | Erase | Write | Sleep | NextTurn | Now | Intend | Settle

Answer = TypeVar("Answer")
Protocol = Generator[Call, object, Answer]


class Interrupted(Exception):
    """Thrown into a protocol instead of its next call: no new step may start."""


def drive(protocol: Protocol[Answer], perform: Callable[[Call], object]) -> Answer:
    """Run a protocol to its end: send it the answer to each call, or throw the call's error into it."""
    step: Callable[[], Call] = partial(next, protocol)
    while True:
        try:
            call = step()
        except StopIteration as end:
            answer: Answer = end.value
            return answer
        try:
            step = partial(protocol.send, perform(call))
        except Exception as error:  # a bug of ours too, so that the protocol can do its cleanup
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


def find_active(tag: str) -> Protocol[tuple[Run, ...]]:
    """List the runs with a tag that may be active."""
    answer = yield FindActive(tag)
    assert isinstance(answer, tuple)  # noqa: S101 - the driver's side of the contract
    return tuple(run for run in answer if run.is_active)


def create(payload: Mapping[str, object], tags: tuple[str, ...]) -> Protocol[str]:
    """Send a create and return the id of the new run."""
    answer = yield Create(payload, tags)
    assert isinstance(answer, str)  # noqa: S101 - the driver's side of the contract
    return answer


def now() -> Protocol[float]:
    """Return a monotonic time in seconds."""
    answer = yield Now()
    assert isinstance(answer, float)  # noqa: S101 - the driver's side of the contract
    return answer
