"""Keeps our requests out of the log: the lines that httpx and httpcore write hold addresses and headers.

The address of a log may hold a token, and so may a header. Other users of httpx in the process keep theirs.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# A filter holds for the very logger it is set on and for none below it.
_LOGGERS = (
    "httpx",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)
_is_ours: ContextVar[bool] = ContextVar("jobspec_request_under_way", default=False)


@contextmanager
def unlogged() -> Iterator[None]:
    """Let the loggers of the HTTP library drop what this thread logs while the context lasts."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_is_foreign)  # once: a filter that is there is not added again
    before = _is_ours.set(True)
    try:
        yield
    finally:
        _is_ours.reset(before)


def _is_foreign(_record: logging.LogRecord) -> bool:
    return not _is_ours.get()
