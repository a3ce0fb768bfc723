"""The life of a task: its states, their transitions, and what the ends of its replicas mean.

Pure: values in, values out. The store applies `move`, the supervisor decides with the rest.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE_NOTE = "the local platform does not pull the image; it runs the command on this machine"
DEADLINE_CODE = 137  # as for a killed container: 128 + SIGKILL


class State(StrEnum):
    """The platform's states of a task and of an instance. A task is only `Killed` if a setting says so."""

    INITIALIZED = "Initialized"
    QUEUE = "Queue"
    STAGING = "Staging"
    RUNNING = "Running"
    KILLING = "Killing"
    SUCCESS = "Success"
    SUCCESS_HOLDING = "SuccessHolding"
    FAILED = "Failed"
    FAILED_HOLDING = "FailedHolding"
    EXCEPTION = "Exception"
    CANCELLED = "Cancelled"
    KILLED = "Killed"


class Event(StrEnum):
    """What can happen to a task."""

    ENQUEUE = "enqueue"
    ADMIT = "admit"
    LAUNCH = "launch"
    SUCCEED = "succeed"
    FAIL = "fail"
    HOLD_SUCCESS = "hold success"
    HOLD_FAILURE = "hold failure"
    RELEASE = "release"
    RETRY = "retry"
    STOP = "stop"
    STOPPED = "stopped"
    KILLED = "killed"
    LOSE = "lose"


TERMINAL = frozenset({State.SUCCESS, State.FAILED, State.EXCEPTION, State.CANCELLED, State.KILLED})
HOLDING = frozenset({State.SUCCESS_HOLDING, State.FAILED_HOLDING})

_ENDS = {
    Event.SUCCEED: State.SUCCESS,
    Event.FAIL: State.FAILED,
    Event.HOLD_SUCCESS: State.SUCCESS_HOLDING,
    Event.HOLD_FAILURE: State.FAILED_HOLDING,
    Event.RETRY: State.QUEUE,
    Event.LOSE: State.EXCEPTION,
}
_MOVES: Mapping[State, Mapping[Event, State]] = {
    State.INITIALIZED: {Event.ENQUEUE: State.QUEUE, Event.STOP: State.KILLING},
    State.QUEUE: {Event.ADMIT: State.STAGING, Event.FAIL: State.FAILED, Event.STOP: State.KILLING},
    State.STAGING: {Event.LAUNCH: State.RUNNING, Event.STOP: State.KILLING, **_ENDS},
    State.RUNNING: {Event.STOP: State.KILLING, **_ENDS},
    State.KILLING: {Event.STOPPED: State.CANCELLED, Event.KILLED: State.KILLED},
    # Stopping a task that has already ended only releases its resources: its result does not change.
    State.SUCCESS_HOLDING: {Event.RELEASE: State.SUCCESS, Event.STOP: State.SUCCESS},
    State.FAILED_HOLDING: {Event.RELEASE: State.FAILED, Event.STOP: State.FAILED},
}


class IllegalMove(Exception):
    """The event cannot happen to a task in this state."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{event} in {state}")
        self.state = state
        self.event = event


def move(state: State, event: Event) -> State:
    """Return the state after `event`. Raises `IllegalMove`; nothing ever leaves a terminal state."""
    try:
        return _MOVES.get(state, {})[event]
    except KeyError:
        raise IllegalMove(state, event) from None


class ReplicaExit(Struct, frozen=True):
    """How a replica ended: its exit code, which is 128 + n if signal n killed it."""

    code: int
    signal: int = 0

    def describe(self) -> str:
        """Return `exited with code 3` or `was killed by signal 9`."""
        return f"was killed by signal {self.signal}" if self.signal else f"exited with code {self.code}"


class Verdict(Struct, frozen=True):
    """What happens to a task once its last process is gone. `message` is its DiagInfo."""

    event: Event
    message: str
    exit_code: int = 0
    retryable: bool = False


def verdict(exits: Mapping[str, ReplicaExit], *, replicas: int) -> Verdict | None:
    """Return the verdict on a task of `replicas` from the exits so far, in order; None while it is open."""
    for name, end in exits.items():
        if end.code:
            return Verdict(Event.FAIL, f"{name} {end.describe()}", end.code, retryable=True)
    if len(exits) < replicas:
        return None
    return Verdict(Event.SUCCEED, "Completed: all replicas exited with code 0")


def replica_state(end: ReplicaExit, decided: Verdict | None) -> State:
    """Return the state of an ended replica, given the verdict before its end (None: open)."""
    if decided is None:
        return State.FAILED if end.code else State.SUCCESS
    return State.CANCELLED if decided.event is Event.STOPPED else State.KILLED


def deadline_verdict(seconds: float) -> Verdict:
    """Return the verdict on a task that exceeded its deadline; it is not retried."""
    message = f"deadline exceeded: ran longer than ActiveDeadlineSeconds={seconds:g}"
    return Verdict(Event.FAIL, message, DEADLINE_CODE)


def not_started_verdict(replica: str, reason: str) -> Verdict:
    """Return the verdict on a task with a replica that could not be started."""
    return Verdict(Event.FAIL, f"{replica} could not be started: {reason}", 127, retryable=True)


def lost_verdict(state: State) -> Verdict:
    """Return the verdict on a task, found in `state`, whose supervisor is gone. It is never started again."""
    if state is State.KILLING:
        return stopped_verdict()
    doing = "starting" if state is State.STAGING else "running"
    return Verdict(Event.LOSE, f"the supervisor died while the task was {doing}", DEADLINE_CODE)


def stopped_verdict() -> Verdict:
    """Return the verdict on a task that was stopped through the API."""
    return Verdict(Event.STOPPED, "stopped on request")


class EndPolicy(Struct, frozen=True):
    """What may follow an end: `retries_left` more attempts, and `delay_exit` seconds of holding."""

    retries_left: int = 0
    delay_exit: int = 0


def settle(decided: Verdict, policy: EndPolicy) -> Event:
    """Return the event that a verdict leads to under `policy`: a retry first, then holding, then the end."""
    if decided.retryable and policy.retries_left > 0:
        return Event.RETRY
    held = {Event.SUCCEED: Event.HOLD_SUCCESS, Event.FAIL: Event.HOLD_FAILURE}
    return held.get(decided.event, decided.event) if policy.delay_exit > 0 else decided.event


def waiting_note(needed: int, free: int) -> str:
    """Return the DiagInfo of the task at the head of the queue."""
    return f"waiting for {needed} {'slot' if needed == 1 else 'slots'}, {free} free"


def too_large_note(needed: int, slots: int) -> str:
    """Return the DiagInfo of a task that can never start because the machine has too few slots."""
    return f"needs {needed} slots, but this machine has {slots}"
