"""`jobspec state move`: keeps the state of a project that moved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import PATH
from jobspec.report.text import printable
from jobspec.workflow.state.moving import move_state

if TYPE_CHECKING:
    pass


@click.command()
@click.argument("old", metavar="OLD_ROOT", type=PATH)
@click.argument("new", metavar="NEW_ROOT", type=PATH)
def move(*, old: Path, new: Path) -> int:
    """Move the state of a project that moved from OLD_ROOT to NEW_ROOT.

    OLD_ROOT may also be a .jobspec folder, where earlier releases kept state in the checkout. Move only a
    folder that you created yourself. The next command starts the unfinished runs in it, as your user and
    with your environment, and anyone who can commit to the repository can add such a folder. A folder that
    contains links or files of other users is refused.

    \b
    Examples:
      jobspec state move ~/old/vision ~/new/vision
      jobspec state move .jobspec .
    """
    where = move_state(Path.cwd() / old, Path.cwd() / new, options.surroundings().state)
    terminal.result(f"moved to {printable(str(where))}")
    return Exit.DONE
