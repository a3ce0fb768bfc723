"""`jobspec state`: the folders of the local platform, which are kept outside every checkout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobspec.cli import consent, options, terminal
from jobspec.cli.exits import Exit
from jobspec.cli.groups import HelpfulGroup
from jobspec.cli.parameters import PATH
from jobspec.report.state.text import render, size
from jobspec.report.text import count, printable
from jobspec.workflow.state.folders import gone, list_state, prunable, remove
from jobspec.workflow.state.moving import move_state

if TYPE_CHECKING:
    from jobspec.report.state.view import StateFolderView


@click.group(cls=HelpfulGroup)
def state() -> None:
    """Manage the state folders of the local platform.

    The database and the logs of each project are in a folder that is derived from the project's path. It is
    below $JOBSPEC_STATE_DIR, else $XDG_STATE_HOME/jobspec, else ~/.local/state/jobspec.
    """


@state.command("list")
@options.OUTPUT
def list_(*, output: str) -> int:
    """List the state folders with project root, size and live runs.

    \b
    Examples:
      jobspec state list
      jobspec state list -o json
    """
    view = list_state(options.surroundings().state)
    terminal.result(view.model_dump_json(by_alias=True, indent=2) if output == "json" else render(view))
    return Exit.DONE


@state.command()
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


@state.command()
@click.option("--dry-run", is_flag=True, help="List the folders that would be removed, and remove none.")
@click.option("--yes", is_flag=True, help="Skip the prompt.")
def prune(*, dry_run: bool, yes: bool) -> int:
    """Remove the state of projects whose folder no longer exists and that have no live run.

    A project on a disk that is not mounted also seems to be gone, so check the list first. State of other
    machines is never removed.

    \b
    Examples:
      jobspec state prune --dry-run
      jobspec state prune --yes
    """
    view = list_state(options.surroundings().state)
    found = prunable(view)
    kept = len(gone(view)) - len(found)
    if kept:
        terminal.message(
            f"kept {count(kept, 'folder')} with live runs. To list them, run: jobspec state list"
        )
    for folder in found:
        terminal.result(_line(folder))
    if not found or dry_run:
        terminal.message(f"{count(len(found), 'folder')} would be removed" if found else "nothing to remove")
        return Exit.DONE
    if not yes:
        consent.ask(f"remove {count(len(found), 'folder')}")
    for folder in found:
        remove(folder)
    terminal.message(f"removed {count(len(found), 'folder')}")
    return Exit.DONE


def _line(folder: StateFolderView) -> str:
    return f"{printable(folder.root)} ({size(folder.size)}): {printable(folder.path)}"
