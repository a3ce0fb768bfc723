"""`jobspec plan`: what apply would do, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jobspec.report.plan_view import PlanView
    from jobspec.workflow.workspace import Workspace


@click.command()
@options.of_paths
@options.OUTPUT
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes, 0 when there are none."
)
def plan(
    *,
    paths: tuple[Path, ...],
    environment: str | None,
    scope: str | None,
    output: str,
    detailed_exitcode: bool,
) -> int:
    """Show what apply would do, and write nothing.

    PATHS are in or below a project; the current folder by default. A part of a project selects its tasks.

    \b
    Examples:
      jobspec plan
      jobspec plan -e prod --detailed-exitcode
      jobspec plan tasks/train.yaml -o json
    """
    from jobspec.workflow.planning import make_plan
    from jobspec.workflow.workspace import open_workspace

    workspace = open_workspace(options.target(paths, environment, scope), options.surroundings())
    tell_warnings(workspace)
    planned = make_plan(workspace)
    if output == "json":
        terminal.result(planned.view.model_dump_json(by_alias=True, indent=2))
    else:
        show_plan(planned.view, terminal.result)
    return Exit.CHANGES if detailed_exitcode and not planned.plan.is_empty else Exit.DONE


def show_plan(view: PlanView, write: Callable[[str], None]) -> None:
    """Write the plan for people."""
    from jobspec.report import plan_text

    write(plan_text.render(view, now=datetime.now(UTC), colour=terminal.colour_out()))


def tell_warnings(workspace: Workspace) -> None:
    """Say on stderr what a person should know about the manifests and the credentials."""
    from jobspec.cli.manifests import tell_loaded

    if workspace.loaded.diagnostics:
        tell_loaded(workspace.loaded)
    for warning in workspace.connection.warnings:
        terminal.talk(f"warning: {warning}")
