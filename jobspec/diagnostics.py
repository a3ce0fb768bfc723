"""What we tell a person about a manifest, a plan or the platform: values only, no rendering.

Codes are stable and never reused. Their meaning is the table in `jobspec.codes`, which only
`jobspec explain` and the generated page read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is: an error stops the command, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text; line and column count from 1, columns in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a text; `end` is the first position behind it."""

    start: Position
    end: Position


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A stretch of a named file. `file` is as the user would type it, relative to where they stand."""

    file: str
    span: Span


MAX_PROBLEMS = 100
"""How many problems of one file are told; nobody reads more, and each costs time to find words for."""


@dataclass(frozen=True, slots=True)
class Related:
    """Another place worth looking at, such as the first of two duplicates."""

    place: Place
    label: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: a headline that is true alone, the place, what is wrong there, and what to type."""

    code: str
    message: str
    place: Place | None = None
    label: str = ""
    help: str = ""
    severity: Severity = Severity.ERROR
    related: tuple[Related, ...] = ()

    @property
    def sort_key(self) -> tuple[str, Position, str, str]:
        """Order by file and position; what has no place comes first."""
        if self.place is None:
            return ("", Position(0, 0), self.code, self.message)
        return (self.place.file, self.place.span.start, self.code, self.message)


def in_order(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The same diagnostics without repetitions, by file and position."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=lambda d: d.sort_key))
