"""`jobspec init`: creates a commented starting project."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from jobspec.cli import terminal
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import FOLDER, TEXT
from jobspec.workflow.project.init import write_project


@click.command()
@click.argument("folder", type=FOLDER, default=Path())
@click.option("--name", type=TEXT, metavar="NAME", help="Name of the project; the folder name by default.")
def init(*, folder: Path, name: str | None) -> int:
    """Create a project with commented example files.

    Writes to FOLDER, the current folder by default. Existing files are never overwritten.
    """
    for path in write_project(folder, name):
        terminal.result(f"wrote {path}")
    where = "" if folder == Path() else f"cd {shlex.quote(str(folder))} && "
    terminal.message(f"next: {where}jobspec apply --wait")
    return Exit.DONE
