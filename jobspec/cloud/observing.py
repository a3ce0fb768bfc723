"""Events for request observers: each try of each request, without its contents.

An event never holds a body, header, key or address. Values that the platform chose (the request id, the error
code) are shortened, made printable and masked first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeAlias

from msgspec import Struct

from jobspec.cloud.answers.envelope import (
    Answer,
    Question,
    clock_skew,
    request_id_of,
)
from jobspec.errors import PlatformError

if TYPE_CHECKING:
    from types import TracebackType


_LOG = "GET"  # the action of reading a log, whose body is a user's text, not an envelope


class Exchanged(Struct, frozen=True):
    """One try: `attempt` counts from 1, `sent_at` is aware, `seconds` is its duration.

    `status` is None without a response; `error` is the name of the exception's class, `code` the platform's
    code. `ahead` is how many seconds our clock is ahead of the response's date; None without a date.
    """

    action: str
    attempt: int
    sent_at: datetime
    seconds: float
    status: int | None = None
    request_id: str = ""
    error: str = ""
    code: str = ""
    ahead: float | None = None


Observer: TypeAlias = Callable[[Exchanged], None]
"""Called from any thread, once per try. An exception that it raises would look like a failed request."""


class Try(Struct):
    """A running try: a context that reports its result to the observer, if there is one.

    The caller sets `answer` as soon as a response arrives.
    """

    question: Question
    attempt: int
    observer: Observer | None
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    answer: Answer | None = None
    _sent_at: datetime = datetime.min  # set on entry
    _started: float = 0.0

    def __enter__(self) -> Self:
        self._sent_at, self._started = self.now(), self.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.observer is not None:
            self.observer(self._event(error))

    def _event(self, error: BaseException | None) -> Exchanged:
        failure = error if isinstance(error, PlatformError) else None
        source = self.answer or failure
        return Exchanged(
            action=self.question.action,
            attempt=self.attempt,
            sent_at=self._sent_at,
            seconds=self.monotonic() - self._started,
            status=source.status if source else None,
            request_id=self._request_id(),
            error=type(error).__name__ if error else "",
            code=failure.api_code if failure else "",
            ahead=clock_skew(self.answer) if self.answer else None,
        )

    def _request_id(self) -> str:
        if self.answer is None or self.question.action == _LOG:
            return ""
        return request_id_of(self.question, self.answer)
