"""The platform as a state machine over virtual time: records shaped as on the wire, actions, answers.

It knows nothing of appliers and of this package: it stores, lists with a lag, and moves tasks through their
states. What goes wrong with a request is decided in `faults`, what people do in `deeds`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.proof.simulation.fate import Fate
from tests.proof.simulation.history import PLATFORM, Caller, History, Kind

Json = Mapping[str, object]
# Later than any clock that runs this: the guard that counts lost hours by the machine's clock counts none.
EPOCH = datetime(2100, 1, 1, tzinfo=UTC)
PENDING = frozenset({"Initialized", "Queue", "Staging"})
STOPPABLE = frozenset({*PENDING, "Running"})
ENDED = frozenset({"Success", "Failed", "Exception", "Cancelled", "Killed"})
FINISHED = ENDED | {"SuccessHolding", "FailedHolding"}
KNOWN = STOPPABLE | FINISHED | {"Killing"}
SUCCEEDED = frozenset({"Success", "SuccessHolding"})
STOP_TAKES = 3.0
QUEUE_TAKES = 5.0

# How long a new record stays out of each way to find it, in parts of the assumed lag.
LAGS: Mapping[str, Mapping[str, float]] = {
    "shown at once": {},
    "listed late": {"scope": 1, "task": 1, "run": 1, "name": 1},
    "found late by tags": {"scope": 1, "task": 1, "run": 1},
    "found late by name": {"name": 1},
    "found late by its run": {"run": 1, "scope": 0.5},
    "read late by id": {"id": 1},
    "found late everywhere": {"scope": 1, "task": 1, "run": 1, "name": 1, "id": 1},
}


@dataclass(frozen=True, slots=True)
class Traits:
    """What this platform is like. Times are seconds; `listLag` is the longest that a record is hidden."""

    list_lag: float = 20.0
    commit_window: float = 10.0
    page_size: int = 100
    matches_parts_of_tags: bool = False
    latency: float = 0.05
    assumed: float = 1.0
    """Which part of both times the appliers assume: below 1 they assume too little."""


class ApiFailure(Exception):
    """A request that the API refuses in its own words; it was not executed."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(slots=True)
