"""Carry out a generator of requests to a code host, within one time limit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jobspec.cloud.connection.web import WebRequest, send
from jobspec.workflow.ci.comments import Call, HostAnswer, Posted

if TYPE_CHECKING:
    from collections.abc import Generator

_SECONDS = 30.0
"""For all requests of one comment."""


def drive(requests: Generator[Call, HostAnswer, Posted]) -> Posted:
    """Send the requests one after the other, and return the result."""
    end = time.monotonic() + _SECONDS
    try:
        call = next(requests)
        while True:
            call = requests.send(_answered(call, end - time.monotonic()))
    except StopIteration as ended:
        result: Posted = ended.value
        return result


def _answered(call: Call, seconds: float) -> HostAnswer:
    if seconds <= 0:
        return HostAnswer(0, "the code host took too long")
    found = send(WebRequest(call.method, call.url, call.headers, call.body), seconds=seconds)
    return HostAnswer(found.status, found.body.decode("utf-8", "replace") or found.problem)
