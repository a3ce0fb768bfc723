"""The end of the logs of failed replicas: which ones, with few reads, and problems reported, not raised."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from jobspec.cloud.answers.logs import LogChunk
from jobspec.cloud.answers.wire import InstanceRecord, read_instances
from jobspec.errors import JobspecError, NotFound, Unavailable
from jobspec.report.tail_text import Tail, Tails
from jobspec.workflow.runs.failures import read_tails

if TYPE_CHECKING:
    from jobspec.cloud.client import PlatformClient

AWAY = Unavailable("the platform is away", action="GET")


@dataclass
class Client:
    """Replicas by state, and their logs."""

    states: tuple[str, ...]
    logs: dict[str, bytes | JobspecError] = field(default_factory=dict)
    problem: JobspecError | None = None
    address: str = "http://logs/"
    most: int = 2**20
    reports_size: bool = True
    reads: int = 0

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
        self.reads += 1
        data = log[start : start + self.most]
        return LogChunk(data, start + len(data), len(log) if self.reports_size else 0)


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


def test_a_log_that_cannot_be_read_does_not_hide_another() -> None:
    gone = NotFound("there is no such log", action="GET")
    assert tails(Client(("Failed", "Failed"), {"0": gone, "1": b"text"})).shown == (
        Tail("worker-0", problem="there is no such log"),
        Tail("worker-1", b"text"),
    )


def test_replicas_that_cannot_be_listed_are_a_problem_but_not_an_error() -> None:
    assert tails(Client((), problem=AWAY)) == Tails(problem="the platform is away")


@pytest.mark.parametrize("reports_size", [True, False])
@pytest.mark.parametrize("size", [0, 1, 30_000, 65_536, 65_537, 95_536, 250_000])
def test_the_last_64_kib_of_a_log_are_read(size: int, reports_size: bool) -> None:
    log = random.Random(size).randbytes(size)
    client = Client(("Failed",), {"0": log}, most=30_000, reports_size=reports_size)
    assert tails(client).shown == (Tail("worker-0", log[-64 * 1024 :]),)


def test_the_middle_of_a_long_log_is_not_read() -> None:
    client = Client(("Failed",), {"0": b"x" * 2**26})
    tails(client)
    assert client.reads == 3  # its beginning, its end, and the check that nothing follows


def test_a_log_without_an_address_is_not_reported_as_empty() -> None:
    [tail] = tails(Client(("Failed",), address="")).shown
    assert tail == Tail("worker-0", problem="the platform returned no log address")
