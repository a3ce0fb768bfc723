"""What can go wrong with a request: on its way, in the platform, on the way back; or with who sent it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tests.proof.simulation.history import Caller, Kind
from tests.proof.simulation.service import ApiFailure, Json, Service

WRITES = frozenset({"CreateCustomTask", "StopCustomTask", "DeleteCustomTask", "UpdateCustomTask"})
# The appliers die there. What they had in flight may still arrive.
CRASHES = (
    "crash before it is sent",
    "crash once sent, lost",
    "crash once sent, executed late",
    "crash once executed",
    "crash once answered",
)
WRITE_FAULTS = (
    "not sent",
    "lost on the way there",
    "executed, the answer lost",
    "executed late, the answer lost",
    "executed at the end of the window, the answer lost",
    "refused",
    "throttled",
    "5xx, not executed",
    "5xx, executed",
    "nonsense, not executed",
    "nonsense, executed",
    "slow",
    "an outage",
    "the key is revoked",
)
READ_FAULTS = (
    "read not sent",
    "read lost",
    "read refused",
    "read throttled",
    "read answered 5xx",
    "read answered nonsense",
    "read slow",
    "an outage",
    "the key is revoked",
)
LIST_FAULTS = (
    "an old list",
    "a wrong total",
    "a list without a list",
    "the first page again",
    "a record twice",
)
# What the platform does to a request, not the way to it: it was executed, but not as it was asked for.
CREATE_FAULTS = ("executed, the id of another", "executed without its tags", "executed under half its name")
UPDATE_FAULTS = ("half written",)
JOURNAL_CRASHES = ("crash before it is noted", "crash with half a note", "crash once noted")
SLEEP_CRASH = "crash asleep"
KINDS = tuple(
    dict.fromkeys(
        (
            *WRITE_FAULTS,
            *CREATE_FAULTS,
            *UPDATE_FAULTS,
            *READ_FAULTS,
            *LIST_FAULTS,
            *CRASHES,
            *JOURNAL_CRASHES,
            SLEEP_CRASH,
        )
    )
)
_OF_ACTION: Mapping[str, tuple[str, ...]] = {
    "ListCustomTasks": LIST_FAULTS,
    "CreateCustomTask": CREATE_FAULTS,
    "UpdateCustomTask": UPDATE_FAULTS,
}
SLOW_SECONDS = 12.0
OUTAGE_SECONDS = 60.0

_FINE = "fine"
_NOT_EXECUTED = frozenset(
    {"not sent", "crash before it is sent", "refused", "throttled", "an outage", "the key is revoked"}
)
# To who waits for no result, an envelope without an error is a success: these are nonsense to others.
_UNREADABLE = (
    b"<html><body>502 Bad Gateway</body></html>",
    b'{"ResponseMetadata": {"RequestId": "r-1"}, "Result": {"Id": "t-2',
    b"",
)
_EMPTY = (
    b'{"ResponseMetadata": {"RequestId": "r-1"}}',
    b'{"ResponseMetadata": {"RequestId": "r-1"}, "Result": {"Id": null, "List": "none"}}',
)
_WITHOUT_RESULT = frozenset({"StopCustomTask", "DeleteCustomTask", "UpdateCustomTask"})


class Crashed(BaseException):
    """The applier that made this call is dead: nothing of it may go on."""


class Unsent(Exception):
    """The connection never stood."""


class Lost(Exception):
    """The answer never came."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer."""

    status: int
    body: bytes


@dataclass(slots=True)
class Frontend:
    """Takes requests as the API does, and lets fate have its way with each."""

    service: Service
    before_each: Callable[[str], None] = lambda _: None
    """Called before each request: what happens between two requests."""
    may_crash: Callable[[], bool] = lambda: False
    """Whether the applier may die at present."""
    has_faults: bool = True

    def post(self, action: str, body: Json) -> Reply:
        """Answer one request. Raises `Unsent`, `Lost`, and `Crashed` for who sent it."""
        self.before_each(action)
        caller = self.service.history.caller
        run = str(body.get("Id", ""))
        self.service.history.note(Kind.SENT, action, run, data=body)
        is_out = self.service.time < self.service.out_until
        fate = self.service.out_by if is_out else self.service.fate.pick(action, self._options(action))
        self.service.advance(self.service.traits.latency)
        request = _Request(self.service, action, body, caller)
        return request.meet(fate)

    def _options(self, action: str) -> tuple[str, ...]:
        is_write = action in WRITES
        crashes = CRASHES[: None if is_write else 1] if self.may_crash() else ()
        if not self.has_faults:
            return (_FINE, *crashes)
        faults = WRITE_FAULTS if is_write else READ_FAULTS
        return (_FINE, *faults, *_OF_ACTION.get(action, ()), *crashes)


