"""`--debug`: logs one line per attempt of a request to stderr, without any of its content."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from jobspec.cli import terminal
from jobspec.report.text import printable

if TYPE_CHECKING:
    from jobspec.cloud.observing import Exchanged, Observer


def observer() -> Observer | None:
    """Return the request logger, or None without `--debug`."""
    context = click.get_current_context(silent=True)
    if context is None or not context.find_root().params.get("debug"):
        return None
    return _log


def line(exchanged: Exchanged) -> str:
    """Return the line for one attempt."""
    at = exchanged.sent_at.strftime("%H:%M:%S.%f")[:-3]
    parts = [
        f"debug: {at}Z {exchanged.action} attempt {exchanged.attempt}:",
        "no answer" if exchanged.status is None else str(exchanged.status),
        exchanged.error,
        exchanged.code,
        f"in {exchanged.seconds * 1000:.0f} ms",
        f"request {exchanged.request_id}" if exchanged.request_id else "",
    ]
    return printable(" ".join(filter(None, parts)))


def _log(exchanged: Exchanged) -> None:
    # The reader of stderr may be gone; a completed request must not fail because of that.
    with suppress(terminal.OutputBroken, ValueError):
        terminal.message(line(exchanged))
