"""The project file by itself: for who needs to know the platform, and nothing of the tasks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.diagnostics import Diagnostic, in_order
from jobspec.errors import ManifestError
from jobspec.manifest.filenames import PROJECT_FILE, joined, readable
from jobspec.manifest.files import project_root, read
from jobspec.manifest.reading import read_project, texts, told
from jobspec.manifest.source import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jobspec.manifest.reading import ProjectFile
    from jobspec.manifest.task import Project, Scope


@dataclass(frozen=True, slots=True)
class LocatedProject:
    """A project in one environment or in none, and the folder of its file."""

    project: Project
    scope: Scope
    root: Path

    @property
    def file(self) -> Path:
        """The project file."""
        return self.root / PROJECT_FILE


def find_project(path: Path, *, cwd: Path, environment: str | None) -> LocatedProject | None:
    """Return the project in or above a path, or None without a project file there.

    Mistakes in its tasks and defaults are let pass. Raises `ManifestError` when the file or the environment
    that was asked for cannot be read.
    """
    root = project_root(os.path.normpath(cwd / path))
    if root is None:
        return None
    shown = joined(os.path.relpath(root, cwd), PROJECT_FILE)
    content = read(f"{root}/{PROJECT_FILE}", shown)
    if isinstance(content, Diagnostic):
        raise _unusable((content,), {})
    source = parse(content, readable(shown))
    file, reading = read_project(source, environment=environment, scope=None)
    project = _project(file, environment)
    if file is None or project is None:
        raise _unusable(told(reading), texts([source], reading))
    return LocatedProject(project, file.scope, Path(root))


def _project(file: ProjectFile | None, environment: str | None) -> Project | None:
    """The project, unless it does not have the environment."""
    if file is None or file.project is None:
        return None
    is_known = environment is None or environment in file.project.environments
    return file.project if is_known else None


def _unusable(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> ManifestError:
    return ManifestError(in_order(list(diagnostics)), sources=sources, manifests=1)
