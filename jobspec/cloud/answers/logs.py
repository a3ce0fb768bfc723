"""Read one response of a log server to a ranged GET. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from jobspec.cloud.connection.hosts import is_host
from jobspec.errors import BadAnswer, Forbidden, NotFound, PlatformError, Unavailable

if TYPE_CHECKING:
    from jobspec.cloud.answers.envelope import Answer

CHUNK_BYTES = 1024 * 1024
MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HELP = "list the instances again; if the error persists, open the log in the platform's console"
_COUNT = re.compile(r"[0-9]{1,19}")
_RANGE = re.compile(r"\s*bytes\s+([0-9]{1,19})-[0-9]{1,19}(?:/([0-9]{1,19}))?")


class LogChunk(Struct, frozen=True):
    """A part of a log. `end` is the position of the next byte; `size` is the size of the log, if reported."""

    data: bytes
    end: int
    size: int = 0


def read_log(answer: Answer, *, start: int) -> LogChunk:
    """Return the bytes from `start` on; empty if none are new. Raises `PlatformError` otherwise."""
    if answer.status == 416:
        return LogChunk(b"", start)
    if answer.status not in {200, 206}:
        raise _failure(answer.status)
    first, size = (start, 0) if answer.status == 200 else _range(answer, default=start)
    if first != start + _skipped(answer):
        raise BadAnswer(
            "the log does not start at the requested position", action="GET", status=206, help=_HELP
        )
    return LogChunk(answer.body, first + len(answer.body), size)


def check_address(url: str) -> None:
    """Raise `BadAnswer` unless `url` is a URL that a log may be read from."""
    if not _is_web_address(url, schemes={"http", "https"}):
        raise BadAnswer("the address of the log is not an http or https URL", action="GET", help=_HELP)


def redirect_target(url: str, answer: Answer) -> str | None:
    """Return the target of a redirect from `url`, or None if `answer` is not a redirect.

    Raises `BadAnswer` for a target that is not http or https, and for a redirect from https to http.
    """
    if answer.status not in _REDIRECTS:
        return None
    target = _joined(url, answer.headers.get("location", ""))
    if _is_web_address(target, schemes={"https"} if url.startswith("https:") else {"http", "https"}):
        return target
    message = "the log's address redirects to an address that is not allowed"
    raise BadAnswer(message, action="GET", status=answer.status, help=_HELP)


def too_many_redirects() -> BadAnswer:
    """Return the error for a log address with too many redirects."""
    message = f"the log's address redirects more than {MAX_REDIRECTS} times"
    return BadAnswer(message, action="GET", help=_HELP)


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _is_web_address(url: str, *, schemes: set[str]) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        return False


def _range(answer: Answer, *, default: int) -> tuple[int, int]:
    """Return the position of the first byte and the size of the log; the size is 0 if it is not reported."""
    match = _RANGE.match(answer.headers.get("content-range", ""))
    return (int(match[1]), int(match[2] or 0)) if match else (default, 0)


def _skipped(answer: Answer) -> int:
    """Return how many bytes a local platform reports as dropped before the start of the response."""
    text = answer.headers.get("x-jobspec-log-skipped", "")
    return int(text) if answer.status == 206 and _COUNT.fullmatch(text) else 0


def _failure(status: int) -> PlatformError:
    if status in {404, 410}:
        return NotFound(
            "there is no such log", action="GET", status=status, help="the task may not have started"
        )
    if status in {401, 403}:
        hint = "list the instances again: the address of a log expires"
        return Forbidden("permission to read the log is denied", action="GET", status=status, help=hint)
    if status == 429 or status >= 500:
        return Unavailable(
            f"the log cannot be read now: HTTP {status}", action="GET", status=status, help="try again later"
        )
    return BadAnswer(
        f"the request for the log failed with HTTP {status}", action="GET", status=status, help=_HELP
    )
