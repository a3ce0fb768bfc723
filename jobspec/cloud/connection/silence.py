"""Keep our requests out of the log: the log lines of httpx and httpcore contain addresses and headers.

The address of a log may contain a token, and so may a header. Other users of httpx in the process keep
theirs.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# A filter applies only to the logger that it is added to, not to that logger's children.
_LOGGERS = (
    "httpx",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)
_is_ours: ContextVar[bool] = ContextVar("jobspec_request_under_way", default=False)


@contextmanager
def unlogged() -> Iterator[None]:
    """Drop the log records that the HTTP library creates in this thread during the context."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_is_foreign)  # adding a filter twice has no effect
    before = _is_ours.set(True)
    try:
        yield
    finally:
        _is_ours.reset(before)


def _is_foreign(_record: logging.LogRecord) -> bool:
    return not _is_ours.get()
