"""Progress as lines that fit a terminal: one line for the total, one per task, and one for the rest."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.report.text import cut, duration, printable, shortened, width_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_BAR = 20
_LEAST_NAME = 12
_SPARE_LINES = 2  # for the cursor, and for the text just above


class Row(Struct, frozen=True):
    """One task in progress: its name, its state, and for how many seconds it has been in that state."""

    name: str
    word: str
    seconds: float

    @property
    def state(self) -> str:
        """The first word of its state, by which tasks are counted."""
        return printable(self.word).partition(" ")[0].rstrip("…")


class Overall(Struct, frozen=True):
    """The total: what is done, how much of it, and for how long; `frame` moves the spinner."""

    label: str
    done: int
    total: int
    seconds: float
    frame: int


def render(overall: Overall, rows: Sequence[Row], *, columns: int, height: int) -> list[str]:
    """Return at most `height` less a few lines, none wider than `columns`.

    If not all tasks fit, those with the rarest states are shown, and the others are counted.
    """
    width = max(columns - 1, 1)  # a terminal wraps after its last column
    room = max(height - _SPARE_LINES, 2)
    head = _head(overall, rows, width)
    if len(rows) < room:
        return [head, *_lines(rows, overall.frame, width)]
    shown = _rarest(rows, max(room - 2, 0))
    left = [row for row in rows if row not in shown]
    return [head, *_lines(shown, overall.frame, width), cut(f"  … {len(left)} more: {_counts(left)}", width)]


def _head(overall: Overall, rows: Sequence[Row], width: int) -> str:
    filled = _BAR * overall.done // overall.total if overall.total else _BAR
    bar = "━" * filled + "─" * (_BAR - filled)
    count = f"{overall.done}/{overall.total}"
    elapsed = duration(overall.seconds)
    with_bar = f"{_spin(overall.frame)} {overall.label} {bar} {count} {elapsed}"
    head = with_bar if width_of(with_bar) <= width else f"{_spin(overall.frame)} {count} {elapsed}"
    return cut(f"{head}  {_counts(rows)}".rstrip(), width)


def _counts(rows: Iterable[Row]) -> str:
    return ", ".join(
        f"{number} {state}" for state, number in Counter(row.state for row in rows).most_common()
    )


def _rarest(rows: Sequence[Row], most: int) -> list[Row]:
    shared = Counter(row.state for row in rows)
    chosen = sorted(rows, key=lambda row: shared[row.state])[:most]
    return [row for row in rows if row in chosen]


def _lines(rows: Sequence[Row], frame: int, width: int) -> list[str]:
    """Return one aligned line per task: spinner, name, state, time.

    Time and start of the state always show.
    """
    times = [duration(row.seconds) for row in rows]
    names = [printable(row.name) for row in rows]
    words = [printable(row.word) for row in rows]
    for_time = max(map(len, times), default=0)
    for_both = width - for_time - len("x " + "  " + "  ")
    for_name = min(max(map(width_of, names), default=0), _room_for_names(words, for_both))
    for_word = min(max(map(width_of, words), default=0), max(for_both - for_name, 0))
    return [
        cut(
            f"{_spin(frame)} {_fitted(name, for_name)}  {_fitted(word, for_word, cut)}  {time:>{for_time}}",
            width,
        )
        for name, word, time in zip(names, words, times, strict=True)
    ]


def _room_for_names(words: Iterable[str], both: int) -> int:
    return max(both - max(map(width_of, words), default=0), min(_LEAST_NAME, both // 2), 0)


def _fitted(text: str, width: int, shorten: Callable[[str, int], str] = shortened) -> str:
    fitted = shorten(text, width)
    return fitted + " " * (width - width_of(fitted))


def _spin(frame: int) -> str:
    return _SPINNER[frame % len(_SPINNER)]
