"""Manifests for the vendor's task files: read, converted, and written as new files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from jobspec.diagnostics import Diagnostic, Severity
from jobspec.errors import ManifestError, UsageError
from jobspec.manifest.files.budget import Budget, OverBudgetError
from jobspec.manifest.files.filenames import PROJECT_FILE, readable
from jobspec.manifest.files.problems import over_budget
from jobspec.manifest.files.reading import Reader, project_root
from jobspec.manifest.importing.defaults import spec_under
from jobspec.manifest.importing.names import file_name, manifest_name
from jobspec.manifest.manifest_files import every_pattern
from jobspec.manifest.resolve.project_reading import ProjectFile, read_project
from jobspec.manifest.resolve.reported import ShownTexts, reported
from jobspec.manifest.task import ScopeOptions
from jobspec.manifest.volc.converting import ConvertedTask, convert, filled_in
from jobspec.manifest.volc.hiding import without_copies
from jobspec.manifest.volc.json_text import readable as json_as_yaml
from jobspec.manifest.volc.writing.project import additions, project_text
from jobspec.manifest.volc.writing.shared import split
from jobspec.manifest.volc.writing.text import texts
from jobspec.manifest.yaml.source import Source, parse
from jobspec.manifest.yaml.tree import child, plain
from jobspec.quoting import quote
from jobspec.workflow.account.import_files import ELSEWHERE, check_covered
from jobspec.workflow.project.environment import named_environment
from jobspec.workflow.project.new_files import shown, write_new
from jobspec.workflow.project.project_name import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobspec.manifest.volc.converting import Conversion
    from jobspec.workflow.surroundings import Surroundings

_ADVICE = "pass a regular file that you can read"


class ConvertOptions(Struct, frozen=True):
    """Where to write, and how. No folder means stdout."""

    output: Path | None = None
    environment: str | None = None
    """The environment of the existing project, whose defaults apply to the manifests."""
    with_defaults: bool = False
    is_lossy: bool = False


class Converted(Struct, frozen=True):
    """The manifests by their files; the file is None for stdout."""

    manifests: tuple[tuple[Path | None, str], ...]
    additions: str
    """What has to be added to `spec` of the project file; empty if it was written or needs nothing."""
    diagnostics: tuple[Diagnostic, ...]
    """Warnings."""
    sources: Mapping[str, str]
    unset: tuple[str, ...]
    """The variables that have to be set before anything is planned."""
    folder: Path | None = None
    """The folder of a new project."""


class _Project(Struct, frozen=True):
    """The project that the manifests are written for: an existing one, or a new one in the folder."""

    folder: Path
    root: Path
    file: ProjectFile | None

    @property
    def defaults(self) -> dict[str, Any]:
        found = self.file.terms.inherited.defaults if self.file else None
        spec = None if found is None else child(found, "spec")
        return {} if spec is None else plain(spec) or {}

    @property
    def variables(self) -> dict[str, Any]:
        found = self.file.terms.inherited.context.variables if self.file else None
        return {} if found is None else plain(found)


def convert_files(files: Sequence[Path], options: ConvertOptions, surroundings: Surroundings) -> Converted:
    """Convert the files, and write the manifests if a folder is given.

    Raises `ManifestError` for what they lose, and `UsageError` for a file that exists. Nothing is written
    then.
    """
    cwd = surroundings.cwd
    project = _project(options, surroundings)
    sources, unread = _sources(files, cwd)
    known = {} if project is None else project.variables
    found = convert(sources, _Code(cwd, project).find, known, lossy=options.is_lossy)
    problems = (*unread, *found.reading.problems)
    reading = replace(found.reading, problems=problems)
    diagnostics, shown_texts = reported(reading), ShownTexts(sources, reading)
    hidden = {source.file: without_copies(shown_texts[source.file], reading.plaintext) for source in sources}
    if any(one.severity is Severity.ERROR for one in diagnostics):
        raise ManifestError(diagnostics, sources=hidden, manifests=max(len(sources), len(files)))
    common, documents = _documents(found.tasks, project, with_defaults=options.with_defaults)
    secrets = {one.secret for one in reading.plaintext}
    written = list(texts(found.tasks, documents, secrets))
    unset = tuple(one.name for one in found.variables if not (one.is_set or one.is_of_project))
    result = Converted((), "", diagnostics, hidden, unset)
    if project is None:
        wanted = additions(found.variables, common)
        return replace(result, manifests=tuple((None, one) for one in written), additions=wanted)
    return _written(result, found, project, written=written, common=common)


def _written(
    result: Converted, found: Conversion, project: _Project, *, written: list[str], common: dict[str, Any]
) -> Converted:
    folder = project.folder
    paths = _paths([filled_in(one.name, found.variables) for one in found.tasks], folder)
    manifests = dict(zip(paths, written, strict=True))
    if project.file is not None:
        check_covered(project.root, every_pattern(project.file), paths)
        missing = [one for one in found.variables if not one.is_of_project]
        result = replace(result, additions=additions(missing, {}))
    else:
        text = project_text(name_of(folder), _patterns(folder, paths), found.variables, common)
        manifests = {folder / PROJECT_FILE: text, **manifests}
        result = replace(result, folder=folder)
    write_new(manifests, ELSEWHERE)
    return replace(result, manifests=tuple(manifests.items()))


def _project(options: ConvertOptions, surroundings: Surroundings) -> _Project | None:
    """Return the project around the output folder, or a new one in it; None for stdout."""
    if options.output is None:
        return None
    folder = Path(os.path.normpath(surroundings.cwd / options.output))
    found = project_root(os.path.realpath(folder))
    if found is None:
        return _Project(folder, folder, None)
    if options.with_defaults:
        raise UsageError(
            f"`--defaults` writes a new project file, and there is one in {quote(shown(Path(found)))}",
            help=f"{ELSEWHERE}, or remove --defaults",
        )
    environment = options.environment or named_environment(surroundings.environ)
    return _Project(folder, Path(found), _project_file(found, environment))


def _project_file(root: str, environment: str | None) -> ProjectFile:
    content = Reader(Budget()).read_project_file(os.path.realpath(root), os.path.relpath(root))
    if isinstance(content, Diagnostic):
        raise ManifestError([content], sources={}, manifests=1)
    source = parse(content, os.path.relpath(f"{root}/{PROJECT_FILE}"))
    file, reading = read_project(source, ScopeOptions(environment))
    problems = reported(reading)
    if file is None or any(one.severity is Severity.ERROR for one in problems):
        raise ManifestError(problems, sources=ShownTexts([source], reading), manifests=1)
    return file


def _sources(files: Sequence[Path], cwd: Path) -> tuple[list[Source], list[Diagnostic]]:
    """Return the files, each once, and why others cannot be read."""
    reader = Reader(Budget())
    sources, problems = [], []
    for file in files:
        name = readable(str(file))
        try:
            content = reader.read(os.path.realpath(cwd / file), name)
        except OverBudgetError as error:
            problems.append(replace(over_budget(error), help="convert fewer files at a time"))
            break
        if isinstance(content, bytes):
            sources.append(parse(json_as_yaml(content), name))
        elif content is not None:
            problems.append(replace(content, help=_ADVICE))
    return sources, problems


class _Code(Struct, frozen=True):
    """Finds the code of `UserCodePath`, which is relative to the file that names it."""

    cwd: Path
    project: _Project | None

    def find(self, file: str, path: str) -> str | None:
        """Return the path as the manifest must write it; None if it does not exist."""
        target = os.path.join(self.cwd, os.path.dirname(file), path)  # noqa: PTH118, PTH120 - keeps `./`
        if not os.path.exists(target):  # noqa: PTH110
            return None
        if self.project is None or os.path.isabs(path):  # noqa: PTH117
            return path
        root = self.project.root
        is_same = os.path.realpath(root / path) == os.path.realpath(target)
        return path if is_same else os.path.relpath(os.path.realpath(target), os.path.realpath(root))


def _documents(
    tasks: Sequence[ConvertedTask], project: _Project | None, *, with_defaults: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what goes to the project's defaults, and the documents of the tasks without it."""
    documents = [plain(one.tree) for one in tasks]
    specs = [document["spec"] for document in documents]
    common: dict[str, Any] = {}
    if with_defaults:
        common, specs = split(specs)
    if project is not None and project.defaults:
        specs = [spec_under(spec, project.defaults) for spec in specs]
    return common, [{**document, "spec": spec} for document, spec in zip(documents, specs, strict=True)]


def _paths(names: Sequence[str], folder: Path) -> list[Path]:
    """Return a file for each task. Two names that differ in case only get two files on every system."""
    paths: list[Path] = []
    taken: set[str] = set()
    for name in map(manifest_name, names):
        for number in range(1, len(names) + 1):
            file = file_name(name if number == 1 else f"{name}-{number}", str(number))
            if file.casefold() not in taken:
                break
        taken.add(file.casefold())
        paths.append(folder / file)
    return paths


def _patterns(folder: Path, paths: Sequence[Path]) -> list[str]:
    """Return the patterns of a new project: not those of other YAML files that are in the folder."""
    if folder.is_dir() and any(one.suffix == ".yaml" for one in folder.iterdir()):
        return [path.name for path in paths]
    return ["*.yaml"]
