"""Paths become tasks: finds the project, reads its files, and hands them to `reading`.

With `files` and `project_file` the only part of `manifest` that does I/O. A person's mistake is a diagnostic
here, never an exception.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from jobspec.diagnostics import Diagnostic, Severity
from jobspec.manifest import project_problems as troubles
from jobspec.manifest.filenames import PROJECT_FILE, joined, readable
from jobspec.manifest.files import Found, manifests_below, project_root, read, unmatched_patterns
from jobspec.manifest.foreign_files import is_foreign
from jobspec.manifest.glob import EXCLUDES
from jobspec.manifest.reading import (
    ProjectFile,
    Reading,
    problems_between,
    read_manifests,
    read_project,
    terms_of_scope,
    texts,
    told,
    total,
)
from jobspec.manifest.source import Source, parse
from jobspec.manifest.task import Project, Scope, Task

NO_SCOPE = Scope("")
"""The scope of a project whose name cannot be read."""


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """Which manifests to load. Relative paths count from `cwd`."""

    paths: tuple[Path, ...]
    cwd: Path
    environment: str | None = None
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """All that could be read, and all that is wrong with it."""

    project: Project | None
    scope: Scope
    root: Path
    tasks: tuple[Task, ...]
    """By name; those that are in order by themselves, also when others are not."""
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    """The text of every file by its name in diagnostics; what looks like a credential is asterisks."""
    manifests: int
    selected: frozenset[str] | None
    """Names of the tasks that the paths ask for; None when they ask for all."""
    skipped: tuple[str, ...] = ()
    """Files below the default pattern that are plainly no manifests."""

    @property
    def has_errors(self) -> bool:
        """Whether anything is wrong beyond a warning."""
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)


@dataclass(frozen=True, slots=True)
class _Files:
    """Files below a folder by their path there, and what kept others from being read."""

    sources: Mapping[str, Source] = field(default_factory=dict)
    problems: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class _Content:
    """The files that a request is about, and what was read in them."""

    root: str
    reading: Reading
    sources: Mapping[str, Source] = field(default_factory=dict)
    scope: Scope = NO_SCOPE
    project: Project | None = None
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Selection:
    """What the paths ask for of a project, and those that ask for nothing."""

    names: frozenset[str] | None = None
    useless: tuple[str, ...] = ()


def load(request: LoadRequest) -> Loaded:
    """Read the manifests of the project that the paths belong to, or, with a scope, those at the paths."""
    with _collector_paused():
        return _load(request)


@contextmanager
def _collector_paused() -> Iterator[None]:
    # Loading makes many objects and no garbage; pausing the collector is worth a factor of two.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _load(request: LoadRequest) -> Loaded:
    paths = [_absolute(path, request) for path in request.paths or (request.cwd,)]
    present = [path for path in paths if os.path.lexists(path)]
    missing = [troubles.no_such_path(_shown(path, request)) for path in paths if path not in present]
    roots = sorted({root for path in present if (root := project_root(path))})
    content = _content(roots, present, request)
    selection = _selected(content, present) if len(roots) == 1 else _Selection()
    useless = [troubles.selects_nothing(_shown(path, request)) for path in selection.useless]
    problems = Reading(problems=(*missing, *useless, *_code_problems(content)))
    reading = total([content.reading, problems_between(content.reading), problems])
    return _loaded(content, reading, selection.names)


def _loaded(content: _Content, reading: Reading, selected: frozenset[str] | None) -> Loaded:
    sound = (declared.task for declared in reading.declared if declared.is_sound)
    return Loaded(
        project=content.project,
        scope=content.scope,
        root=Path(content.root),
        tasks=tuple(sorted(sound, key=lambda task: (task.name, task.place))),
        diagnostics=told(reading),
        sources=texts(content.sources.values(), reading),
        manifests=reading.manifests,
        selected=selected,
        skipped=content.skipped,
    )


def _code_problems(content: _Content) -> Iterator[Diagnostic]:
    """What is wrong with code on this machine that a task names: nothing of ours would upload it."""
    for declared in content.reading.declared:
        code = declared.task.spec.code
        if code is None or code.source != "Local" or not code.origin_path or code.tos_path:
            continue
        is_there = os.path.exists(os.path.join(content.root, code.origin_path))  # noqa: PTH110, PTH118
        yield troubles.code_not_uploaded(code.origin_path, declared.tree, is_there=is_there)


def _absolute(path: Path, request: LoadRequest) -> str:
    return os.path.normpath(os.path.join(request.cwd, path))  # noqa: PTH118


def _shown(path: str, request: LoadRequest) -> str:
    return os.path.relpath(path, request.cwd)


def _content(roots: list[str], paths: list[str], request: LoadRequest) -> _Content:
    if len(roots) == 1:
        return _content_of_project(roots[0], request)
    if not roots and request.scope is not None:
        return _content_of_paths(paths, request.scope, request)
    problems = [troubles.several_projects([_shown(root, request) for root in roots])] if roots else []
    if not roots and paths:
        problems = [troubles.no_project(_shown(paths[0], request))]
    return _Content(os.fspath(request.cwd), Reading(problems=tuple(problems)))


def _content_of_project(root: str, request: LoadRequest) -> _Content:
    shown = _shown(root, request)
    of_project = _read(root, [PROJECT_FILE], shown)
    source = of_project.sources.get(PROJECT_FILE)
    if source is None:
        return _Content(root, Reading(problems=of_project.problems))
    file, own = read_project(source, environment=request.environment, scope=request.scope)
    if file is None:
        return _Content(root, own, of_project.sources)
    found = manifests_below(root, file.patterns, shown)
    files = _read(root, [name for name in found.files if name != PROJECT_FILE], shown)
    files, skipped = _without_foreign(files) if file.terms.by_default_pattern else (files, ())
    problems = (*found.problems, *_pattern_problems(file, found), *files.problems)
    manifests = read_manifests(files.sources.values(), file.terms)
    reading = total([own, Reading(problems=problems), manifests])
    sources = {**of_project.sources, **files.sources}
    return _Content(root, reading, sources, file.scope, file.project, skipped)


def _without_foreign(files: _Files) -> tuple[_Files, tuple[str, ...]]:
    """The files without those that are plainly no manifests, and the names of these."""
    foreign = {name for name, source in files.sources.items() if is_foreign(source)}
    kept = {name: source for name, source in files.sources.items() if name not in foreign}
    return replace(files, sources=kept), tuple(files.sources[name].file for name in sorted(foreign))


def _pattern_problems(file: ProjectFile, found: Found) -> Iterator[Diagnostic]:
    for index, pattern in enumerate(file.patterns):
        path = pattern.removeprefix(EXCLUDES)
        if path.startswith("/") or ".." in path.split("/"):
            yield troubles.outside_pattern(pattern, index, file.document)
        elif unmatched_patterns([pattern], found):
            yield troubles.unmatched_pattern(pattern, index, file.document)


def _content_of_paths(paths: list[str], scope: str, request: LoadRequest) -> _Content:
    project, _, environment = scope.partition("/")
    asked = Scope(project, environment or request.environment)
    found = [_files_at(path, _shown(path, request)) for path in paths]
    root = os.fspath(request.cwd)
    files = _read(root, dict.fromkeys(name for part in found for name in part.files), ".")
    problems = (*(problem for part in found for problem in part.problems), *files.problems)
    manifests = read_manifests(files.sources.values(), terms_of_scope(asked))
    return _Content(root, total([Reading(problems=problems), manifests]), files.sources, asked)


def _files_at(path: str, shown: str) -> Found:
    if not os.path.isdir(path):  # noqa: PTH112 - paths are text here, see files
        return Found([shown])
    found = manifests_below(path, (), shown)
    return Found([joined(shown, file) for file in found.files], found.problems)


def _read(root: str, names: Iterable[str], shown: str) -> _Files:
    contents = {name: read(f"{root}/{name}", joined(shown, name)) for name in names}
    sources = {
        name: parse(content, readable(joined(shown, name)))
        for name, content in contents.items()
        if isinstance(content, bytes)
    }
    return _Files(sources, tuple(one for one in contents.values() if isinstance(one, Diagnostic)))


def _selected(content: _Content, paths: list[str]) -> _Selection:
    """What the paths choose; the project's root, its file, and any folder above choose all of it."""
    whole_project = {content.root, f"{content.root}/{PROJECT_FILE}"}
    if any(path in whole_project or content.root.startswith(f"{path}/") for path in paths):
        return _Selection()
    below = {path: os.path.relpath(path, content.root) for path in paths}
    useless = (path for path in paths if not any(_is_at(name, below[path]) for name in content.sources))
    name_of = {source.file: name for name, source in content.sources.items()}
    file_of = {declared.task.name: name_of[declared.file] for declared in content.reading.declared}
    chosen = (task for task, file in file_of.items() if any(_is_at(file, at) for at in below.values()))
    return _Selection(frozenset(chosen), tuple(useless))


def _is_at(file: str, path: str) -> bool:
    return file == path or file.startswith(f"{path}/")
