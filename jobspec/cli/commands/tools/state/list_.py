"""`jobspec state list`: the state folders of the local platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit
from jobspec.report.state.text import render
from jobspec.workflow.state.folders import list_state

if TYPE_CHECKING:
    pass


@click.command("list")
@options.OUTPUT
def list_(*, output: str) -> int:
    """List the state folders with project root, size and live runs.

    \b
    Examples:
      jobspec state list
      jobspec state list -o json
    """
    view = list_state(options.surroundings().state)
    terminal.result(view.to_json() if output == "json" else render(view))
    return Exit.DONE
