"""The platform client: one method per action, signed, paged, with typed errors. Thread-safe.

Reads, stop and delete are retried where that is safe. Create and update are sent once: before sending one
again, the caller must check what exists.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self, TypeVar

from msgspec.structs import replace

from jobspec.cloud.answers import fast_page
from jobspec.cloud.answers.envelope import Answer, Question, read_envelope, read_whole
from jobspec.cloud.answers.logs import (
    CHUNK_BYTES,
    MAX_REDIRECTS,
    LogChunk,
    check_address,
    read_log,
    redirect_target,
    too_many_redirects,
)
from jobspec.cloud.answers.paging import PAGES_AHEAD, SHORTEST_CUT, list_complete, list_instances
from jobspec.cloud.answers.streaming import list_in_order
from jobspec.cloud.answers.wire import (
    ContainerLog,
    Created,
    InstanceRecord,
    Json,
    Page,
    TaskRecord,
    TimelineRecord,
    read_container_log,
    read_created,
    read_instances,
    read_page,
    read_task,
    read_timelines,
)
from jobspec.cloud.connection.background import reading_ahead
from jobspec.cloud.connection.exchange import (
    Exchange,
    Transport,
)
from jobspec.cloud.observing import Try
from jobspec.cloud.retry import RetryBudget, read_retry_after
from jobspec.cloud.settings import (
    MACHINE,
    ClientSettings,
    System,
)
from jobspec.cloud.tries import of_all_tries
from jobspec.errors import BadAnswer, NotSent, PlatformError, Throttled, Unavailable
from jobspec.quoting import quote
from jobspec.redaction.sent import Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType

    from jobspec.cloud.answers.query import ListQuery

T = TypeVar("T")
Explained = TypeVar("Explained", TaskRecord, InstanceRecord)

_INSTANCES_PER_PAGE = 100
# Stop and delete are idempotent, but a response that is not from the API does not justify a second write.
_RETRIED_WRITE: tuple[type[PlatformError], ...] = (Throttled, Unavailable, NotSent)
_RETRIED_READ: tuple[type[PlatformError], ...] = (*_RETRIED_WRITE, BadAnswer)


def _every(_task: TaskRecord) -> bool:
    """Keep every task."""
    return True


class PlatformClient:
    """Every action of the platform. Each method may raise a `PlatformError` that states what is known."""

    def __init__(
        self,
        *,
        settings: ClientSettings,
        transport: Transport | None = None,
        system: System = MACHINE,
    ) -> None:
        """Create a client. `transport` replaces the network; it is the only seam to the platform."""
        self._settings = settings
        self._system = system
        self._exchange = Exchange(settings, transport=transport, system=system)
        self._budget = RetryBudget()
        own = settings.credentials
        self._sent = Sent((own.access_key, own.secret_key, own.session_token))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def settings(self) -> ClientSettings:
        """The account and the platform of this client."""
        return self._settings

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._exchange.close()

    def create(self, payload: Mapping[str, object]) -> Created:
        """Submit a task, sending the request once.

        `NotSent`, `Throttled` and `Refused` mean that nothing was created. After `Unavailable` and
        `BadAnswer`, the task may have been created.
        """
        return self._send_once(
            "CreateCustomTask", payload, lambda result: read_created(result, action="CreateCustomTask")
        )

    def update(
        self,
        task_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> None:
        """Change the given fields, sending the request once. `tags` replaces the whole list.

        Raises `UnknownAction` if the account does not support the action.
        """
        given = {"Name": name, "Description": description, "Tags": None if tags is None else list(tags)}
        changes = {key: value for key, value in given.items() if value is not None}
        self._send_once("UpdateCustomTask", {"Id": task_id, **changes}, _nothing)

    def stop(self, task_id: str) -> None:
        """Request a stop. The task has ended only when a later `get` shows a terminal state."""
        self._persist("StopCustomTask", {"Id": task_id}, _nothing, retried=_RETRIED_WRITE)

    def delete(self, task_id: str) -> None:
        """Delete the record of an ended task. Raises `NotFound` if it no longer exists, for any reason."""
        self._persist("DeleteCustomTask", {"Id": task_id}, _nothing, retried=_RETRIED_WRITE)

    def get(self, task_id: str) -> TaskRecord:
        """Return the task with this id. Raises `NotFound`, or `BadAnswer` if another task is returned."""
        return self._read(
            "GetCustomTask", {"Id": task_id}, lambda result: self._masked(_same(task_id, result))
        )

    def list_page(self, query: ListQuery, *, offset: int = 0) -> Page:
        """Return one page, filtered by the platform only, and by only the first of several tags."""
        page = self._ask("ListCustomTasks", query.body(offset=offset), _page, retried=_RETRIED_READ)
        return replace(page, tasks=tuple(map(self._masked, page.tasks)))

    def list_all(
        self, query: ListQuery, *, keep: Callable[[TaskRecord], bool] = _every
    ) -> tuple[TaskRecord, ...]:
        """Return every task that matches `query` and is to be kept, always by ascending Id.

        Raises `ListingIncomplete`. At most four pages are read at once, and what is not kept is dropped with
        its page. States are filtered on our side: otherwise a task whose state changes would leave the list
        while its pages are read.
        """
        limit = max(query.limit, SHORTEST_CUT)  # a shorter page would not show that it is the last one
        wide = replace(query, limit=limit, sort_by="Id", sort_order="Ascend", states=())
        with reading_ahead(PAGES_AHEAD) as start:
            return list_complete(
                lambda offset: self.list_page(wide, offset=offset),
                lambda offset: start(lambda: self.list_page(wide, offset=offset)),
                keep=lambda task: query.matches(task) and keep(task),
            )

    def list_in_order(self, query: ListQuery) -> Iterator[tuple[TaskRecord, ...]]:
        """Yield every task that matches `query` in the order of ids, page by page, as soon as it is proven.

        Raises `ListingIncomplete` when the rest cannot be; what was yielded is then only a part of the list.
        """
        wide = replace(query, limit=max(query.limit, SHORTEST_CUT), sort_by="Id", states=())
        with reading_ahead(PAGES_AHEAD) as start:
            pages = list_in_order(
                lambda offset: self.list_page(wide, offset=offset),
                lambda offset: start(lambda: self.list_page(wide, offset=offset)),
                is_descending=query.sort_order == "Descend",
            )
            for tasks in pages:
                yield tuple(filter(query.matches, tasks))

    def instances(self, task_id: str) -> tuple[InstanceRecord, ...]:
        """Return all instances of a task, from all pages."""
        found = list_instances(lambda offset: self._instance_page(task_id, offset))
        return tuple(map(self._masked, found))

    def timelines(self, task_id: str) -> tuple[TimelineRecord, ...]:
        """Return the state transitions of a task, in the platform's order."""
        moves = self._read("ListCustomTaskTimelines", {"CustomTaskId": task_id}, read_timelines)
        return tuple(replace(move, message=self._sent.mask(move.message)) for move in moves)

    def container_logs(self, task_id: str, pod_name: str, *, offset: int = 0) -> ContainerLog:
        """Return a part of an instance's log through the API; format unconfirmed, prefer `fetch_log`."""
        body = {"CustomTaskId": task_id, "PodName": pod_name, "Offset": offset}
        return self._read("GetContainerLogs", body, lambda result: read_container_log(result, offset=offset))

    def call(self, action: str, body: Mapping[str, object]) -> Json:
        """Send any action and return its `Result` unchanged, for callers that need the platform's own format.

        Get… and List… are retried like reads, Stop… and Delete… like stop and delete; any other action is
        sent once.
        """
        return self._persist(action, body, lambda result: result, retried=_retried(action))

    def call_whole(self, action: str, body: Mapping[str, object]) -> Json:
        """Send any action as `call` does; return the whole response: `ResponseMetadata` and `Result`."""
        return self._ask(action, body, read_whole, retried=_retried(action))

    def fetch_log(self, url: str, *, start: int = 0) -> LogChunk:
        """Return at most 1 MiB of the log at an instance's `log_url`, from byte `start` on; empty at its end.

        The request is not signed. Errors never repeat the address, which may contain a token.
        """
        check_address(url)
        return self._try(
            self._question("GET", {}),
            lambda within: self._follow(url, start, within),
            lambda answer: read_log(answer, start=start),
            retried=_RETRIED_READ,
        )

    def _follow(self, url: str, start: int, within: float) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._exchange.get(url, start=start, size=CHUNK_BYTES, within=within)
            target = redirect_target(url, answer)
            if target is None:
                return answer
            url = target
        raise too_many_redirects()

    def _instance_page(self, task_id: str, offset: int) -> tuple[InstanceRecord, ...]:
        window = {"Offset": offset, "Limit": _INSTANCES_PER_PAGE, "SortBy": "Id", "SortOrder": "Ascend"}
        return self._read(
            "GetCustomTaskInstances",
            {"CustomTaskId": task_id, **window},
            lambda result: read_instances(result, action="GetCustomTaskInstances"),
        )

    def _read(self, action: str, body: Mapping[str, object], read: Callable[[Json], T]) -> T:
        return self._persist(action, body, read, retried=_RETRIED_READ)

    def _send_once(self, action: str, body: Mapping[str, object], read: Callable[[Json], T]) -> T:
        return self._persist(action, body, read, retried=())

    def _persist(
        self,
        action: str,
        body: Mapping[str, object],
        read: Callable[[Json], T],
        *,
        retried: tuple[type[PlatformError], ...],
    ) -> T:
        return self._ask(
            action, body, lambda question, answer: read(read_envelope(question, answer)), retried=retried
        )

    def _ask(
        self,
        action: str,
        body: Mapping[str, object],
        read: Callable[[Question, Answer], T],
        *,
        retried: tuple[type[PlatformError], ...],
    ) -> T:
        question = self._question(action, body)
        text = json.dumps(dict(body), separators=(",", ":"), allow_nan=False).encode("ascii")
        return self._try(
            question,
            lambda within: self._exchange.post(action, text, within=within),
            lambda answer: read(question, answer),
            retried=retried,
        )

    def _try(
        self,
        question: Question,
        send: Callable[[float], Answer],
        read: Callable[[Answer], T],
        *,
        retried: tuple[type[PlatformError], ...],
    ) -> T:
        started, tried, is_unclear = self._system.monotonic(), 0, False
        while True:
            tried += 1
            current = self._one_try(question, tried)
            try:
                with current:
                    current.answer = send(self._left(started))
                    result = read(current.answer)
            except PlatformError as error:
                is_final = isinstance(error, BadAnswer) and tried >= self._settings.retry.tries_of_bad_answers
                is_tried_again = isinstance(error, retried) and not is_final
                if not is_tried_again or not self._pause(tried, started, current.answer):
                    raise of_all_tries(error, is_unclear=is_unclear) from error.__cause__
                is_unclear |= retried == _RETRIED_WRITE and isinstance(error, Unavailable)
            else:
                self._budget.earn()
                return result

    def _left(self, started: float) -> float:
        """Return the seconds left for the next try; at least 1, so that a started try can still succeed."""
        return max(1.0, started + self._settings.retry.total - self._system.monotonic())

    def _one_try(self, question: Question, tried: int) -> Try:
        system = self._system
        return Try(question, tried, system.observer, system.now, system.monotonic)

    def _pause(self, tried: int, started: float, answer: Answer | None) -> bool:
        """Wait before the next try; return False if there must be none."""
        header = answer.headers.get("retry-after") if answer else None
        pause = self._settings.retry.pause(
            tried,
            elapsed=self._system.monotonic() - started,
            chance=self._system.chance(),
            retry_after=read_retry_after(header, now=self._system.now()),
        )
        if pause is None or not self._budget.spend():
            return False
        self._system.sleep(pause)
        return not self._system.is_interrupted()

    def _masked(self, record: Explained) -> Explained:
        """Return the record with secrets masked in its message; no other field may be masked."""
        if not record.diag_info:
            return record
        text = self._sent.mask(record.diag_info)
        return record if text == record.diag_info else replace(record, diag_info=text)

    def _question(self, action: str, body: Mapping[str, object]) -> Question:
        return Question(action, self._sent.note(body), self._settings.credential_source, self._settings.hints)


def _retried(action: str) -> tuple[type[PlatformError], ...]:
    if action.startswith(("Get", "List")):
        return _RETRIED_READ
    return _RETRIED_WRITE if action.startswith(("Stop", "Delete")) else ()


def _page(question: Question, answer: Answer) -> Page:
    return fast_page.read(answer, action=question.action) or read_page(
        read_envelope(question, answer), action=question.action
    )


def _nothing(_result: Json) -> None:
    """Ignore the result of an action that returns none."""


def _same(task_id: str, result: Json) -> TaskRecord:
    task = read_task(result, action="GetCustomTask")
    if task.id == task_id:
        return task
    raise BadAnswer(
        f"the platform returned a task other than {quote(task_id)}",
        action="GetCustomTask",
        help="check the endpoint; if it is right, try again later",
    )
