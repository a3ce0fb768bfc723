"""`jobspec plan`: what apply would do, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import Format, refuse_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobspec.report.plan.view import PlanView
    from jobspec.workflow.planning.planning import Planned, Wanted
    from jobspec.workflow.project.workspace import Target, Workspace

_FORMATS = ("text", "json", "markdown", "html")


class FormatOrFile(click.ParamType[str]):
    """A format, or the name of a file to save the plan in."""

    name = "|".join((*_FORMATS, "FILE"))

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the value when it is one of them."""
        if value in _FORMATS or Path(value).suffix == ".json":
            return value
        refuse_file(value, _FORMATS)
        return self.fail(
            f"`{value}` is none of {', '.join(_FORMATS)}, nor a FILE that ends in `.json`", param, ctx
        )


@click.command()
@options.of_paths
@options.of_plan
@click.option(
    "-o",
    "--output",
    type=FormatOrFile(),
    default="text",
    show_default=True,
    help="Format of the result; a FILE that ends in .json saves the plan for `jobspec apply FILE`.",
)
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes, 0 when there are none."
)
def plan(
    *,
    target: Target,
    wanted: Wanted,
    output: str,
    detailed_exitcode: bool,
) -> int:
    """Show what apply would do, and write nothing.

    PATHS are in or below a project; the current folder by default. A part of a project selects its tasks.
    Exits 3 when an --expect does not hold.

    \b
    Examples:
      jobspec plan
      jobspec plan -e prod --detailed-exitcode
      jobspec plan --only 'resnet-*' --exclude tag:legacy
      jobspec plan -o plan.json && jobspec apply plan.json
    """
    from jobspec.workflow.planning.planning import make_plan
    from jobspec.workflow.project.workspace import open_workspace

    workspace = open_workspace(target, options.surroundings())
    tell_warnings(workspace)
    planned = make_plan(workspace, wanted)
    tell_unnamed_environment(workspace, planned)
    _write(planned.view, output)
    return _exit(planned, detailed=detailed_exitcode)


@click.command()
@options.of_paths
@options.of_plan
@click.option(
    "-o",
    "--output",
    type=Format(_FORMATS),
    default="text",
    show_default=True,
    help="Format of the result on stdout.",
)
def drift(
    *,
    target: Target,
    wanted: Wanted,
    output: str,
) -> int:
    """Exit 2 when the live tasks are not as declared.

    Shows the plan, and writes nothing. Besides what apply would change, it finds what only a person can mend:
    a run that somebody stopped, one that failed for good, a task that is blocked. Exits 0 when there is none.

    \b
    Examples:
      jobspec drift
      jobspec drift -e prod -o markdown > drift.md
    """
    from jobspec.workflow.planning.planning import make_plan
    from jobspec.workflow.project.workspace import open_workspace

    workspace = open_workspace(target, options.surroundings())
    tell_warnings(workspace)
    planned = make_plan(workspace, wanted)
    tell_unnamed_environment(workspace, planned)
    _write(planned.view, output)
    has_drifted = any(change.needs_attention for change in planned.plan.changes)
    return _exit(planned, detailed=True) or (Exit.CHANGES if has_drifted else Exit.DONE)


def _write(view: PlanView, output: str) -> None:
    match output:
        case "text":
            show_plan(view, terminal.result)
        case "json":
            terminal.result(view.model_dump_json(by_alias=True, indent=2))
        case "markdown":
            from jobspec.report.plan import markdown as plan_markdown

            terminal.result(plan_markdown.render(view, now=datetime.now(UTC)))
        case "html":
            from jobspec.report.plan import html_page as plan_html

            terminal.result(plan_html.render(view, now=datetime.now(UTC)))
        case _:
            _save(view, output)


def _save(view: PlanView, file: str) -> None:
    from jobspec.workflow.planning.saved_plans import save

    show_plan(view, terminal.result)
    save(view, Path(file))
    terminal.talk(f"saved in {file}; to do exactly this: jobspec apply {file}")


def _exit(planned: Planned, *, detailed: bool) -> Exit:
    if any(guard.code == "JS411" for guard in planned.guards):
        return Exit.GUARD
    return Exit.CHANGES if detailed and not planned.plan.is_empty else Exit.DONE


def show_plan(view: PlanView, write: Callable[[str], None]) -> None:
    """Write the plan for people."""
    from jobspec.report.plan import text as plan_text

    write(plan_text.render(view, now=datetime.now(UTC), colour=terminal.colour_out()))


def tell_unnamed_environment(workspace: Workspace, planned: Planned) -> None:
    """Warn where none of the declared environments is named, and nothing has ever run without one."""
    from jobspec.workflow.planning.planning import unnamed_environment

    doubt = unnamed_environment(workspace, planned)
    if doubt:
        terminal.talk(f"warning[JS415]: {doubt}")


def tell_warnings(workspace: Workspace) -> None:
    """Say on stderr what a person should know about the manifests and the credentials."""
    from jobspec.cli.commands.project.validate import tell_loaded

    tell_loaded(workspace.loaded)
    for warning in workspace.connection.warnings:
        terminal.talk(f"warning: {warning}")
