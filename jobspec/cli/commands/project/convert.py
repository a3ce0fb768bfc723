"""`jobspec convert`: manifests for the vendor's task files."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import PATH

if TYPE_CHECKING:
    from jobspec.workflow.project.converting import Converted


STDOUT = Path("-")


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=PATH)
@click.option(
    "-o", "--output", type=PATH, metavar="DIR", help="Write the manifests to DIR instead of stdout."
)
@click.option(
    "--defaults",
    is_flag=True,
    help="Write what all tasks have in common to the defaults of the new project.",
)
@click.option(
    "--lossy", is_flag=True, help="Leave out what cannot be converted, and warn instead of failing."
)
@options.ENVIRONMENT
def convert(
    *, files: tuple[Path, ...], output: Path | None, defaults: bool, lossy: bool, environment: str | None
) -> int:
    """Convert the vendor's task files to manifests.

    A FILE is a task file of the vendor's command line, a task as the API returns it, or the SDK's arguments
    as JSON. Credentials become references to secrets, and placeholders become variables of the project. If a
    part of a file cannot be converted, it is reported with its line, and nothing is written. A new folder
    also gets a project file. Existing files are never overwritten.

    \b
    Examples:
      jobspec convert train.yaml
      jobspec convert jobs/*.yaml -o vision --defaults
    """
    from jobspec.workflow.project.converting import ConvertOptions, convert_files

    surroundings = options.surroundings()
    output = None if output == STDOUT else output
    converted = convert_files(files, ConvertOptions(output, environment, defaults, lossy), surroundings)
    _print_warnings(converted)
    if output is None:
        terminal.result("---\n".join(text for _, text in converted.manifests))
    for path, _ in converted.manifests:
        if path is not None:
            terminal.result(f"wrote {_shown(path)}")
    _print_next(converted)
    return Exit.DONE


def _print_warnings(converted: Converted) -> None:
    if not converted.diagnostics:
        return
    from jobspec.report.diagnostics.formats import render
    from jobspec.report.diagnostics.summary import closing_line

    colour, width = terminal.colour_err(), terminal.width()
    terminal.message(render(converted.diagnostics, converted.sources, colour=colour, width=width))
    terminal.message(closing_line(converted.diagnostics, len(converted.manifests)))


def _print_next(converted: Converted) -> None:
    if converted.additions:
        terminal.message(f"add this to `spec` in jobspec.yaml:\n{converted.additions}".rstrip())
    if converted.folder is None:
        return
    where = shlex.quote(_shown(converted.folder))
    if converted.unset:
        names = ", ".join(converted.unset)
        terminal.message(f"next: set {names} in {_shown(converted.folder / 'jobspec.yaml')}, and run:")
    else:
        terminal.message("next: set `spec.platform` in the project file, and run:")
    terminal.message(f"  jobspec plan {where}")


def _shown(path: Path) -> str:
    from jobspec.workflow.project.new_files import shown

    return shown(path)
