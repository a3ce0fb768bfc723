"""Read the start of a list of tasks, and write a long list while its other pages arrive."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from jobspec.cli import terminal
from jobspec.errors import JobspecError
from jobspec.report.tasks import streamed_json
from jobspec.report.tasks import text as tasks_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jobspec.report.table import Look
    from jobspec.report.tasks.view import LiveTaskView
    from jobspec.report.view import PlatformView

AT_ONCE = 1000
"""A list of at least this many tasks is long. Its first tasks decide the widths of the columns."""


@dataclass(slots=True)
class Beginning:
    """The first tasks of a list; `rest` yields the others. `is_complete` if there are no others."""

    tasks: tuple[LiveTaskView, ...]
    rest: Iterator[Sequence[LiveTaskView]]
    is_complete: bool


@dataclass(slots=True)
class Tally:
    """The number of written tasks; the first few of them that need advice, and the number of `others`."""

    number: int = 0
    doubtful: list[LiveTaskView] = field(default_factory=list)
    others: int = 0

    def over(self, pages: Iterable[Sequence[LiveTaskView]]) -> Iterator[Sequence[LiveTaskView]]:
        """Yield the pages, and count their tasks."""
        for page in pages:
            self.number += len(page)
            found = [task for task in page if tasks_text.needs_advice(task)]
            kept = found[: tasks_text.MOST_ADVICE - len(self.doubtful)]
            self.doubtful += kept
            self.others += len(found) - len(kept)
            yield page


def begin(pages: Iterator[Sequence[LiveTaskView]]) -> Beginning:
    """Read the first pages of a list."""
    tasks: list[LiveTaskView] = []
    for page in pages:
        tasks += page
        if len(tasks) >= AT_ONCE:
            return Beginning(tuple(tasks), pages, is_complete=False)
    return Beginning(tuple(tasks), pages, is_complete=True)


def write_table(beginning: Beginning, look: Look, columns: Sequence[str]) -> Tally:
    """Write a long list as a table."""
    tally = Tally()
    _write(tasks_text.pieces(tally.over(_all(beginning)), look, columns))
    return tally


def write_json(beginning: Beginning, platform: PlatformView) -> None:
    """Write a long list as JSON."""
    _write(streamed_json.pieces(_all(beginning), platform))


def _all(beginning: Beginning) -> Iterator[Sequence[LiveTaskView]]:
    return chain([beginning.tasks], beginning.rest)


def _write(pieces: Iterator[str]) -> None:
    try:
        for piece in pieces:
            terminal.result(piece)
    except JobspecError:
        terminal.message("note: the output ends early: it is only a part of the list")
        raise
