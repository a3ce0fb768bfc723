"""`jobspec task timeline`: the state changes of a live task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit
from jobspec.cli.tasks import live_tasks
from jobspec.report.tasks import text as tasks_text
from jobspec.workflow.account.tasks import read_timeline

if TYPE_CHECKING:
    from jobspec.cli.options import Account


@click.command()
@live_tasks.ID
@options.platform_options
@live_tasks.OUTPUT
def timeline(*, task_id: str, account: Account, output: str) -> int:
    """Show how the state of a task changed, and when.

    \b
    Examples:
      jobspec task timeline t-20261123140229-00000
    """
    view = read_timeline(live_tasks.opened(account), task_id)
    live_tasks.show(view, output, lambda: tasks_text.timeline(view, live_tasks.look(output)))
    if not view.timeline:
        terminal.message(f"the platform has no timeline for {task_id}")
    return Exit.DONE
