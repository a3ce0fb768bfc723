"""`jobspec task delete`: delete the records of finished tasks."""

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
def delete(*, ids: tuple[str, ...], account: Account, yes: bool, output: str) -> int:
    """Delete the records of finished tasks.

    Deletes their logs as well.

    \b
    Examples:
      jobspec task delete t-20261123140229-00000
    """
    opened = live_tasks.opened(account)
    records = task_writes.find_tasks(opened, ids)
    task_writes.check_delete(records)
    wanted = WriteRequest("delete", f"Permanently delete {these_tasks(records)}?", "deleted", yes, output)
    return carry_out(opened, records, wanted, lambda record: task_writes.delete(opened, record))
