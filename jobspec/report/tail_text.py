"""The end of the logs of a failed run, as lines below its status line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.report.text import count, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_LINES = 10
_LONGEST_LINE = 300
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Tail(Struct, frozen=True):
    """The end of the log of one replica, named `role-index`; or why it could not be read."""

    replica: str
    data: bytes = b""
    problem: str = ""


class Tails(Struct, frozen=True):
    """The ends of the logs of a run, and the number of further replicas; or why there is none."""

    shown: tuple[Tail, ...] = ()
    more: int = 0
    problem: str = ""


def render(tails: Tails, task: str, option: str) -> str:
    """Return the lines, indented; empty for a run without replicas.

    `option` is the scope option for a command about the task.
    """
    return "\n".join(f"    {line}" for line in _lines(tails, f"jobspec logs {printable(task)}{option}"))


def _lines(tails: Tails, command: str) -> Iterator[str]:
    if tails.problem:
        yield f"cannot read its log: {printable(tails.problem)}"
    for tail in tails.shown:
        yield from _of_replica(tail)
    if tails.more:
        yield f"and of {count(tails.more, 'replica')} more: {command}"


def _of_replica(tail: Tail) -> Iterator[str]:
    name = printable(tail.replica)
    if tail.problem:
        yield f"cannot read the log of {name}: {printable(tail.problem)}"
    elif not tail.data.strip():
        yield f"{name} has no log output"
    else:
        yield from (f"{name} | {line}".rstrip() for line in last_lines(tail.data))


def last_lines(data: bytes) -> tuple[str, ...]:
    """Return the last lines as a terminal would show them, without control characters, and cut."""
    lines = data.decode("utf-8", "replace").rstrip().split("\n")[-_MOST_LINES:]
    return tuple(map(_shown, lines))


def _shown(line: str) -> str:
    """Return the last state of a line that a progress bar has rewritten."""
    text = printable(_COLOUR.sub("", line.rstrip("\r").rpartition("\r")[2]))
    return text if len(text) <= _LONGEST_LINE else f"{text[: _LONGEST_LINE - 1]}…"
