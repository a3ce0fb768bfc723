"""Load tasks from paths: find the project, read its files, and pass them to `reading`.

Together with `manifest_files`, `files` and `project_file`, the only part of `manifest` that does I/O. A
mistake of the user is a diagnostic here, never an exception.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.diagnostics import Diagnostic, Severity
from jobspec.manifest.expressions.given import undeclared
from jobspec.manifest.expressions.outside import Outside, UsedValue
from jobspec.manifest.files.budget import Budget, OverBudgetError
from jobspec.manifest.files.filenames import MISNAMED_PROJECT_FILE, PROJECT_FILE, joined, readable
from jobspec.manifest.files.problems import leaving_path, over_budget
from jobspec.manifest.files.reading import Reader, real_path
from jobspec.manifest.files.roots import Root, Spot, locate, misnamed_project
from jobspec.manifest.files.walk import FoundFiles, manifests_below
from jobspec.manifest.manifest_files import ManifestFiles, manifests_of, read_files
from jobspec.manifest.resolve.project_reading import ProjectFile, read_project_file
from jobspec.manifest.resolve.reading import (
    Reading,
    merged_document,
    problems_between,
    read_manifests,
    terms_of_scope,
    total,
)
from jobspec.manifest.resolve.reported import ShownTexts, reported
from jobspec.manifest.task import Project, Scope, ScopeOptions, SetRules, Task
from jobspec.manifest.validate import project_problems as troubles
from jobspec.manifest.yaml.source import Source
from jobspec.manifest.yaml.tree import Node

NO_SCOPE = Scope("")
"""The scope of a project whose name cannot be read."""


class LoadRequest(Struct, frozen=True):
    """The manifests to load. Relative paths are relative to `cwd`."""

    paths: tuple[Path, ...]
    cwd: Path
    environment: str | None = None
    scope: str | None = None
    variable: str = ""
    """The environment variable that named the environment; empty if an option did."""
    clock: Callable[[], float] = time.monotonic
    """The clock that limits the duration of a load."""
    naming: frozenset[str] = frozenset()
    """Parse only the manifests that can declare one of these tasks; without names, all of them.

    If the files with the names of the tasks declare all of them, the others are not read.
    """
    outside: Outside | None = None
    """The values from outside of the manifests; None for none at all."""
    scope_only: bool = False
    """Whether the project file is enough. Manifests are still read to select a part of the tasks."""

    shown: frozenset[str] = frozenset()
    """The names of the tasks whose merged documents are wanted, too."""

    @property
    def options(self) -> ScopeOptions:
        """The requested environment and scope."""
        return ScopeOptions(self.environment, self.scope, self.variable, self.outside)


class Loaded(Struct, frozen=True):
    """The result of a load: everything that could be read, and all problems."""

    project: Project | None
    scope: Scope
    root: Path
    tasks: tuple[Task, ...]
    """The valid tasks by name, even if others have errors."""
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    """The text of every file by its name in diagnostics; credentials are replaced with asterisks."""
    manifests: int
    selected: frozenset[str] | None
    """Names of the tasks that the paths select; None if they select all."""
    skipped: tuple[str, ...] = ()
    """Files that match the default pattern but are clearly not manifests."""
    refused: tuple[Diagnostic, ...] = ()
    """Why no command may act on the scope: the paths, the environment or the scope are not the project's."""
    environment_from: str = ""
    """What named the environment, if no option did."""
    documents: Mapping[str, Node] = field(default_factory=dict)
    """The merged documents of the tasks that `shown` names; each value has its place."""
    is_gone: bool = False
    """Whether the project no longer declares the scope's environment; it has no tasks then."""
    sets: tuple[SetRules, ...] = ()
    """The sets that the tasks belong to, by name."""
    values: tuple[UsedValue, ...] = ()
    """The values from outside that expressions used, by name."""

    @property
    def has_errors(self) -> bool:
        """Whether there is any problem more severe than a warning."""
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)

    @property
    def has_project_errors(self) -> bool:
        """Whether there is an error in the project file, which every task may depend on."""
        errors = (one for one in self.diagnostics if one.severity is Severity.ERROR)
        places = (one.place for one in errors if one.place is not None)
        return any(place.file.rpartition("/")[2] == PROJECT_FILE for place in places)


class _Content(Struct, frozen=True):
    """The files of a request, and the result of reading them."""

    root: str
    reading: Reading
    sources: Mapping[str, Source] = field(default_factory=dict)
    scope: Scope = NO_SCOPE
    project: Project | None = None
    skipped: tuple[str, ...] = ()
    refused: tuple[Diagnostic, ...] = ()
    environment_from: str = ""
    is_gone: bool = False
    values: tuple[UsedValue, ...] = ()


