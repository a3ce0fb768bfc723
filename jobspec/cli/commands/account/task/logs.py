"""`jobspec task logs`: the log of a live task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.apply.observe import run_of
from jobspec.cli import options
from jobspec.cli.commands.runs.logs import WINDOW, show_logs
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import TEXT, WholeNumber
from jobspec.cli.tasks import live_tasks
from jobspec.workflow.runs.logs import LogSelection

if TYPE_CHECKING:
    from jobspec.cli.options import Account
    from jobspec.workflow.runs.log_window import LogWindow


@click.command()
@live_tasks.ID
@options.platform_options
@click.option("-f", "--follow", is_flag=True, help="Follow the log until the task finishes.")
@click.option("--role", type=TEXT, metavar="ROLE", help="Show only this role, for example worker.")
@click.option("--index", type=WholeNumber(min=0), metavar="N", help="Show only the replica with this index.")
@WINDOW
def logs(
    *,
    task_id: str,
    account: Account,
    follow: bool,
    role: str | None,
    index: int | None,
    window: LogWindow | None,
) -> int:
    """Show the log of a task.

    With several replicas, each line starts with the replica's name. --tail counts lines per replica. --since
    uses the timestamp at the start of each line, because the platform does not record one.

    \b
    Examples:
      jobspec task logs t-20261123140229-00000 -f --role worker --index 0
    """
    client = live_tasks.opened(account).client
    run = run_of(client.get(task_id))
    show_logs(client, run, LogSelection(role, index), follow=follow, window=window)
    return Exit.DONE
