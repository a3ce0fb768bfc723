"""What is reported about the files that were read: the problems and the texts, without secrets. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic, Severity, in_order
from jobspec.manifest.validate import project_problems as troubles
from jobspec.manifest.validate.plaintext_credentials import (
    without_quotes_of,
)
from jobspec.manifest.yaml.source import Source
from jobspec.quoting import shortened
from jobspec.redaction.shapes import hide_known_shapes
from jobspec.redaction.source_text import Stretch, hide_places
from jobspec.redaction.unparsable import hide_unparsable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


from jobspec.manifest.resolve.reading import Reading

_NO_ENVIRONMENT = frozenset({"JS315", "JS322", "JS323"})
"""The codes of a missing or unknown environment."""


def reported(reading: Reading) -> tuple[Diagnostic, ...]:
    """Return the problems to report: sorted, unique, without secrets, and limited per file."""
    shown = map(_without_shapes, without_quotes_of(reading.plaintext, reading.problems))
    return tuple(_bounded(in_order(_without_echoes([shortened(one) for one in shown]))))


def _without_shapes(problem: Diagnostic) -> Diagnostic:
    """A key or a name in a message may be a credential too."""
    return replace(
        problem,
        message=hide_known_shapes(problem.message),
        label=hide_known_shapes(problem.label),
        help=hide_known_shapes(problem.help),
    )


def _bounded(problems: tuple[Diagnostic, ...]) -> Iterator[Diagnostic]:
    """Yield the first problems of each file; after the last one, that there are more, and their severity."""
    counts = Counter(_file(problem) for problem in problems)
    seen: Counter[str] = Counter()
    for problem in problems:
        file = _file(problem)
        seen[file] += 1
        if seen[file] <= MAX_PROBLEMS:
            yield problem
        if seen[file] == MAX_PROBLEMS < counts[file]:
            is_error = any(one.severity is Severity.ERROR for one in problems if _file(one) == file)
            severity = Severity.ERROR if is_error else Severity.WARNING
            yield troubles.too_many_problems(problem, severity)


def _file(problem: Diagnostic) -> str:
    return "" if problem.place is None else problem.place.file


class ShownTexts(Mapping[str, str]):
    """The texts of files by their names in diagnostics; each is made when it is first shown."""

    def __init__(self, sources: Iterable[Source], reading: Reading) -> None:
        """Take the files and the credentials that were found in them."""
        self._sources = {source.file: source for source in sources}
        self._made: dict[str, str] = {}
        self._secrets: dict[str, dict[Stretch, list[str]]] = {}
        for found in reading.plaintext:
            at = found.node.at
            self._secrets.setdefault(at.file, {}).setdefault(at[1:], []).append(found.secret)

    def __getitem__(self, file: str) -> str:
        """Return the text of a file, with credentials replaced with asterisks."""
        if file not in self._made:
            self._made[file] = _shown(self._sources[file], self._secrets.get(file, {}))
        return self._made[file]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the files."""
        return iter(self._sources)

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self._sources)


def _shown(source: Source, secrets: Mapping[Stretch, Collection[str]]) -> str:
    if not source.is_whole:
        return hide_unparsable(source.text)
    return hide_places(source.text, secrets, [at[1:] for at in source.dropped])


def _without_echoes(problems: list[Diagnostic]) -> list[Diagnostic]:
    """Return the problems except those that follow from others, whose help would mislead.

    Those are problems of shape where the text itself is invalid, and unknown variables without a valid
    environment.
    """
    places = {p.place for p in problems if p.place and _is_of_text(p)}
    kept = [p for p in problems if not (p.code.startswith("JS2") and p.place in places)]
    if _NO_ENVIRONMENT.isdisjoint(p.code for p in problems):
        return kept
    return [p for p in kept if p.code != "JS305"]  # its variables may be those of the environment


def _is_of_text(problem: Diagnostic) -> bool:
    is_error = problem.severity is Severity.ERROR
    return problem.code == "JS310" or (is_error and problem.code.startswith("JS1"))
