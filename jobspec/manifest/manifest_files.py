"""Find the manifest files of a project by its patterns, and read them. With `load`, the rim of `manifest`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.diagnostics import Diagnostic
from jobspec.manifest.files.budget import Budget, Part
from jobspec.manifest.files.filenames import MISNAMED_PROJECT_FILE, PROJECT_FILE, is_of_git, joined, readable
from jobspec.manifest.files.foreign_files import is_foreign
from jobspec.manifest.files.patterns import DEFAULT_PATTERNS, EXCLUDES, Patterns, including
from jobspec.manifest.files.reading import Reader
from jobspec.manifest.files.roots import Root
from jobspec.manifest.files.walk import FoundFiles, manifests_below
from jobspec.manifest.resolve.project_reading import ProjectFile
from jobspec.manifest.resolve.quick import QuickTasks, QuickTerms, quick_tasks
from jobspec.manifest.resolve.reading import Reading, Terms, quick_reading
from jobspec.manifest.validate import project_problems as troubles
from jobspec.manifest.workers import shared
from jobspec.manifest.yaml.source import Source, parse
from jobspec.manifest.yaml.tree import Key

_PROJECT_FILES = (PROJECT_FILE, MISNAMED_PROJECT_FILE)


class ManifestFiles(Struct, frozen=True):
    """Files in a folder by their relative path, and why others could not be read."""

    sources: Mapping[str, Source] = field(default_factory=dict)
    quick: Mapping[str, Reading] = field(default_factory=dict)
    """The contents of the files that were read without positions; their sources have no documents."""
    problems: tuple[Diagnostic, ...] = ()
    skipped: tuple[str, ...] = ()
    """The names of the files that are clearly not manifests."""


def manifests_of(root: Root, file: ProjectFile, reader: Reader) -> ManifestFiles:
    """Return the files of a project. Raises `OverBudgetError`."""
    reader.budget.take_patterns(one for patterns in _all_patterns(file) for one in patterns)
    found = manifests_below(root.path, every_pattern(file), root.shown, reader.budget)
    read = _read_wanted(_to_read(found.paths, file), root.shown, reader, file.terms)
    problems = (*found.problems, *_pattern_problems(file, found), *read.problems)
    return replace(_without_foreign(read, file), problems=problems)


def _read_wanted(paths: Mapping[str, str], shown: str, reader: Reader, terms: Terms) -> ManifestFiles:
    """Return the files; only those with the names of the wanted tasks, if these declare all of them."""
    if not reader.naming:
        return read_files(paths, shown, reader, terms)
    namesakes = {name: path for name, path in paths.items() if _stem(name) in reader.naming}
    if namesakes:
        read = read_files(namesakes, shown, reader, terms)
        declared = {one.task.name for reading in read.quick.values() for one in reading.declared}
        if reader.naming <= declared:
            return read
    return read_files(paths, shown, Reader(reader.budget, reader.naming), terms)


def _stem(path: str) -> str:
    """Return the name of a file without its last extension."""
    return path.rpartition("/")[2].rpartition(".")[0]


def every_pattern(file: ProjectFile) -> tuple[str, ...]:
    """Return the patterns of the project and of the environment."""
    of_project = file.patterns if including(file.patterns) else (*DEFAULT_PATTERNS, *file.patterns)
    return (*of_project, *file.own_patterns)


def read_files(paths: Mapping[str, str], shown: str, reader: Reader, terms: Terms) -> ManifestFiles:
    """Return the files by name; a file with several names gets the first one that is not a link, if any.

    Ordinary files are read without positions. Raises `OverBudgetError`.
    """
    contents: dict[str, bytes] = {}
    problems: list[Diagnostic] = []
    reader.budget.take(Part.FILES, len(paths))
    for name in sorted(paths, key=lambda name: (not paths[name].endswith(f"/{name}"), name)):
        reader.budget.check_time()
        content = reader.read(paths[name], joined(shown, name))
        if isinstance(content, Diagnostic):
            problems.append(content)
        elif content is not None and reader.is_wanted(content):
            contents[name] = content
    texts = {name: (readable(joined(shown, name)), contents[name]) for name in sorted(contents)}
    return replace(_parsed(texts, terms, reader.budget), problems=tuple(problems))


def _parsed(files: Mapping[str, tuple[str, bytes]], terms: Terms, budget: Budget) -> ManifestFiles:
    """Parse files, given by their name with the name in messages; ordinary ones without positions."""
    sources: dict[str, Source] = {}
    quick: dict[str, Reading] = {}
    found = _quick([data for _, data in files.values()], terms.quick, budget)
    for (name, (file, data)), tasks in zip(files.items(), found, strict=True):
        budget.check_time()
        if tasks is None or terms.quick is None or not budget.has_room(Part.ADDED, tasks.added):
            sources[name] = parse(data, file)
            continue
        budget.take(Part.ADDED, tasks.added)
        terms.inherited.context.outside.used.update({one.name: one for one in tasks.used})
        sources[name] = Source(file, data.decode(), (), (), is_whole=True)
        quick[name] = quick_reading(tasks, sources[name], terms.quick)
    return ManifestFiles(sources, quick)


def _quick(contents: list[bytes], terms: QuickTerms | None, budget: Budget) -> list[QuickTasks | None]:
    if terms is None or not budget.has_room(Part.ADDED, terms.weight * len(contents)):
        return [None] * len(contents)

    inherited = terms.inherited
    inherited.context.outside.prepare(contents, inherited.templates.deferred)

    def read(share: list[bytes]) -> list[QuickTasks | None]:
        return [_quick_tasks(data, terms, budget) for data in share]

    return shared(read, contents)


def _quick_tasks(data: bytes, terms: QuickTerms, budget: Budget) -> QuickTasks | None:
    budget.check_time()
    try:
        return quick_tasks(data.decode(), terms)
    except UnicodeDecodeError:
        return None


def _all_patterns(file: ProjectFile) -> tuple[tuple[str, ...], ...]:
    return (file.patterns, file.own_patterns, *file.other_patterns)


def _without_foreign(files: ManifestFiles, file: ProjectFile) -> ManifestFiles:
    """Return the files that may be manifests, with the names of those that clearly are not."""
    if not file.terms.by_default_pattern:
        return files
    own = _named(file.own_patterns)
    foreign = {
        name
        for name, source in files.sources.items()
        if name not in files.quick and not own.selects(name) and is_foreign(source)
    }
    kept = {name: source for name, source in files.sources.items() if name not in foreign}
    return replace(files, sources=kept, skipped=tuple(files.sources[name].file for name in sorted(foreign)))


def _named(patterns: tuple[str, ...]) -> Patterns:
    """Return the patterns of an environment; they match nothing if none of them includes a file."""
    return Patterns.of(patterns) if including(patterns) else Patterns((), ())


def _to_read(paths: Mapping[str, str], file: ProjectFile) -> dict[str, str]:
    """Return the manifest files except those that belong only to other environments."""
    kept = {name: path for name, path in paths.items() if name not in _PROJECT_FILES}
    others = [_named(patterns) for patterns in file.other_patterns if including(patterns)]
    if not others:
        return kept
    own = _named(file.own_patterns)
    return {
        name: path
        for name, path in kept.items()
        if own.selects(name) or not any(other.selects(name) for other in others)
    }


def _pattern_problems(file: ProjectFile, found: FoundFiles) -> tuple[Diagnostic, ...]:
    problems = tuple(_problems_of_patterns(file, found))
    return tuple(_problems_of_patterns(file.with_positions(), found)) if problems else ()


def _problems_of_patterns(file: ProjectFile, found: FoundFiles) -> Iterator[Diagnostic]:
    of_environment = ("spec", "environments", file.scope.environment or "", "manifests")
    yield from _problems_of(file.patterns, ("spec", "manifests"), file, found)
    yield from _problems_of(file.own_patterns, of_environment, file, found)


def _problems_of(
    patterns: tuple[str, ...], at: tuple[Key, ...], file: ProjectFile, found: FoundFiles
) -> Iterator[Diagnostic]:
    for index, pattern in enumerate(patterns):
        path = pattern.removeprefix(EXCLUDES)
        if path.startswith("/") or ".." in path.split("/") or (path == pattern and is_of_git(path)):
            yield troubles.outside_pattern(pattern, (*at, index), file.document)
        elif pattern not in found.matched:
            yield troubles.unmatched_pattern(pattern, (*at, index), file.document)
