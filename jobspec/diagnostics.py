"""Problems in a manifest, a plan or the platform, reported to a person: values only, no rendering.

Codes are stable and never reused. The table in `jobspec.codes` explains them; only `jobspec explain` and the
generated page read it.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    """The severity of a diagnostic: an error stops the command, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Position(Struct, frozen=True, order=True):
    """A position in a text; line and column count from 1, columns in characters."""

    line: int
    column: int


class Span(Struct, frozen=True, order=True):
    """A part of a text; `end` is the position after its last character."""

    start: Position
    end: Position


class Place(Struct, frozen=True, order=True):
    """A part of a named file. `file` is relative to the working directory, as the user would type it."""

    file: str
    span: Span


MAX_PROBLEMS = 100
"""Maximum number of problems reported per file. No one reads more, and wording each one takes time."""


class Related(Struct, frozen=True):
    """Another relevant place, such as the first of two duplicates."""

    place: Place
    label: str


class Diagnostic(Struct, frozen=True):
    """One problem: a headline that is true on its own, the place, what is wrong there, and what to do."""

    code: str
    message: str
    place: Place | None = None
    label: str = ""
    help: str = ""
    severity: Severity = Severity.ERROR
    related: tuple[Related, ...] = ()

    @property
    def sort_key(self) -> tuple[str, Position, str, str]:
        """The key for sorting by file and position; diagnostics without a place come first."""
        if self.place is None:
            return ("", Position(0, 0), self.code, self.message)
        return (self.place.file, self.place.span.start, self.code, self.message)


def in_order(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the diagnostics without duplicates, by file and position."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=lambda d: d.sort_key))
