"""The end of the logs of what failed: which replicas, few reads, and a problem that is told, not raised."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.cloud.answers.logs import LogChunk
from jobspec.cloud.answers.wire import InstanceRecord, read_instances
from jobspec.errors import JobspecError, NotFound, Unavailable
from jobspec.report.tail_text import Tail, Tails
from jobspec.workflow.runs.failures import last_bytes, read_tails

if TYPE_CHECKING:
    from jobspec.cloud.client import PlatformClient

AWAY = Unavailable("the platform is away", action="GET")


@dataclass
class Client:
    """Replicas by their states, and their logs."""

    states: tuple[str, ...]
    logs: dict[str, bytes | JobspecError] = field(default_factory=dict)
    problem: JobspecError | None = None
    address: str = "http://logs/"

    def instances(self, task_id: str) -> tuple[InstanceRecord, ...]:
        if self.problem:
            raise self.problem
        listed = [
            {
                "RoleName": "worker",
                "RoleIndex": str(n),
                "State": state,
                "LogURL": self.address and f"{self.address}{n}",
            }
            for n, state in enumerate(self.states)
        ]
        return read_instances({"List": listed}, action="GetCustomTaskInstances")

    def fetch_log(self, url: str, *, start: int = 0) -> LogChunk:
        log = self.logs.get(url.removeprefix("http://logs/"), b"")
        if isinstance(log, JobspecError):
            raise log
        return LogChunk(log[start:], len(log))


def tails(client: Client) -> Tails:
    return read_tails(cast("PlatformClient", client), "t-1")


CHOSEN = {
    "the-failed-ones": (("Killed", "Failed", "Success", "Exception"), ["worker-1", "worker-3"], 0),
    "any-where-none-failed": (("Killed", "Killed"), ["worker-0", "worker-1"], 0),
    "at-most-three": (("Failed",) * 5, ["worker-0", "worker-1", "worker-2"], 2),
    "none": ((), [], 0),
}


@pytest.mark.parametrize(("states", "names", "more"), CHOSEN.values(), ids=CHOSEN.keys())
def test_the_replicas_that_failed_are_read_and_at_most_three(
    states: tuple[str, ...], names: list[str], more: int
) -> None:
    found = tails(Client(states))
    assert ([tail.replica for tail in found.shown], found.more) == (names, more)


def test_a_log_that_cannot_be_read_keeps_no_other_from_being_shown() -> None:
    gone = NotFound("there is no such log", action="GET")
    assert tails(Client(("Failed", "Failed"), {"0": gone, "1": b"text"})).shown == (
        Tail("worker-0", problem="there is no such log"),
        Tail("worker-1", b"text"),
    )


def test_replicas_that_cannot_be_listed_are_a_problem_and_no_error() -> None:
    assert tails(Client((), problem=AWAY)) == Tails(problem="the platform is away")


@given(size=st.integers(0, 3000), room=st.integers(1, 200), piece=st.integers(1, 100))
def test_the_last_bytes_are_the_last_however_long_the_log_and_short_the_reads(
    size: int, room: int, piece: int
) -> None:
    log = bytes(n % 251 for n in range(size))
    assert last_bytes(lambda start: log[start : start + piece], room) == log[-room:]


def test_the_end_of_a_huge_log_is_found_in_few_reads() -> None:
    size, asked = 10**11, []

    def read(start: int) -> bytes:
        asked.append(start)
        return b"x" * min(2**20, max(0, size - start))

    assert len(last_bytes(read, 2**16)) == 2**16
    assert len(asked) < 60


def test_a_log_without_an_address_is_not_called_empty() -> None:
    [tail] = tails(Client(("Failed",), address="")).shown
    assert tail == Tail("worker-0", problem="the platform returned no log address")
