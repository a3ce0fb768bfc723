"""What is reported about the files that were read: the problems and the texts, without secrets. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic, Related, Severity, in_order
from jobspec.manifest.validate import project_problems as troubles
from jobspec.manifest.validate.plaintext_credentials import (
    without_quotes_of,
)
from jobspec.manifest.yaml.source import Source
from jobspec.quoting import quote, shortened
from jobspec.redaction.shapes import hide_known_shapes
from jobspec.redaction.source_text import Stretch, hide_places
from jobspec.redaction.unparsable import hide_unparsable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from jobspec.diagnostics import Place

from jobspec.manifest.resolve.reading import Reading
from jobspec.manifest.resolve.tasks import unexplained_at

_OF_EXPRESSIONS = frozenset({"JS305", "JS306", "JS307", "JS331"})
"""The codes of what cannot be expanded."""
_NO_ENVIRONMENT = frozenset({"JS315", "JS322", "JS323"})
"""The codes of a missing or unknown environment."""


def reported(reading: Reading) -> tuple[Diagnostic, ...]:
    """Return the problems to report: sorted, unique, without secrets, and limited per file."""
    problems = (*_of_templates(reading), *_not_of_templates(reading))
    shown = map(_without_shapes, without_quotes_of(reading.plaintext, problems))
    return tuple(_bounded(in_order(_without_echoes([shortened(one) for one in shown]))))


def _of_templates(reading: Reading) -> Iterator[Diagnostic]:
    """Yield each problem in a template once, with the first task that has it."""
    known = {(one.code, one.place) for one in reading.problems}
    unexpanded = [one.place for one in reading.problems if one.place and one.code in _OF_EXPRESSIONS]
    seen: set[tuple[str, Place | None]] = set()
    for found in sorted(reading.of_templates, key=lambda one: one.place):
        problem = found.problem
        identity = problem.code, problem.place
        is_echo = problem.code.startswith("JS2") and not any(
            True for _ in unexplained_at(unexpanded, [problem])
        )
        if identity not in seen and (identity in known or not is_echo):
            seen.add(identity)
            yield _first_used(problem, found.task, found.place)


def _first_used(problem: Diagnostic, task: str, place: Place) -> Diagnostic:
    user = Related(place, f"first used by task {quote(task)}")
    return replace(problem, related=(*problem.related, user))


def _not_of_templates(reading: Reading) -> Iterator[Diagnostic]:
    """Yield the other problems, except those in templates that were found with a task as well."""
    known = {(one.problem.code, one.problem.place) for one in reading.of_templates}
    users = sorted(reading.users, key=lambda one: one.place)
    for problem in reading.problems:
        place = problem.place
        if (problem.code, place) in known:
            continue
        uses = (one for one in users if place and one.templates.used_at(place, one.extends))
        user = next(uses, None)
        yield problem if user is None else _first_used(problem, user.task, user.place)


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
