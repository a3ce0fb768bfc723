"""One input given to one reader: what came of it, how long it took, and how much memory."""

from __future__ import annotations

import resource
import signal
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tests.proof.fuzz.reader import Reader

MOST_SECONDS = 2.0
MOST_BYTES = 256 * 1024 * 1024
_PATIENCE = 4 * MOST_SECONDS
_PAGE = resource.getpagesize()


class Overtime(BaseException):
    """The input takes so long that it is given up; no reader catches this."""


@dataclass(frozen=True, slots=True)
class Trial:
    """`seconds` of this process, `grown` in bytes; `failure` is empty when all is as it may be."""

    accepted: bool
    seconds: float
    grown: int
    failure: str = ""


def attempt(reader: Reader, data: bytes) -> Trial:
    """Let a reader read, and judge how it went."""
    _forget_peak()
    before, began = _resident(), time.process_time()
    accepted, failure = False, ""
    try:
        with _given_up_late():
            reader.read(data)
        accepted = True
    except reader.refusals:
        pass
    except (Exception, Overtime) as error:
        failure = _told(error)
    seconds, grown = time.process_time() - began, max(0, _peak() - before)
    return Trial(accepted, seconds, grown, failure or _excess(seconds, grown))


def kind(failure: str) -> str:
    """What two failures have in common when they are the same one: the place, or which limit was passed."""
    return failure.partition("\n")[0].partition(":" if failure.startswith("too ") else "\n")[0]


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def _forget_peak() -> None:
    """Have the system count the most memory of this process from now on."""
    with suppress(OSError):  # where it cannot, an input is judged by the peak of all before it too
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _excess(seconds: float, grown: int) -> str:
    if seconds > MOST_SECONDS:
        return f"too slow: {seconds:.1f} of {MOST_SECONDS:g} s"
    if grown > MOST_BYTES:
        return f"too large: {grown // 2**20} of {MOST_BYTES // 2**20} MiB"
    return ""


def _told(error: BaseException) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    frames = "".join(traceback.format_exception(error))
    return f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}\n{frames}"


@contextmanager
def _given_up_late() -> Iterator[None]:
    """Raise `Overtime` after some patience; only the main thread can be told of the time."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise Overtime

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, _PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