class Stored:
    """One record, who made it, how it looked before, and since when it can be found in each way."""

    wire: dict[str, object]
    maker: Caller
    born: float
    shows: Mapping[str, float]
    is_touched: bool = False
    """Whether a person changed it or the platform made it: then it is not as we left it."""
    versions: list[tuple[float, dict[str, object] | None]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.wire["Id"])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.wire["Name"])

    @property
    def state(self) -> str:
        """The platform's word for its state."""
        return str(self.wire["State"])

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags."""
        return tags_in(self.wire)

    @property
    def is_active(self) -> bool:
        """Whether it is not surely finished."""
        return self.state not in FINISHED

    @property
    def age(self) -> tuple[str, str]:
        """The order of records: CreateTime, then Id."""
        return str(self.wire["CreateTime"]), self.id

    def looked(self, time: float) -> dict[str, object] | None:
        """How it looked at a time, or when it was made if that is later; None when it was gone."""
        shown = self.versions[0][1]
        for since, version in self.versions:
            if since > time:
                break
            shown = version
        return shown


def tags_in(record: Json) -> tuple[str, ...]:
    """The tags of a record on the wire."""
    found = record.get("Tags")
    return tuple(map(str, found)) if isinstance(found, list) else ()


@dataclass(slots=True)
class Service:
    """Every record, the clock, and what is still to come."""

    traits: Traits
    fate: Fate
    time: float = 1000.0
    history: History = field(init=False)
    records: dict[str, Stored] = field(default_factory=dict)
    gone: dict[str, Stored] = field(default_factory=dict)
    out_until: float = 0.0
    out_by: str = ""
    """What every request meets until then."""
    _coming: list[tuple[float, int, str, Callable[[], None]]] = field(default_factory=list)
    _numbers: int = 0

    def __post_init__(self) -> None:
        self.history = History(lambda: self.time)

    def advance(self, seconds: float) -> None:
        """Let time pass, and in its order what is to happen by then."""
        until = self.time + seconds
        while self._coming and self._coming[0][0] <= until:
            when, _, _, happen = heapq.heappop(self._coming)
            self.time = max(self.time, when)
            happen()
        self.time = until

    def later(self, seconds: float, what: str, happen: Callable[[], None]) -> None:
        """Let something happen in so many seconds. `what` tells it from others that are to come."""
        self._numbers += 1
        heapq.heappush(self._coming, (self.time + seconds, self._numbers, what, happen))

    @property
    def now(self) -> datetime:
        """The time as a calendar has it."""
        return EPOCH + timedelta(seconds=self.time)

    def outlook(self) -> tuple[object, ...]:
        """All that decides what this platform will do, for telling two states apart."""
        records = (
            (
                one.id,
                one.state,
                one.tags,
                one.name,
                str(one.wire.get("Description")),
                one.maker,
                one.is_touched,
                tuple(sorted((index, max(0.0, when - self.time)) for index, when in one.shows.items())),
                self._recent(one),
            )
            for one in self.records.values()
        )
        coming = sorted((when - self.time, what) for when, _, what, _ in self._coming)
        return (
            round(self.time, 3),
            tuple(records),
            tuple(self.gone),
            tuple(coming),
            (max(0.0, self.out_until - self.time), self.out_by),
        )

    def _recent(self, one: Stored) -> tuple[tuple[float, str], ...]:
        """How it looked of late: what an old list shows."""
        since = self.time - self.traits.list_lag
        return tuple((when, repr(version)) for when, version in one.versions if when > since)

    def create(self, body: Json, by: Caller, *, is_touched: bool = False) -> str:
        """Make a record; how long it stays hidden is a matter of fate."""
        lags = LAGS[self.fate.draw("how a new task shows", tuple(LAGS))] if by.machine >= 0 else {}
        shows = {index: self.time + part * self.traits.list_lag for index, part in lags.items()}
        wire = {**body, "Id": self._new_id(), "State": "Queue", "CreateTime": self._stamp()}
        self.put(Stored(wire, by, self.time, shows, is_touched))
        self.history.note(Kind.WRITTEN, "CreateCustomTask", str(wire["Id"]), by=by, data=wire)
        self._queue(str(wire["Id"]))
        return str(wire["Id"])

    def put(self, stored: Stored) -> None:
        """Have a record, without telling."""
        stored.versions.append((stored.born, dict(stored.wire)))
        self.records[stored.id] = stored

    def stop(self, run: str, by: Caller) -> None:
        """Ask a task to end, which it does in its own time."""
        stored = self._existing(run)
        if stored.state in {"SuccessHolding", "FailedHolding"}:
            self.write(run, {"State": stored.state.removesuffix("Holding")}, "StopCustomTask", by)
            return
        if stored.state not in STOPPABLE:
            raise ApiFailure("InvalidParameter", f"custom task is {stored.state}")
        self.write(run, {"State": "Killing"}, "StopCustomTask", by)
        self.later(STOP_TAKES, f"end {run}", lambda: self._end_stop(run))

    def erase(self, run: str, by: Caller) -> None:
        """Remove the record of a task that has ended."""
        stored = self._existing(run)
        if stored.state not in ENDED:
            raise ApiFailure("CustomTaskNotInTerminalState", "custom task is active", 409)
        del self.records[run]
        self.gone[run] = stored
        stored.versions.append((self.time, None))
        self.history.note(Kind.WRITTEN, "DeleteCustomTask", run, by=by, data=stored.wire)

    def write(self, run: str, fields: Json, action: str, by: Caller) -> None:
        """Change fields of a record."""
        stored = self._existing(run)
        before = dict(stored.wire)
        stored.wire.update(fields)
        stored.wire["UpdateTime"] = self._stamp()
        stored.versions.append((self.time, dict(stored.wire)))
        self.history.note(
            Kind.WRITTEN, action, run, by=by, data={"before": before, "after": dict(stored.wire)}
        )

    def get(self, run: str) -> Json:
        """The record as it is now, once it can be read by its id."""
        stored = self._existing(run)
        if stored.shows.get("id", 0) > self.time:
            raise ApiFailure("ResourceNotFound", "no such task", 404)
        return dict(stored.wire)

    def listing(self, body: Json, *, stale: float = 0.0) -> tuple[list[Json], int]:
        """One page by id, as the list was so many seconds ago; and how many there are in all."""
        found = sorted(self._matching(body, self.time - stale), key=lambda record: str(record["Id"]))
        if body.get("SortOrder") != "Ascend":
            found.reverse()
        offset, limit = int(str(body.get("Offset", 0))), int(str(body.get("Limit", 10)))
        return list(found[offset : offset + min(limit, self.traits.page_size)]), len(found)

    def _matching(self, body: Json, moment: float) -> Iterator[Json]:
        asked = body.get("Tags")
        tag = str(asked[0]) if isinstance(asked, list) and asked else ""
        name = str(body.get("Name", ""))
        index = tag.removeprefix("jobspec-").partition("_")[0] if tag else "name"
        for stored in (*self.records.values(), *self.gone.values()):
            record = stored.looked(moment)
            if record is None or stored.shows.get(index, 0) > self.time:
                continue
            if name in {"", record["Name"]} and (not tag or self._has_tag(record, tag)):
                yield record

    def _has_tag(self, record: Json, tag: str) -> bool:
        found = tags_in(record)
        return any(tag in one for one in found) if self.traits.matches_parts_of_tags else tag in found

    def _existing(self, run: str) -> Stored:
        if run not in self.records:
            raise ApiFailure("ResourceNotFound", "no such task", 404)
        return self.records[run]

    def _queue(self, run: str) -> None:
        def start() -> None:
            if run in self.records and self.records[run].state in PENDING:
                self.write(run, {"State": "Running", "LaunchTime": self._stamp()}, "launch", PLATFORM)

        self.later(QUEUE_TAKES, f"launch {run}", start)

    def _end_stop(self, run: str) -> None:
        if run in self.records and self.records[run].state == "Killing":
            self.write(run, {"State": "Cancelled", "FinishTime": self._stamp()}, "end", PLATFORM)

    def _new_id(self) -> str:
        # The last part is not in the order of creation, as on the platform.
        self._numbers += 1
        return f"t-{self.now:%Y%m%d%H%M%S}-{(self._numbers * 7919) % 100_000:05d}"

    def _stamp(self) -> str:
        return self.now.isoformat()
