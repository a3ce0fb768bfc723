"""`jobspec state prune`: removes the state of projects that no longer exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import consent, options, terminal
from jobspec.cli.exits import Exit
from jobspec.report.state.text import size
from jobspec.report.text import count, printable
from jobspec.workflow.state.folders import gone, list_state, prunable, remove

if TYPE_CHECKING:
    from jobspec.report.state.view import StateFolderView


@click.command()
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
        consent.confirm(f"remove {count(len(found), 'folder')}")
    for folder in found:
        remove(folder)
    terminal.message(f"removed {count(len(found), 'folder')}")
    return Exit.DONE


def _line(folder: StateFolderView) -> str:
    return f"{printable(folder.root)} ({size(folder.size)}): {printable(folder.path)}"
