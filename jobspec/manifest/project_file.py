"""Read the project file alone, for callers that need the platform but no tasks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.diagnostics import Diagnostic, in_order
from jobspec.errors import ManifestError
from jobspec.manifest.expressions.outside import Outside
from jobspec.manifest.files.budget import Budget
from jobspec.manifest.files.filenames import PROJECT_FILE, joined, readable
from jobspec.manifest.files.reading import Reader
from jobspec.manifest.files.roots import locate, misnamed_project
from jobspec.manifest.resolve.project_reading import read_project_file
from jobspec.manifest.resolve.reported import ShownTexts, reported

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jobspec.manifest.task import Project, Scope, ScopeOptions


class LocatedProject(Struct, frozen=True):
    """A project in one environment or in none, and the folder of its file."""

    project: Project
    scope: Scope
    root: Path

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes of the project, starting with the one without an environment."""
        return self.project.scopes

    @property
    def file(self) -> Path:
        """The project file."""
        return self.root / PROJECT_FILE


def find_project(path: Path, *, cwd: Path, options: ScopeOptions) -> LocatedProject | None:
    """Return the project in or above a path, or None if there is no project file.

    Mistakes in its tasks and defaults are ignored. Raises `ManifestError` if the file or the requested
    environment cannot be read.
    """
    spot = locate(path, cwd)
    root = spot.root
    if root is None:
        misnamed = misnamed_project(spot.path, cwd)
        if misnamed is not None:
            raise _unusable((misnamed,), {})
        return None
    shown = joined(root.shown, PROJECT_FILE)
    content = Reader(Budget()).read_project_file(root.path, root.shown)
    if isinstance(content, Diagnostic):
        raise _unusable((content,), {})
    source, file, reading = read_project_file(
        content,
        readable(shown),
        replace(options, outside=replace(options.outside or Outside(), folder=root.path)),
    )
    if file is None or file.project is None or file.choice.refused:
        raise _unusable(reported(reading), ShownTexts([source], reading))
    return LocatedProject(file.project, file.scope, Path(root.path))


def _unusable(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> ManifestError:
    return ManifestError(in_order(list(diagnostics)), sources=sources, manifests=1)
