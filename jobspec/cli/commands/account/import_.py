"""`jobspec import`: manifests for live tasks that were submitted without one."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from jobspec.cli import options, terminal
from jobspec.cli.applying.carrying_out import ApplyOptions, carry_out, prepared
from jobspec.cli.consent import check_can_prompt
from jobspec.cli.exits import Exit, of_request
from jobspec.cli.filters import task_filters
from jobspec.cli.messages import print_warnings
from jobspec.cli.parameters import PATH, TEXT
from jobspec.cloud.answers.query import (
    ListQuery,
)
from jobspec.errors import UsageError
from jobspec.report.import_text import (
    ImportView,
    next_step,
    remarks,
    written,
)
from jobspec.workflow.account.import_files import ELSEWHERE
from jobspec.workflow.account.import_selection import (
    Selected,
    select_ids,
    select_newest,
)
from jobspec.workflow.account.importing import (
    ComposedImport,
    Destination,
    Import,
    check_adoptable,
    compose,
    destination,
    make_adoptions,
)
from jobspec.workflow.planning.applying import Applier
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.new_files import write_new
from jobspec.workflow.project.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterable


STDOUT = Path("-")


@click.command("import")
@click.argument("ids", metavar="[ID...]", nargs=-1, type=TEXT)
@task_filters
@click.option(
    "-o",
    "--output",
    type=PATH,
    metavar="DIR",
    help="Write the files to DIR; the project's `tasks` folder by default, `-` for stdout.",
)
@click.option("--adopt", is_flag=True, help="Also adopt the live tasks as runs of the new manifests.")
@options.of_project
@options.YES
def import_(
    *,
    ids: tuple[str, ...],
    filters: dict[str, Any],
    output: Path | None,
    adopt: bool,
    target: Target,
    yes: bool,
) -> int:
    """Write manifests for live tasks.

    Writes one file for each ID, or for the newest task of each name that matches the filters. Comments mark
    what the platform does not return. Private values and known credential formats become references to
    secrets. Other secrets may remain, so review the files. Existing files are never overwritten, and a failed
    write leaves no files behind. The live tasks do not change unless you adopt them.

    \b
    Examples:
      jobspec import t-20260101000000-abcde
      jobspec import --filter resnet --state Running --adopt
      jobspec import --queue q-20260101-abcde -o tasks/vision
    """
    query = ListQuery(**filters) if filters else None
    _check(ids, query, adopt=adopt, yes=yes, output=output)
    project = target.paths[0] if target.paths else None
    environment, scope = target.environment, target.scope
    target = replace(target, paths=_paths(project, scope, output))
    workspace = _opened(target)
    where, composed = _composed(workspace, ids, query, output)
    new = [one for one in composed.imports if not one.is_managed]
    if not composed.imports:
        return Exit.DONE
    if adopt:
        check_adoptable(workspace, new)
    views = list(map(_view, composed.imports))
    if where.folder is None:
        terminal.result("---\n".join(one.text for one in composed.imports))
        _print_remarks(views)
        return Exit.DONE
    write_new({one.file: one.text for one in composed.imports}, ELSEWHERE)
    _print_written(workspace, views)
    workspace = _opened(target)  # every file is read again, as other commands read it
    code = _adopt(workspace, new, yes=yes) if adopt and new else Exit.DONE
    shown_environment = environment if scope else workspace.loaded.scope.environment
    typed = _where(shown_environment, scope, project or _below(scope, output))
    for one, view in zip(composed.imports, views, strict=True):
        if one.is_managed or not adopt:
            terminal.message(next_step(view, typed, workspace.option))
    return code


def _check(
    ids: tuple[str, ...], query: ListQuery | None, *, adopt: bool, yes: bool, output: Path | None
) -> None:
    if bool(ids) == (query is not None):
        message = "task ids cannot be combined with filters" if ids else "no task id and no filter given"
        raise UsageError(
            message, help="pass task ids or filters: jobspec import ID, or jobspec import --filter TEXT"
        )
    if adopt and output == STDOUT:
        raise UsageError("`--adopt` cannot be combined with `-o -`", help="remove --adopt or -o -")
    if adopt and not yes:
        check_can_prompt()


def _paths(project: Path | None, scope: str | None, output: Path | None) -> tuple[Path, ...]:
    if project:
        return (project,)
    below = _below(scope, output)
    return (below,) if below else ()


def _below(scope: str | None, output: Path | None) -> Path | None:
    """The manifest folder when `--scope` is used without a project."""
    return output if scope and output and output != STDOUT else None


def _opened(target: Target) -> Workspace:
    workspace = open_workspace(target, options.surroundings())
    print_warnings(workspace)
    return workspace


def _composed(
    workspace: Workspace, ids: tuple[str, ...], query: ListQuery | None, output: Path | None
) -> tuple[Destination, ComposedImport]:
    where = destination(workspace, output, to_stdout=output == STDOUT)
    selected = _selected(workspace, ids, query)
    for line in selected.left_out:
        terminal.message(f"skipped: {line}")
    composed = compose(workspace, selected.runs, where)
    if ids and composed.refused:
        raise composed.refused[0]
    for refused in composed.refused:
        terminal.message(f"skipped: {refused.message}")
    if not composed.imports:
        terminal.message("nothing to import")
    return where, composed


def _selected(workspace: Workspace, ids: tuple[str, ...], query: ListQuery | None) -> Selected:
    return select_ids(workspace, ids) if query is None else select_newest(workspace, query)


def _print_written(workspace: Workspace, views: Iterable[ImportView]) -> None:
    for view in views:
        terminal.result(written(view))
        _print_remarks([view])
    project, own = workspace.loaded.project, workspace.loaded.scope.environment
    others = [name for name in project.environments if name != own] if project else []
    if others:
        terminal.message(f"note: the new manifests also apply to the other environments: {', '.join(others)}")


def _print_remarks(views: Iterable[ImportView]) -> None:
    for view in views:
        for remark in remarks(view):
            terminal.message(remark)


def _adopt(workspace: Workspace, imports: Iterable[Import], *, yes: bool) -> Exit:
    with prepared(Applier(workspace)) as turn:
        planned = make_adoptions(workspace, imports)
        view = carry_out(Applier(workspace), turn, planned, ApplyOptions("adopt", yes=yes, output="text"))
    return of_request(view)


def _where(environment: str | None, scope: str | None, project: Path | None) -> str:
    """The options that select the project and scope in the next command."""
    given = {"-p": project, "-e": environment, "--scope": scope}
    return "".join(f" {flag} {shlex.quote(str(value))}" for flag, value in given.items() if value)


def _view(one: Import) -> ImportView:
    return ImportView(
        one.task.name, os.path.relpath(one.file), one.run, one.differing, one.is_matched, one.losses
    )