class _Selection(Struct, frozen=True):
    """The tasks that the paths select in a project, and the paths that select nothing."""

    names: frozenset[str] | None = None
    useless: tuple[Spot, ...] = ()


def load(request: LoadRequest) -> Loaded:
    """Read the manifests of the project that contains the paths, or, with a scope, those at the paths."""
    with collector_paused():
        return _load(request)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector: creating many objects that are all kept is twice as fast without it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _load(request: LoadRequest) -> Loaded:
    spots = [locate(path, request.cwd) for path in request.paths or (request.cwd,)]
    present = [spot for spot in spots if os.path.lexists(spot.typed)]
    missing = [troubles.no_such_path(_shown(spot, request)) for spot in spots if spot not in present]
    roots = sorted({spot.root.path: spot.root for spot in present if spot.root}.values())
    content = _content(roots, present, request)
    selection = _selected(content, present) if len(roots) == 1 else _Selection()
    useless = [troubles.selects_nothing(_shown(spot, request)) for spot in selection.useless]
    problems = Reading(problems=(*missing, *useless, *_code_problems(content)))
    # With only the files of some tasks, nothing is known of the names in the others.
    between = Reading() if request.naming else problems_between(content.reading)
    reading = total([content.reading, between, problems])
    loaded = _loaded(content, reading, selection.names, (*missing, *useless))
    wanted = (one for one in reading.declared if one.is_sound and one.task.name in request.shown)
    documents = {one.task.name: merged_document(one) for one in wanted}
    return replace(loaded, documents=documents) if documents and not content.is_gone else loaded


def _loaded(
    content: _Content, reading: Reading, selected: frozenset[str] | None, misplaced: tuple[Diagnostic, ...]
) -> Loaded:
    declared = () if content.is_gone else reading.declared
    sound = (one.task for one in declared if one.is_sound)
    return Loaded(
        project=content.project,
        scope=content.scope,
        root=Path(content.root),
        tasks=tuple(sorted(sound, key=lambda task: task.name)),
        diagnostics=reported(reading),
        sources=ShownTexts(content.sources.values(), reading),
        manifests=reading.manifests,
        selected=selected,
        skipped=content.skipped,
        refused=(*misplaced, *content.refused),
        environment_from=content.environment_from,
        is_gone=content.is_gone,
        sets=() if content.is_gone else tuple(sorted(reading.sets, key=lambda one: one.name)),
        values=content.values,
    )


def _code_problems(content: _Content) -> Iterator[Diagnostic]:
    """Yield the problems with local code that a task names: jobspec does not upload it."""
    for declared in content.reading.declared:
        path = declared.task.local_code
        if path:
            real = real_path(os.path.join(content.root, path), content.root)  # noqa: PTH118
            is_missing = real is not None and not os.path.lexists(real)  # only inside the project
            yield troubles.code_not_uploaded(path, declared.tree, is_missing=is_missing)


def _shown(spot: Spot, request: LoadRequest) -> str:
    return os.path.relpath(spot.typed, request.cwd)


def _content(roots: list[Root], spots: list[Spot], request: LoadRequest) -> _Content:
    if len(roots) == 1:
        reads_manifests = not request.scope_only or not _is_whole(roots[0].path, spots)
        return _content_of_project(roots[0], request, reads_manifests=reads_manifests)
    problem = troubles.several_projects([root.shown for root in roots]) if roots else None
    if not roots and spots:
        problem = misnamed_project(spots[0].path, request.cwd)
        if problem is None and request.scope is None:
            shown = _shown(spots[0], request)
            is_clear = shown != "." and not shown.startswith("..")
            problem = troubles.no_project(shown if is_clear else os.path.normpath(spots[0].typed))
    if problem is None and request.scope is not None:
        return _content_of_paths(spots, request.scope, request)
    return _unusable(os.path.realpath(request.cwd), () if problem is None else (problem,))


def _unusable(root: str, problems: tuple[Diagnostic, ...]) -> _Content:
    return _Content(root, Reading(problems=problems), refused=problems)


def _content_of_project(root: Root, request: LoadRequest, *, reads_manifests: bool) -> _Content:
    reader = Reader(Budget(request.clock), request.naming)
    outside = replace(request.outside or Outside(), folder=root.path)
    data = reader.read_project_file(root.path, root.shown)
    if isinstance(data, Diagnostic):
        return _unusable(root.path, (data,))
    name = readable(joined(root.shown, PROJECT_FILE))
    source, file, own = read_project_file(data, name, replace(request.options, outside=outside))
    of_project = {PROJECT_FILE: source}
    if file is None:
        return _Content(root.path, own, of_project, refused=own.problems)
    content = _Content(
        root.path,
        own,
        of_project,
        file.scope,
        file.project,
        refused=file.choice.refused if file.project else own.problems,
        environment_from=file.choice.environment_from,
        is_gone=file.choice.is_gone,
    )
    content = _with_manifests(content, root, file, reader) if reads_manifests else content
    used = sorted(outside.used.values(), key=lambda one: one.name)
    return replace(content, values=tuple(used))


