"""`jobspec plan`: shows what apply would do, and changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit
from jobspec.cli.messages import print_warnings, show_plan, warn_unnamed_environment
from jobspec.cli.parameters import FilePath, refuse_file
from jobspec.errors import UsageError
from jobspec.quoting import quote
from jobspec.workflow.planning.planning import (
    Planned,
    PlanOptions,
    make_plan,
)
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.whole_files import check_writable
from jobspec.workflow.project.workspace import open_workspace

if TYPE_CHECKING:
    from jobspec.report.plan.view import PlanView

FORMATS = ("text", "json", "markdown", "html")


class FormatOrFile(click.ParamType[str]):
    """An output format, or the name of a file to save the plan in."""

    name = "|".join((*FORMATS, "FILE"))

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002
        """Return the value if it is one of them."""
        if value in FORMATS or Path(value).suffix == ".json":
            return value
        refuse_file(value, FORMATS)
        raise UsageError(
            f"unknown output format {quote(value)}",
            help=f"use {', '.join(FORMATS)}, or a file name that ends in .json",
        )


@click.command()
@options.of_paths
@options.of_plan
@options.of_preflight
@click.option(
    "-o",
    "--output",
    type=FormatOrFile(),
    default="text",
    show_default=True,
    help="Output format; a FILE that ends in .json saves the plan for `jobspec apply FILE`.",
)
@options.MAX_SIZE
@click.option(
    "--preflight-into",
    "facts",
    type=FilePath(),
    metavar="FILE",
    help="Write the preflight facts to FILE as JSON. A saved plan does not contain them.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes, 0 otherwise.")
def plan(
    *,
    target: Target,
    wanted: PlanOptions,
    output: str,
    max_size: int | None,
    facts: Path | None,
    detailed_exitcode: bool,
) -> int:
    """Show the changes that apply would make.

    PATHS are files or folders of a project; the current folder by default. A path inside a project selects
    the tasks below it. Exits 3 when the plan breaks an --expect rule.

    \b
    Examples:
      jobspec plan
      jobspec plan -e prod --detailed-exitcode
      jobspec plan --only 'resnet-*' --exclude tag:legacy
      jobspec plan -o plan.json && jobspec apply plan.json
      jobspec plan --since origin/main -o markdown
    """
    options.check_max_size(max_size, output)
    if facts is not None:
        check_writable(facts)
    workspace = open_workspace(target, options.surroundings())
    print_warnings(workspace)
    planned = make_plan(workspace, for_output(wanted, output))
    warn_unnamed_environment(workspace, planned)
    write(planned.view, output, max_size)
    _write_facts(planned.view, facts)
    return exit_code(planned, detailed=detailed_exitcode)


def for_output(wanted: PlanOptions, output: str) -> PlanOptions:
    """Return the options for a plan in a format: only JSON contains everything about unchanged tasks."""
    return replace(wanted, is_brief=output in ("text", "markdown", "html"))


def write(view: PlanView, output: str, max_size: int | None = None) -> None:
    """Write the plan in a format, or to a file. Raises `UsageError` for a size that is too small."""
    match output:
        case "text":
            show_plan(view, terminal.result)
        case "json":
            terminal.result(view.to_json())
        case "markdown":
            from jobspec.report.plan import markdown

            terminal.result(markdown.render(view, now=datetime.now(UTC), limit=max_size or markdown.LIMIT))
        case "html":
            from jobspec.report.plan import html_page

            terminal.result(html_page.render(view, now=datetime.now(UTC)))
        case _:
            _save(view, output)


def _save(view: PlanView, file: str) -> None:
    from jobspec.workflow.planning.saved_plans import save

    show_plan(view, terminal.result)
    save(view, Path(file))
    terminal.message(f"Saved the plan to {file}. To apply exactly this plan, run: jobspec apply {file}")


def _write_facts(view: PlanView, file: Path | None) -> None:
    if file is None:
        return
    from jobspec.report.plan.saved import preflight_of
    from jobspec.workflow.project.whole_files import write_whole

    write_whole(file, preflight_of(view).to_json() + "\n")


def exit_code(planned: Planned, *, detailed: bool) -> Exit:
    """Return the exit code of `plan`, or the part of `drift`'s that depends on the plan."""
    if any(guard.code == "JS411" for guard in planned.guards):
        return Exit.GUARD
    return Exit.CHANGES if detailed and not planned.plan.is_empty else Exit.DONE
