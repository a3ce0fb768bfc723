"""Checks of a remote platform: reads, and calls for a task id that cannot exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from jobspec.cloud import skew
from jobspec.cloud.answers.query import ListQuery
from jobspec.cloud.answers.timestamps import read_time
from jobspec.cloud.client import PlatformClient
from jobspec.cloud.retry import RetryPolicy
from jobspec.cloud.settings import (
    DEFAULT_ENDPOINT,
    DEFAULT_REGION,
    ClientSettings,
    check_endpoint,
)
from jobspec.cloud.signing import MAX_SKEW
from jobspec.errors import (
    BadAnswer,
    ConfigurationError,
    CredentialsError,
    Forbidden,
    JobspecError,
    NotAuthenticated,
    NotSent,
    PlatformError,
    Refused,
    Throttled,
    Unavailable,
    UnknownAction,
    UsageError,
)
from jobspec.report.doctor.view import (
    CheckView,
    ok,
    problem,
    warning,
)
from jobspec.report.view import PlatformView
from jobspec.workflow.account.connect import left_out_exceptions, system_of, wire_settings
from jobspec.workflow.doctor.queues import queue_checks
from jobspec.workflow.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from jobspec.cloud.answers.wire import Page
    from jobspec.cloud.credentials import Doubt
    from jobspec.cloud.observing import Exchanged
    from jobspec.workflow.account.account import Located

T = TypeVar("T")

_BRIEF = RetryPolicy(tries=2, total=45.0)
_NO_TASK = "t-00000000000000-00000"
# These have no effect: no task has that id, and the update names no field.
_OPTIONAL: Mapping[str, tuple[Mapping[str, object], str]] = {
    "UpdateCustomTask": (
        {"Id": _NO_TASK},
        "contact the platform's support; without it, changes of names and tags are reported but not applied",
    ),
    "ListCustomTaskTimelines": (
        {"CustomTaskId": _NO_TASK},
        "no action needed: only `jobspec task timeline` uses it",
    ),
    "GetContainerLogs": (
        {"CustomTaskId": _NO_TASK, "PodName": f"{_NO_TASK}-worker-0", "Offset": 0},
        "no action needed: logs are read from the log address of each instance",
    ),
}


def examine_wire(
    located: Located, surroundings: Surroundings
) -> tuple[PlatformView | None, tuple[CheckView, ...]]:
    """Return the platform and the results of the checks, until one fails."""
    platform, named_by = located.platform, located.endpoint_from
    try:
        check_endpoint(platform.endpoint or DEFAULT_ENDPOINT)
    except UsageError as error:
        return None, (_failed("endpoint", error),)
    try:
        settings, doubts = wire_settings(
            platform, surroundings.environ, surroundings.home, endpoint_from=named_by
        )
    except (CredentialsError, ConfigurationError) as error:
        view = _view(located, platform.region or DEFAULT_REGION)
        return view, (_where(view), _failed("credentials", error))
    view = _view(located, settings.region)
    found = (_where(view), *_credentials(settings, doubts))
    try:
        examination = _Examination(settings, surroundings)
    except UsageError as error:  # the endpoint is valid; the remaining checks are about the way to it
        return view, (*found, _failed("certificates" if error.code == "JS534" else "proxy", error))
    return view, (*found, *_exceptions(), *examination.checks())


def _exceptions() -> tuple[CheckView, ...]:
    message = left_out_exceptions()
    return (
        (warning("proxy", message, "to see the supported entries, run: jobspec explain JS535"),)
        if message
        else ()
    )


def _view(located: Located, region: str) -> PlatformView:
    endpoint = located.platform.endpoint or DEFAULT_ENDPOINT
    return PlatformView(
        kind=located.platform.kind, region=region, endpoint=endpoint, endpoint_from=located.endpoint_from
    )


def _where(view: PlatformView) -> CheckView:
    region = "" if view.kind == "local" else f" in {view.region}"
    named = f", by {view.endpoint_from}" if view.endpoint_from else ""
    return ok("platform", f"{view.kind}{region}, at {view.endpoint}{named}")


def _failed(name: str, error: JobspecError) -> CheckView:
    return problem(name, error.message, error.help)


def _credentials(settings: ClientSettings, doubts: tuple[Doubt, ...]) -> tuple[CheckView, ...]:
    found = ok("credentials", f"from {settings.credential_source}")
    return (found, *(warning("credentials", doubt.message, doubt.help) for doubt in doubts))


class _Examination:
    """The requests to one platform, and what was seen of each exchange."""

    def __init__(self, settings: ClientSettings, surroundings: Surroundings) -> None:
        self._seen: list[Exchanged] = []
        self._watching = surroundings.observer
        system = replace(system_of(surroundings), observer=self._note)
        self._now = system.now
        self._client = PlatformClient(settings=replace(settings, retry=_BRIEF), system=system)

    def _note(self, exchanged: Exchanged) -> None:
        self._seen.append(exchanged)
        if self._watching is not None:
            self._watching(exchanged)

    def checks(self) -> tuple[CheckView, ...]:
        """Send the requests one by one, for as long as the answers allow the next."""
        with self._client as client:
            answer = _tried(lambda: client.list_page(ListQuery(limit=2)))
            if isinstance(answer, (NotSent, Unavailable, BadAnswer)):
                return (_failed("endpoint", answer),)
            reached = ok("endpoint", f"responds in {self._seen[-1].seconds * 1000:.0f} ms")
            found = (reached, *_signature(answer), self._clock_compared(answer))
            if isinstance(answer, (NotAuthenticated, Throttled)):
                return found
            optional = (self._action(name, *request) for name, request in _OPTIONAL.items())
            return (*found, *optional, *queue_checks(client))

    def _clock_compared(self, answer: Page | PlatformError) -> CheckView:
        ahead = self._seen[-1].ahead
        if ahead is None:
            ahead = _ahead_of_tasks(answer, self._now())
        return _clock_check(ahead)

    def _action(self, name: str, body: Mapping[str, object], help_: str) -> CheckView:
        match _tried(lambda: self._client.call(name, body)):
            case UnknownAction():
                return warning(name, "not available on this platform or account", help_)
            case Forbidden() as error:
                return warning(name, error.message, error.help)
            case NotAuthenticated() as error:
                return _failed(name, error)
            case PlatformError() as error if not isinstance(error, Refused):
                return warning(name, f"unknown: {error.message}", error.help)
            case _:
                return ok(name, "available")


def _tried(call: Callable[[], T]) -> T | PlatformError:
    try:
        return call()
    except PlatformError as error:
        return error


def _signature(answer: Page | PlatformError) -> tuple[CheckView, ...]:
    # A platform that checks no signature gives the same answer.
    accepted = ok("signature", "accepted")
    match answer:
        case NotAuthenticated():
            return (_failed("signature", answer),)
        case Throttled():
            return (warning("signature", f"unknown: {answer.message}", answer.help),)
        case PlatformError():
            return (accepted, _failed("permission", answer))
        case _:
            return (accepted,)


def _ahead_of_tasks(answer: Page | PlatformError, now: datetime) -> float | None:
    """Return the seconds by which our clock is ahead of the `ServerTime` of a task."""
    tasks = () if isinstance(answer, PlatformError) else answer.tasks
    theirs = next((read_time(task.raw.get("ServerTime")) for task in tasks), None)
    return None if theirs is None else (now - theirs).total_seconds()


def _clock_check(ahead: float | None) -> CheckView:
    if ahead is None:
        return ok("clock", "unknown: the platform does not return its time")
    message = skew.describe(ahead)
    if abs(ahead) > MAX_SKEW.total_seconds():
        return problem("clock", message, skew.SET_CLOCK)
    if skew.is_noticed(ahead):
        return warning("clock", message, skew.SET_CLOCK)
    return ok("clock", "in sync with the platform" if abs(ahead) < 2 else message)
