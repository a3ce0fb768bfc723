"""Carry out a generator of requests to a code host, within one time limit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jobspec.cloud.connection.background import limited
from jobspec.cloud.connection.web import WebAnswer, WebRequest, send

if TYPE_CHECKING:
    from collections.abc import Generator

    from jobspec.workflow.ci.comments import Posted

_SECONDS = 30.0
"""For all requests of one comment."""


def drive(requests: Generator[WebRequest, WebAnswer, Posted]) -> Posted:
    """Send the requests one after the other, and return the result."""
    end = time.monotonic() + _SECONDS
    try:
        request = next(requests)
        while True:
            request = requests.send(_answered(request, end - time.monotonic()))
    except StopIteration as ended:
        result: Posted = ended.value
        return result


def _answered(request: WebRequest, seconds: float) -> WebAnswer:
    if seconds <= 0:
        return WebAnswer(0, problem="the code host took too long")
    try:  # a host that sends its headers byte by byte meets every time limit of the connection
        return limited(lambda: send(request, seconds=seconds), seconds)
    except TimeoutError:
        return WebAnswer(0, problem="the code host took too long")
    except Exception as error:
        return WebAnswer(0, problem=f"the request could not be sent ({type(error).__name__})")
