"""`jobspec task cancel`: stop live tasks, without any manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options
from jobspec.cli.tasks import live_tasks
from jobspec.cli.tasks.task_writing import IDS, OUTPUT, WriteRequest, carry_out, these_tasks
from jobspec.workflow.account import task_writes

if TYPE_CHECKING:
    from jobspec.cli.options import Account


@click.command()
@IDS
@options.platform_options
@options.YES
@OUTPUT
def cancel(*, ids: tuple[str, ...], account: Account, yes: bool, output: str) -> int:
    """Stop tasks.

    Requests the stop and returns; `jobspec task get` shows when a task has stopped. Tasks that are protected
    by their manifest are not stopped.

    \b
    Examples:
      jobspec task cancel t-20261123140229-00000
      jobspec task cancel t-20261123140229-00000 t-20261123140229-00001 --yes
    """
    opened = live_tasks.opened(account)
    records = task_writes.find_tasks(opened, ids)
    task_writes.check_cancel(records)
    wanted = WriteRequest("cancel", f"Stop {these_tasks(records)}?", "requested stop of", yes, output)
    return carry_out(opened, records, wanted, lambda record: task_writes.cancel(opened, record))
