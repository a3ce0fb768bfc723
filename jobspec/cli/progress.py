"""Progress on stderr: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from jobspec.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_MOST_ROWS = 12


class Progress(Protocol):
    """What is under way: `rows` are the names of what goes on now, each with a word about it."""

    def show(self, done: int, rows: Mapping[str, str]) -> None:
        """Show how many are done and what goes on."""

    def write(self, line: str, to: Callable[[str], None]) -> None:
        """Write a line that stays, with the given writer wherever that does not meet the bars."""


class PlainProgress:
    """A line whenever the word about something changes."""

    def __init__(self) -> None:
        self._said: dict[str, str] = {}

    def show(self, done: int, rows: Mapping[str, str]) -> None:  # noqa: ARG002 - lines need no count
        """Say what is new."""
        for name, word in rows.items():
            if self._said.get(name) != word:
                terminal.talk(f"  {name}: {word}")
        self._said = dict(rows)

    def write(self, line: str, to: Callable[[str], None]) -> None:
        """Write the line."""
        to(line)


@contextmanager
def progress(label: str, total: int) -> Iterator[Progress]:
    """Show progress for as long as the context lasts."""
    if total == 0 or not terminal.has_colour(sys.stderr):
        yield PlainProgress()
        return
    with _bars(label, total) as bars:
        yield bars


@contextmanager
def _bars(label: str, total: int) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars
    from rich.text import Text

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[words]}", markup=False),
    )
    with Bars(*columns, console=Console(file=sys.stderr), transient=True) as bars:
        row = bars.add_task(label, total=total, words="")

        class _Shown:
            def show(self, done: int, rows: Mapping[str, str]) -> None:
                some = [f"{name}: {word}" for name, word in list(rows.items())[:_MOST_ROWS]]
                bars.update(row, completed=done, words=", ".join(some))

            def write(self, line: str, to: Callable[[str], None]) -> None:
                if to is terminal.result and not sys.stdout.isatty():
                    to(line)
                    return
                bars.console.print(Text.from_ansi(line), soft_wrap=True)

        yield _Shown()