def _with_manifests(content: _Content, root: Root, file: ProjectFile, reader: Reader) -> _Content:
    try:
        files = manifests_of(root, file, reader)
        is_all_quick = len(files.quick) == len(files.sources)
        terms = file.terms if is_all_quick else file.with_positions().terms
        manifests = read_manifests(files.sources, terms, reader.budget, files.quick)
    except OverBudgetError as error:
        # With half of the files, the tasks of the others would seem to be removed.
        files, manifests = ManifestFiles(problems=(over_budget(error),)), Reading()
    problems = (*files.problems, *_misnamed(root))
    return replace(
        content,
        reading=total([content.reading, Reading(problems=problems), manifests]),
        sources={**content.sources, **files.sources},
        skipped=files.skipped,
    )


def _misnamed(root: Root) -> tuple[Diagnostic, ...]:
    """Report a second project file, which the user may have edited instead of the first."""
    if not os.path.isfile(f"{root.path}/{MISNAMED_PROJECT_FILE}"):  # noqa: PTH113 - paths are text here
        return ()
    return (troubles.second_project_file(joined(root.shown, MISNAMED_PROJECT_FILE)),)


def _content_of_paths(spots: list[Spot], scope: str, request: LoadRequest) -> _Content:
    project, _, environment = scope.partition("/")
    if environment and request.environment not in (None, environment):
        problem = troubles.contradictory_scope(scope, str(request.environment))
        return _unusable(os.path.realpath(request.cwd), (problem,))
    requested = Scope(project, environment or request.environment)
    root, reader = os.path.realpath(request.cwd), Reader(Budget(request.clock), request.naming)
    outside = replace(request.outside or Outside(), folder=root)
    typed = (one for one in outside.effective.values() if one.source.startswith("--"))
    useless = tuple(undeclared(typed, ()))
    if useless:
        return _unusable(root, useless)
    try:
        found = [_files_at(spot.typed, request, reader.budget) for spot in spots]
        terms = terms_of_scope(requested, outside)
        paths = {name: path for part in found for name, path in part.paths.items()}
        files = read_files(paths, ".", reader, terms)
        manifests = read_manifests(files.sources, terms, reader.budget, files.quick)
    except OverBudgetError as error:
        return _unusable(root, (over_budget(error),))
    problems = (*(problem for part in found for problem in part.problems), *files.problems)
    used = tuple(sorted(outside.used.values(), key=lambda one: one.name))
    reading = total([Reading(problems=problems), manifests])
    return _Content(root, reading, files.sources, requested, values=used)


def _files_at(path: str, request: LoadRequest, budget: Budget) -> FoundFiles:
    """Return the files at a path that was named; one in the working directory may not lead out of it."""
    shown = os.path.relpath(path, request.cwd)
    is_in_cwd = not shown.startswith("../") and shown != ".."
    beside = request.cwd if is_in_cwd else os.path.dirname(path)  # noqa: PTH120 - paths are text here
    real = real_path(path, os.path.realpath(beside))
    if real is None:
        return FoundFiles(problems=[leaving_path(shown)])
    if not os.path.isdir(real):  # noqa: PTH112
        return FoundFiles({shown: real})
    found = manifests_below(real, (), shown, budget)
    return FoundFiles({joined(shown, name): at for name, at in found.paths.items()}, found.problems)


def _selected(content: _Content, spots: list[Spot]) -> _Selection:
    """Return the selection of the paths; the project's root, its file, and any folder above select all."""
    if _is_whole(content.root, spots):
        return _Selection()
    below = {spot: _below(spot, content) for spot in spots}
    useless = (spot for spot in spots if not any(_is_at(name, below[spot]) for name in content.sources))
    name_of = {source.file: name for name, source in content.sources.items()}
    file_of = {declared.task.name: name_of[declared.file] for declared in content.reading.declared}
    chosen = (task for task, file in file_of.items() if any(_is_at(file, at) for at in below.values()))
    return _Selection(frozenset(chosen), tuple(useless))


def _is_whole(root: str, spots: list[Spot]) -> bool:
    whole_project = {root, f"{root}/{PROJECT_FILE}"}
    return any(spot.path in whole_project or root.startswith(f"{spot.path}/") for spot in spots)


def _below(spot: Spot, content: _Content) -> str:
    """Return the path relative to the project, with links resolved if no file was read at the path itself."""
    path = os.path.relpath(spot.path, content.root)
    if any(_is_at(name, path) for name in content.sources):
        return path
    return os.path.relpath(os.path.realpath(spot.path), content.root)


def _is_at(file: str, path: str) -> bool:
    return file == path or file.startswith(f"{path}/")
