"""`jobspec task instances`: the replicas of a live task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit
from jobspec.cli.tasks import live_tasks
from jobspec.report.tasks import text as tasks_text
from jobspec.workflow.account.tasks import read_instances

if TYPE_CHECKING:
    from jobspec.cli.options import Account


@click.command()
@live_tasks.ID
@options.platform_options
@live_tasks.OUTPUT
def instances(*, task_id: str, account: Account, output: str) -> int:
    """Show the replicas of a task.

    \b
    Examples:
      jobspec task instances t-20261123140229-00000 -o wide
    """
    view = read_instances(live_tasks.opened(account), task_id)
    live_tasks.show(view, output, lambda: tasks_text.instances(view, live_tasks.look(output)))
    if not view.instances:
        terminal.message(f"{task_id} has no replicas yet")
    return Exit.DONE
