"""Manifests for live tasks: composed, read back under the project's defaults, and adopted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jobspec.apply.observe import observe, run_of
from jobspec.diagnostics import Severity
from jobspec.errors import GuardError, UsageError
from jobspec.manifest.files.budget import Budget
from jobspec.manifest.files.filenames import PROJECT_FILE
from jobspec.manifest.files.reading import Reader
from jobspec.manifest.importing.defaults import under_defaults
from jobspec.manifest.importing.names import distinct, file_name, manifest_name
from jobspec.manifest.importing.record import Given, imported
from jobspec.manifest.importing.text import Rendered, render
from jobspec.manifest.load import collector_paused
from jobspec.manifest.manifest_files import every_pattern
from jobspec.manifest.resolve.declarations import task_of
from jobspec.manifest.resolve.project_reading import read_project
from jobspec.manifest.resolve.quick import QuickOrigin, quick_values
from jobspec.manifest.resolve.reading import Terms, read_manifests, terms_of_scope
from jobspec.manifest.resolve.reported import reported
from jobspec.manifest.task import (
    ScopeOptions,
    Task,
)
from jobspec.manifest.workers import shared
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import plain
from jobspec.quoting import quote
from jobspec.reconcile import differences
from jobspec.reconcile.declared import declare
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.planning import ownership
from jobspec.reconcile.planning.plan import Plan, ordered
from jobspec.reconcile.tags import Keep, Marks, user_tags
from jobspec.report.plan.build import build_view
from jobspec.workflow.account.import_files import DEFAULT_FOLDER, ELSEWHERE, check_covered
from jobspec.workflow.account.import_selection import task_name
from jobspec.workflow.planning.planning import Planned
from jobspec.workflow.project.new_files import check_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jobspec.reconcile.runs import Run
    from jobspec.workflow.project.workspace import Workspace


class Draft(Struct, frozen=True):
    """A manifest: its text, its file, and the task that it declares in the project."""

    task: Task
    file: Path
    text: str
    differing: tuple[str, ...]
    """The fields in which the declared task differs from the live one."""
    losses: tuple[str, ...]
    """What the manifest cannot express of the live task, one sentence each; also comments in the file."""


class Import(Draft, frozen=True):
    """A manifest for a live task."""

    run: Run

    @property
    def is_managed(self) -> bool:
        """Whether the live task already belongs to the scope."""
        return isinstance(self.run.marks, Marks)

    @property
    def is_matched(self) -> bool:
        """Whether the live task counts as a run of the manifest by its tags."""
        declared, marks = declare(self.task), self.run.marks
        return isinstance(marks, Marks) and marks.task == declared.name and declared.matches(self.run)


class ComposedImport(Struct, frozen=True):
    """The manifests that could be composed, and the errors for the others."""

    imports: tuple[Import, ...]
    refused: tuple[UsageError, ...]


class Destination(Struct, frozen=True):
    """The folder for the manifests, and the terms on which its project reads them. No folder means stdout."""

    folder: Path | None
    root: Path
    terms: Terms
    patterns: tuple[str, ...] | None
    """None without a project: every file in the folder is read then."""

    @property
    def defaults(self) -> Mapping[str, Any]:
        """The defaults that the project applies to every task."""
        found = self.terms.inherited.defaults
        return {} if found is None else plain(found)


def destination(workspace: Workspace, output: Path | None, *, to_stdout: bool = False) -> Destination:
    """Return where to write: `output`, or the folder `tasks` of the project."""
    loaded, cwd = workspace.loaded, workspace.surroundings.cwd
    if loaded.project is None:
        terms, patterns = terms_of_scope(loaded.scope), None
    else:
        terms, patterns = _of_project(workspace)
    if to_stdout:
        return Destination(None, loaded.root, terms, patterns)
    if output is None and patterns is None:
        raise UsageError("no output folder: there is no project file", help="use -o DIR")
    folder = loaded.root / DEFAULT_FOLDER if output is None else Path(os.path.normpath(cwd / output))
    return Destination(folder, loaded.root, terms, patterns)


def _of_project(workspace: Workspace) -> tuple[Terms, tuple[str, ...]]:
    loaded = workspace.loaded
    content = Reader(Budget()).read_project_file(os.path.realpath(loaded.root), "")
    source = parse(content if isinstance(content, bytes) else b"", PROJECT_FILE)
    file, _ = read_project(source, ScopeOptions(loaded.scope.environment, str(loaded.scope)))
    if file is None:
        raise UsageError("the project file changed in the meantime; nothing was written", help="try again")
    return file.terms, every_pattern(file)


def compose(workspace: Workspace, runs: Iterable[Run], where: Destination) -> ComposedImport:
    """Return the manifests of the runs. Raises `UsageError` if one of their files cannot be written."""
    declared = {task.name for task in workspace.loaded.tasks}
    with collector_paused():
        found = _all_composed([*_named(runs, set(declared))], declared, where)
    _check_files(where, [one.file for one in found.imports])
    return found


def _named(runs: Iterable[Run], taken: set[str]) -> Iterator[tuple[Run, str]]:
    """Yield each run with the name of its task, as if all manifests could be composed."""
    for run in runs:
        name = distinct(manifest_name(task_name(run)), run.id, taken)
        taken.add(name)
        yield run, name


def _all_composed(named: list[tuple[Run, str]], taken: set[str], where: Destination) -> ComposedImport:
    drafts = shared(lambda share: [_draft(run, name, where) for run, name in share], named)
    imports: list[Import] = []
    refused = []
    for (run, expected), draft in zip(named, drafts, strict=True):
        # A name is free again if its manifest could not be composed.
        name = distinct(manifest_name(task_name(run)), run.id, taken)
        try:
            kept = draft if draft and name == expected else _composed(run, name, where)
            imports.append(Import(kept.task, kept.file, kept.text, kept.differing, kept.losses, run))
            taken.add(name)
        except UsageError as error:
            refused.append(error)
    return ComposedImport(tuple(imports), tuple(refused))


def _draft(run: Run, name: str, where: Destination) -> Draft | None:
    try:
        return _composed(run, name, where)
    except UsageError:
        return None


def _check_files(where: Destination, targets: list[Path]) -> None:
    if where.folder is None:
        return
    if where.patterns is not None:
        check_covered(where.root, where.patterns, targets)
    check_new(targets, ELSEWHERE)


def _composed(run: Run, name: str, where: Destination) -> Draft:
    record = {**(run.spec or {}), "Tags": _user_tags(run)}
    own = imported(record, Given(name, _lifecycle(run)))
    stated = under_defaults(own, where.defaults, is_managed=isinstance(run.marks, Marks))
    rendered, file = render(stated), file_name(name, run.id)
    read = _quickly(rendered, file, where.terms) or _read_back(run, rendered.text, file, where.terms)
    found = differences.of_spec(run, read.payload)
    differing = tuple(difference.field for difference in found)
    losses = tuple(dict.fromkeys(note.text for note in stated.notes if note.is_loss))
    return Draft(read.task, (where.folder or Path()) / file, rendered.text, differing, losses)


def _user_tags(run: Run) -> list[str] | None:
    shown = (run.spec or {}).get("Tags")
    return None if shown is None else list(user_tags(run.tags))


def _lifecycle(run: Run) -> dict[str, object]:
    match run.marks:
        case Marks(keep=Keep.PROTECT):
            return {"protect": True}
        case Marks(keep=Keep.DELETE | Keep.RETAIN):
            return {"onRemoval": run.marks.keep.value.capitalize()}
    return {}


class _ReadBack(Struct, frozen=True):
    """The task that a text declares in the project, with its create payload."""

    task: Task
    payload: Mapping[str, Any]


def _quickly(rendered: Rendered, file: str, terms: Terms) -> _ReadBack | None:
    """Return what the text declares in the project; None if it may have any problem there."""
    # A comment changes nothing, but the words of ours would make the quick reader look for credentials. The
    # values of the task are read again from the text, when they are needed.
    if terms.quick is None or rendered.documents is None:
        return None
    found = quick_values(rendered.documents, rendered.bare, terms.quick)
    if found is None:
        return None
    [values], _ = found
    origin = QuickOrigin(file, rendered.text, 0, terms.quick)
    return _ReadBack(task_of(values, terms.inherited.context.scope, origin), values.payload)


def _read_back(run: Run, text: str, file: str, terms: Terms) -> _ReadBack:
    """Return what the text declares in the project. Raises `UsageError` if it has errors there."""
    reading = read_manifests({file: parse(text.encode(), file)}, terms, Budget())
    errors = [problem for problem in reported(reading) if problem.severity is Severity.ERROR]
    if errors or not reading.declared:
        why = f"{errors[0].message} ({errors[0].code})" if errors else "its manifest declares no task"
        raise UsageError(
            f"{quote(run.id)} cannot be imported: {why}",
            help="write its manifest by hand, then adopt it: jobspec adopt ID NAME",
        )
    task = reading.declared[0].task
    return _ReadBack(task, task.payload)


def make_adoptions(workspace: Workspace, imports: Iterable[Import]) -> Planned:
    """Return the plan that adopts each live task as a run of its manifest.

    Raises `UsageError` if one cannot be.

    `workspace` holds the manifests as they were written.
    """
    tasks = {task.name: task for task in workspace.loaded.tasks}
    client = workspace.connection.client
    pairs = [(tasks[one.task.name], run_of(client.get(one.run.id))) for one in imports]
    return _adoptions(workspace, pairs)


def check_adoptable(workspace: Workspace, imports: Iterable[Import]) -> None:
    """Raise, before anything is written, if one of the live tasks could not be adopted afterwards."""
    planned = _adoptions(workspace, [(one.task, one.run) for one in imports])
    if planned.guards:
        first = planned.guards[0]
        raise GuardError(
            f"{first.message}; nothing was written",
            guard=first.guard,
            code=first.code,
            help="import it without --adopt; the comments in the file and jobspec adopt ID NAME "
            "show the differences",
        )


def _adoptions(workspace: Workspace, pairs: Iterable[tuple[Task, Run]]) -> Planned:
    scope, platform = workspace.loaded.scope, workspace.platform
    own = by_task(scope, observe(workspace.connection.client, scope))
    made = []
    seen: list[Run] = []
    for task, run in pairs:
        declared = declare(task)
        runs = own.get(declared.name, ())
        made.append(ownership.adoption(declared, run, runs))
        seen += [run, *runs]
    changes = ordered([change for plan, _ in made for change in plan.changes])
    plan = Plan(scope=str(scope), changes=changes, managed=len(own))
    refused = tuple(violation for _, violations in made for violation in violations)
    return Planned(plan, refused, build_view(plan, platform, refused), tuple(seen))