@dataclass(frozen=True, slots=True)
class _Request:
    service: Service
    action: str
    body: Json
    caller: Caller

    def meet(self, fate: str) -> Reply:
        fate = fate.removeprefix("read ")
        if fate in LIST_FAULTS:
            return self._listed(fate)
        if fate in {*CREATE_FAULTS, *UPDATE_FAULTS}:
            return self._altered(fate)
        return self._untouched(fate) if fate in _NOT_EXECUTED else self._executed_or_unclear(fate)

    def _untouched(self, fate: str) -> Reply:
        """It was surely not executed."""
        match fate:
            case "not sent":
                raise Unsent
            case "crash before it is sent":
                raise Crashed
            case "refused":
                return failure(ApiFailure("AccessDenied", f"not allowed: {_echo(self.body)}", 403))
            case "throttled":
                return failure(ApiFailure("FlowLimitExceeded", "too many requests", 429))
            case _:
                self._outage(fate)
                if fate == "an outage":
                    raise Lost
                return failure(ApiFailure("InvalidAccessKey", "no such key", 401))

    def _executed_or_unclear(self, fate: str) -> Reply:
        match fate:
            case "fine":
                return self._answered()
            case "slow":
                reply = self._answered()
                self.service.advance(SLOW_SECONDS)
                return reply
            case other:
                return self._unclear(other)

    def _outage(self, fate: str) -> None:
        if self.service.time >= self.service.out_until:
            self.service.out_until, self.service.out_by = self.service.time + OUTAGE_SECONDS, fate

    def _altered(self, fate: str) -> Reply:
        """Executed, but not as it was asked for."""
        name = str(self.body["Name"])
        match fate:
            case "executed without its tags":
                return replace(self, body={**self.body, "Tags": []})._answered()
            case "executed under half its name":
                return replace(self, body={**self.body, "Name": name[: len(name) // 2]})._answered()
            case "half written":
                return replace(self, body={"Id": self.body["Id"], "Name": name})._answered()
            case _:
                self._answered()
                return success(self.action, {"Id": min(self.service.records)})

    def _unclear(self, fate: str) -> Reply:
        """Nobody can tell from what comes back whether it was executed."""
        window = self.service.traits.commit_window
        if fate == "executed at the end of the window, the answer lost":
            self._execute_in(window)
        elif "late" in fate:
            self._execute_in(window / 2)
        elif ("executed" in fate and "not executed" not in fate) or fate == "crash once answered":
            self._answered()
        if fate.startswith("crash"):
            raise Crashed
        if "lost" in fate:
            raise Lost
        if "5xx" in fate:
            return failure(ApiFailure("InternalError", f"failed: {_echo(self.body)}", 500))
        return self._nonsense()

    def _nonsense(self) -> Reply:
        kinds = _UNREADABLE if self.action in _WITHOUT_RESULT else (*_UNREADABLE, *_EMPTY)
        number = self.service.fate.draw("nonsense", tuple(map(str, range(len(kinds)))))
        return Reply(200, kinds[int(number)])

    def _execute_in(self, seconds: float) -> None:
        what = f"{self.caller} {self.action} {json.dumps(self.body, sort_keys=True)}"
        self.service.later(seconds, what, self._execute_quietly)

    def _execute_quietly(self) -> None:
        if self.action in WRITES:
            self._answered()

    def _answered(self) -> Reply:
        try:
            return success(self.action, self._executed())
        except ApiFailure as refusal:
            return failure(refusal)

    def _executed(self) -> Json:
        run = str(self.body.get("Id", ""))
        match self.action:
            case "CreateCustomTask":
                return {"Id": self.service.create(self.body, self.caller), "OrderNumber": ""}
            case "GetCustomTask":
                return self._got(run)
            case "ListCustomTasks":
                records, total = self.service.listing(self.body)
                return self._shown(records, total)
            case "StopCustomTask":
                self.service.stop(run, self.caller)
            case "DeleteCustomTask":
                self.service.erase(run, self.caller)
            case "UpdateCustomTask":
                fields = {key: value for key, value in self.body.items() if key != "Id"}
                self.service.write(run, fields, self.action, self.caller)
            case unknown:
                raise ApiFailure("InvalidActionOrVersion", f"no action {unknown}", 404)
        return {}

    def _got(self, run: str) -> Json:
        record = self.service.get(run)
        self.service.history.note(Kind.SHOWN, self.action, run, by=self.caller, data=record)
        return record

    def _listed(self, fate: str) -> Reply:
        stale = self.service.traits.list_lag if fate == "an old list" else 0.0
        records, total = self.service.listing(self.body, stale=stale)
        if fate == "a wrong total":
            total += 1 if total % 2 else -1
        if fate == "a list without a list":
            return success(self.action, {"Total": 0})
        if fate == "the first page again":
            records, total = self.service.listing({**self.body, "Offset": 0})
        if fate == "a record twice":
            records = [*records, *records[-1:]]
        return success(self.action, self._shown(records, total))

    def _shown(self, records: list[Json], total: int) -> Json:
        shown = {"asked": dict(self.body), "runs": {str(record["Id"]): record for record in records}}
        self.service.history.note(Kind.SHOWN, self.action, by=self.caller, data=shown)
        return {"Total": total, "List": records}


def success(action: str, result: Json) -> Reply:
    """A good answer."""
    envelope = {"ResponseMetadata": {"RequestId": "r-1", "Action": action}, "Result": result}
    return Reply(200, json.dumps(envelope).encode())


def failure(error: ApiFailure) -> Reply:
    """A refusal in the API's own words."""
    told: Mapping[str, object] = {"Code": error.code, "CodeN": 0, "Message": error.message}
    return Reply(error.status, json.dumps({"ResponseMetadata": {"RequestId": "r-1", "Error": told}}).encode())


def _echo(body: Json) -> str:
    """Platforms repeat what they were sent, secrets too."""
    return json.dumps(body.get("Envs") or body.get("Id") or "")
