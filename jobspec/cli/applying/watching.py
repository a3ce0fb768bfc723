"""Shows a text repeatedly until Ctrl-C."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from jobspec.cli import terminal
from jobspec.cli.interrupts import raised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The alternate screen without cursor and line wrapping; and back, which restores the previous screen.
_ENTER = b"\x1b[?1049h\x1b[?25l\x1b[?7l"
_LEAVE = b"\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME, _END_OF_LINE, _END_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"


def watch(text: Callable[[], str], *, seconds: float) -> NoReturn:
    """Show the result of `text` every `seconds`: in place on a terminal, elsewhere only when it changed.

    Raises `OutputBroken` once the reader has closed the output.
    """
    if terminal.is_drawn_on(sys.stdout):
        _draw(text, seconds)
    _print_changes(text, seconds)


def _draw(text: Callable[[], str], seconds: float) -> NoReturn:
    with raised(), _own_screen():
        while True:
            _, height = terminal.size()
            lines = fitted(text().splitlines(), height)
            drawn = "\n".join(f"{line}{_END_OF_LINE}" for line in lines)
            terminal.raw_result(f"{_HOME}{drawn}{_END_OF_SCREEN}".encode("utf-8", "replace"))
            time.sleep(seconds)


@contextmanager
def _own_screen() -> Iterator[None]:
    terminal.raw_result(_ENTER)
    try:
        yield
    finally:
        terminal.raw_result(_LEAVE)


def fitted(lines: list[str], height: int) -> list[str]:
    """Return at most as many lines as the screen has: the first ones, the last, and the number omitted."""
    if len(lines) <= height:
        return lines
    room = max(height - 2, 0)
    left = len(lines) - room - 1
    return [*lines[:room], f"… {left} more lines", *lines[-1:]][-height:]


def _print_changes(text: Callable[[], str], seconds: float) -> NoReturn:
    last = ""
    while True:
        now = text()
        if now != last:
            terminal.result(now + "\n")
        else:
            terminal.check_read()
        last = now
        time.sleep(seconds)
