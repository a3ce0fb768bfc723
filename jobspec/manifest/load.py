"""Paths become tasks: finds the project, reads every manifest of it, and collects all that is wrong.

With `files` the only part of `manifest` that does I/O. A person's mistake is a diagnostic here, never
an exception.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jobspec.diagnostics import Diagnostic, Place, Severity, in_order
from jobspec.manifest import plaintext as hidden
from jobspec.manifest import project_problems as troubles
from jobspec.manifest.documents import (
    Surroundings,
    header_problem,
    is_kind,
    read_project,
    read_task,
    variants,
)
from jobspec.manifest.expand import Context
from jobspec.manifest.files import (
    PROJECT_FILE,
    joined,
    manifests_below,
    project_root,
    read,
    unmatched_patterns,
)
from jobspec.manifest.plaintext import Plaintext
from jobspec.manifest.project import ProjectDocument
from jobspec.manifest.rules import between_tasks, unused_permissions
from jobspec.manifest.source import Source, parse
from jobspec.manifest.task import Project, Scope, Task
from jobspec.manifest.tree import Mapping as Map
from jobspec.manifest.tree import Node, Scalar, Sequence, at_path, child

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
    files: int
    manifests: int
    selected: frozenset[str] | None
    """Names of the tasks that the paths ask for; None when they ask for all."""

    @property
    def has_errors(self) -> bool:
        """Whether anything is wrong beyond a warning."""
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)


def load(request: LoadRequest) -> Loaded:
    """Read the manifests of the project that the paths belong to, or, with a scope, those at the paths."""
    with _collector_paused():
        return _Loading(request).run()


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


@dataclass(slots=True)
class _Loading:
    """One load on its way: what was found so far."""

    request: LoadRequest
    problems: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    plaintext: dict[str, list[Plaintext]] = field(default_factory=dict)
    tasks: list[tuple[Task, Node]] = field(default_factory=list)
    flawed: set[Place] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    """The files that were read, relative to the root, by their names in diagnostics."""
    file_of: dict[str, str] = field(default_factory=dict)
    manifests: int = 0
    project: Project | None = None
    scope: Scope = NO_SCOPE
    root: str = ""
    shown_root: str = ""
    defaults_are_broken: bool = False

    def run(self) -> Loaded:
        paths = [self._absolute(path) for path in self.request.paths or (self.request.cwd,)]
        missing = [path for path in paths if not os.path.lexists(path)]
        self.problems.extend(troubles.no_such_path(self._shown(path)) for path in missing)
        present = [path for path in paths if path not in missing]
        roots = sorted({root for path in present if (root := project_root(path))})
        if len(roots) > 1:
            self.problems.append(troubles.several_projects([self._shown(root) for root in roots]))
        elif roots:
            self._load_project(roots[0])
        elif self.request.scope is not None:
            self._load_paths(present, self.request.scope)
        elif present:
            self.problems.append(troubles.no_project(self._shown(present[0])))
        self.problems.extend(between_tasks(self.tasks))
        return self._loaded(self._selected(present) if self.shown_root and roots else None)

    def _loaded(self, selected: frozenset[str] | None) -> Loaded:
        secrets = {found.secret for places in self.plaintext.values() for found in places}
        told = [hidden.without_secrets(problem, secrets) for problem in self.problems]
        sound = [task for task, _ in self.tasks if task.place not in self.flawed]
        sources = {
            file: hidden.hide(text, self.plaintext.get(file, ())) for file, text in self.sources.items()
        }
        return Loaded(
            project=self.project,
            scope=self.scope,
            root=Path(self.root or self.request.cwd),
            tasks=tuple(sorted(sound, key=lambda task: (task.name, task.place))),
            diagnostics=in_order(_without_echoes(told)),
            sources=sources,
            files=len(self.sources),
            manifests=self.manifests,
            selected=selected,
        )

    def _absolute(self, path: Path) -> str:
        return os.path.normpath(os.path.join(self.request.cwd, path))  # noqa: PTH118

    def _shown(self, path: str) -> str:
        return os.path.relpath(path, self.request.cwd)

    def _load_project(self, root: str) -> None:
        self.root, self.shown_root = root, self._shown(root)
        source = self._read(PROJECT_FILE)
        if source is None:
            return
        document = self._project_document(source)
        if document is None:
            return
        project, misshapen = read_project(document)
        self.problems.extend(misshapen)
        surroundings = self._surroundings(document, project)
        patterns = () if project is None else project.spec.manifests
        files = self._project_files(document, patterns)
        self._read_tasks(source, surroundings, by_default_pattern=False)
        for file in files:
            found = self._read(file)
            if found is not None:
                self._read_tasks(found, surroundings, by_default_pattern=not patterns)

    def _project_document(self, source: Source) -> Map | None:
        documents = [document for document in source.documents if is_kind(document, "Project")]
        if not documents and not source.diagnostics:
            self.problems.append(troubles.no_project_document(source.file))
        self.problems.extend(troubles.second_project(document) for document in documents[1:])
        first = documents[0] if documents else None
        if not isinstance(first, Map):
            return None
        problem = header_problem(first, by_default_pattern=False)
        if problem is not None:
            self.problems.append(problem)
            return None
        self.manifests += 1
        self._look_for_plaintext(first, source)
        return first

    def _surroundings(self, document: Map, project: ProjectDocument | None) -> Surroundings:
        name = child(document, "metadata", "name")
        project_name = name.text if isinstance(name, Scalar) else ""
        chosen = self._environment(document)
        first: Surroundings | None = None
        for variant in variants(document, chosen):
            surroundings, problems = variant.surroundings(project_name)
            first = first or surroundings
            self.problems.extend(problems)
            self.defaults_are_broken = self.defaults_are_broken or bool(problems)
        self.scope = Scope(project_name, chosen)
        if self.request.scope not in (None, str(self.scope)):
            self.problems.append(troubles.other_scope(str(self.request.scope), str(self.scope), document))
        if project is not None:
            self.project = _project(project, chosen, document)
        return first or Surroundings(Context(None, self.scope), None)

    def _environment(self, document: Map) -> str | None:
        wanted = self.request.environment
        node = child(document, "spec", "environments")
        known = list(node.entries) if isinstance(node, Map) else []
        if wanted is not None and wanted not in known:
            self.problems.append(troubles.unknown_environment(wanted, known, document))
        return wanted

    def _project_files(self, document: Map, patterns: tuple[str, ...]) -> list[str]:
        found = manifests_below(self.root, patterns, self.shown_root)
        self.problems.extend(found.problems)
        for index, pattern in enumerate(patterns):
            if pattern.startswith("/") or ".." in pattern.split("/"):
                self.problems.append(troubles.outside_pattern(pattern, index, document))
            elif unmatched_patterns([pattern], found.files):
                self.problems.append(troubles.unmatched_pattern(pattern, index, document))
        return [file for file in found.files if file != PROJECT_FILE]

    def _load_paths(self, paths: list[str], scope: str) -> None:
        self.root, self.shown_root = os.fspath(self.request.cwd), "."
        project, _, environment = scope.partition("/")
        self.scope = Scope(project, environment or self.request.environment)
        surroundings = Surroundings(Context(None, self.scope), None)
        for path in paths:
            for file in self._files_at(path):
                source = self._read(file)
                if source is not None:
                    self._read_tasks(source, surroundings, by_default_pattern=False)

    def _files_at(self, path: str) -> list[str]:
        shown = self._shown(path)
        if not os.path.isdir(path):  # noqa: PTH112 - paths are text here, see files
            return [shown]
        found = manifests_below(path, (), shown)
        self.problems.extend(found.problems)
        return [joined(shown, file) for file in found.files]

    def _read(self, relative: str) -> Source | None:
        shown = joined(self.shown_root, relative)
        if shown in self.sources:
            return None
        content = read(f"{self.root}/{relative}", shown)
        if isinstance(content, Diagnostic):
            self.problems.append(content)
            return None
        source = parse(content, shown)
        self.sources[shown] = source.text
        self.files[shown] = relative
        self.problems.extend(source.diagnostics)
        self.manifests += bool(source.diagnostics) and not source.documents
        return source

    def _read_tasks(self, source: Source, surroundings: Surroundings, *, by_default_pattern: bool) -> None:
        for document in source.documents:
            if isinstance(document, Scalar) and document.is_absent:
                continue
            problem = header_problem(document, by_default_pattern=by_default_pattern)
            if problem is not None:
                self.manifests += 1
                if not is_kind(document, "Project") or source.file != self._project_file:
                    self.problems.append(problem)
            elif is_kind(document, "Task") and isinstance(document, Map):
                self._read_task(document, source, surroundings)
            elif source.file != self._project_file:
                self.problems.append(troubles.misplaced_project(document))

    @property
    def _project_file(self) -> str:
        return joined(self.shown_root, PROJECT_FILE)

    def _read_task(self, document: Map, source: Source, surroundings: Surroundings) -> None:
        self.manifests += 1
        self._look_for_plaintext(document, source)
        task, merged, problems = read_task(document, surroundings)
        self.problems.extend(problem for problem in problems if not self._is_told(problem, source.file))
        if task is not None:
            self.tasks.append((task, merged))
            self.file_of[task.name] = self.files[source.file]
            if any(problem.severity is Severity.ERROR for problem in problems):
                self.flawed.add(task.place)

    def _is_told(self, problem: Diagnostic, file: str) -> bool:
        """Whether it is a mistake in the project's defaults, which were checked on their own."""
        return (
            self.defaults_are_broken
            and problem.place is not None
            and problem.place.file != file
            and problem.code.startswith("JS2")
        )

    def _look_for_plaintext(self, document: Node, source: Source) -> None:
        found = hidden.find_plaintext(document, source.text)
        allowed = _allowed_plaintext(document)
        if found:
            self.plaintext.setdefault(source.file, []).extend(found)
            self.problems.extend(hidden.diagnose(found, allowed, source.text))
        if allowed:
            used = {plaintext.path for plaintext in found if plaintext.is_problem}
            self.problems.extend(unused_permissions(allowed, used, document))

    def _selected(self, paths: list[str]) -> frozenset[str] | None:
        whole_project = {self.root, f"{self.root}/{PROJECT_FILE}"}
        if any(path in whole_project or self.root.startswith(f"{path}/") for path in paths):
            return None
        names: set[str] = set()
        for path in paths:
            below = os.path.relpath(path, self.root)
            if not any(_is_at(file, below) for file in self.files.values()):
                self.problems.append(troubles.selects_nothing(self._shown(path)))
            names.update(name for name, file in self.file_of.items() if _is_at(file, below))
        return frozenset(names)


def _is_at(file: str, path: str) -> bool:
    return file == path or file.startswith(f"{path}/")


def _without_echoes(problems: list[Diagnostic]) -> list[Diagnostic]:
    """Without problems of shape where the text itself is already called wrong."""
    places = {p.place for p in problems if p.place and (p.code.startswith("JS1") or p.code == "JS310")}
    return [p for p in problems if not (p.code.startswith("JS2") and p.place in places)]


def _allowed_plaintext(document: Node) -> list[str]:
    node = child(document, "metadata", "allowPlaintext")
    items = node.items if isinstance(node, Sequence) else ()
    return [item.text for item in items if isinstance(item, Scalar)]


def _project(document: ProjectDocument, environment: str | None, tree: Map) -> Project:
    of_environment = document.spec.environments.get(environment or "")
    own = of_environment.platform if of_environment is not None else None
    return Project(
        name=document.metadata.name,
        environments=tuple(sorted(document.spec.environments)),
        platform=document.spec.platform if own is None else own,
        limits=document.spec.limits,
        place=at_path(tree, ("metadata", "name")).extent.place,
    )
