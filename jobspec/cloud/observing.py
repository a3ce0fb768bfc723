"""What somebody who watches a client is told: each try of each request, and never what was in it.

No body, header, key or address is told. What the platform chose itself (the request id, the error code) is
cut, made printable and masked first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, TypeAlias

from jobspec.cloud.answers.envelope import (
    Answer,
    Question,
    clock_skew,
    request_id_of,
)
from jobspec.errors import PlatformError

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType


_LOG = "GET"  # the action of reading a log, whose body is a user's text and no envelope


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One try: `attempt` counts from 1, `sent_at` is aware, `seconds` is how long it took.

    `status` is None when no answer came; `error` is the class of what went wrong, with the platform's `code`.
    `ahead` is how many seconds our clock is ahead of the answer's date; None when it has none.
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
"""Called from any thread, once a try; what it raises would pass for a failure of the request."""


@dataclass(slots=True)
class Try:
    """One try under way: a context that tells the observer, if there is one, what it came to.

    `answer` is set by who sends, as soon as there is one.
    """

    question: Question
    attempt: int
    observer: Observer | None
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    answer: Answer | None = None
    _sent_at: datetime = field(init=False, repr=False)
    _begun: float = field(init=False, repr=False)

    def __enter__(self) -> Self:
        self._sent_at, self._begun = self.now(), self.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.observer is not None:
            self.observer(self._exchanged(error))

    def _exchanged(self, error: BaseException | None) -> Exchanged:
        told = error if isinstance(error, PlatformError) else None
        heard = self.answer or told
        return Exchanged(
            action=self.question.action,
            attempt=self.attempt,
            sent_at=self._sent_at,
            seconds=self.monotonic() - self._begun,
            status=heard.status if heard else None,
            request_id=self._request_id(),
            error=type(error).__name__ if error else "",
            code=told.api_code if told else "",
            ahead=clock_skew(self.answer) if self.answer else None,
        )

    def _request_id(self) -> str:
        if self.answer is None or self.question.action == _LOG:
            return ""
        return request_id_of(self.question, self.answer)
