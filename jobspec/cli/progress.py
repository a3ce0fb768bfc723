"""Progress on stderr: drawn in place on a terminal, plain lines elsewhere."""

from __future__ import annotations

import errno
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from jobspec.cli import terminal
from jobspec.report.progress_text import Overall, Row, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_FRAMES = 8
"""Redraws per second."""


class Progress(Protocol):
    """The progress: `rows` are the names of the items in progress, each with its state."""

    def show(self, done: int, rows: Mapping[str, str]) -> None:
        """Show the number of completed items and the ones in progress."""

    def write(self, line: str, to: Callable[[str], None]) -> None:
        """Print a permanent line, with the given writer unless that would disturb the bars."""


class PlainProgress:
    """Prints a line whenever the state of an item changes."""

    def __init__(self) -> None:
        self._printed: dict[str, str] = {}

    def show(self, done: int, rows: Mapping[str, str]) -> None:  # noqa: ARG002 - lines need no count
        """Print the changed states."""
        for name, word in rows.items():
            if self._printed.get(name) != word:
                terminal.message(f"  {name}: {word}")
        self._printed = dict(rows)

    def write(self, line: str, to: Callable[[str], None]) -> None:
        """Write the line."""
        to(line)


@contextmanager
def progress(label: str, total: int) -> Iterator[Progress]:
    """Show progress until the context ends."""
    if total == 0 or not terminal.is_drawn_on(sys.stderr):
        yield PlainProgress()
        return
    with _live(label, total) as bars:
        yield bars


class _Drawn:
    """The progress display, redrawn several times a second from the last values by another thread."""

    def __init__(self, label: str, total: int) -> None:
        self._label = label
        self._total = total
        self._begun = time.monotonic()
        self._done = 0
        self._rows: tuple[tuple[str, str, float], ...] = ()

    def show(self, done: int, rows: Mapping[str, str]) -> None:
        """Set the current values; the time of a row counts from its last change."""
        now = time.monotonic()
        since = {(name, word): moment for name, word, moment in self._rows}
        self._rows = tuple((name, word, since.get((name, word), now)) for name, word in rows.items())
        self._done = done

    def lines(self, columns: int, height: int) -> list[str]:
        """Return the current lines."""
        now = time.monotonic()
        passed = now - self._begun
        rows = [Row(name, word, now - moment) for name, word, moment in self._rows]
        overall = Overall(self._label, self._done, self._total, passed, int(passed * _FRAMES))
        return render(overall, rows, columns=columns, height=height)


@contextmanager
def _live(label: str, total: int) -> Iterator[Progress]:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    class _Console(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError(errno.EPIPE, "the reader closed the output")

    console, drawn = _Console(file=sys.stderr, highlight=False), _Drawn(label, total)

    def picture() -> Text:
        return Text("\n".join(drawn.lines(*console.size)), no_wrap=True, overflow="crop")

    class _DrawnProgress:
        def show(self, done: int, rows: Mapping[str, str]) -> None:
            drawn.show(done, rows)

        def write(self, line: str, to: Callable[[str], None]) -> None:
            if to is terminal.result and not sys.stdout.isatty():
                to(line)
                return
            with terminal.writing():
                console.print(Text.from_ansi(line), soft_wrap=True)

    with Live(get_renderable=picture, console=console, refresh_per_second=_FRAMES, transient=True):
        yield _DrawnProgress()
