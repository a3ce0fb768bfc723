"""`jobspec task update`: change the name, description or tags of a live task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options
from jobspec.cli.parameters import TEXT
from jobspec.cli.tasks import live_tasks
from jobspec.cli.tasks.task_writing import OUTPUT, WriteRequest, carry_out, these_tasks
from jobspec.workflow.account import task_writes
from jobspec.workflow.account.task_writes import (
    Changes,
    TagChange,
)

if TYPE_CHECKING:
    from jobspec.cli.options import Account


@click.command()
@click.argument("task_id", type=TEXT, metavar="ID")
@options.platform_options
@click.option("--name", type=TEXT, metavar="NAME", help="Set the name.")
@click.option("--description", metavar="TEXT", help="Set the description; an empty value removes it.")
@click.option("--add-tag", "added", type=TEXT, multiple=True, metavar="TAG", help="Add a tag; repeatable.")
@click.option(
    "--remove-tag", "removed", type=TEXT, multiple=True, metavar="TAG", help="Remove a tag; repeatable."
)
@click.option(
    "--set-tags",
    "replacement",
    metavar="TAG,…",
    help="Replace all tags with these; an empty value removes all.",
)
@click.option(
    "--remove-jobspec-tags",
    "is_released",
    is_flag=True,
    help="Remove all tags of jobspec, so that jobspec no longer manages the task.",
)
@options.YES
@OUTPUT
def update(
    *,
    task_id: str,
    account: Account,
    name: str | None,
    description: str | None,
    added: tuple[str, ...],
    removed: tuple[str, ...],
    replacement: str | None,
    is_released: bool,
    yes: bool,
    output: str,
) -> int:
    """Change the name, description or tags of a task.

    Other fields cannot be changed in place. The tags that jobspec sets on its runs are kept unless you pass
    --remove-jobspec-tags. Use that option for a copy of a run, or for tags that contradict each other.

    \b
    Examples:
      jobspec task update t-20261123140229-00000 --add-tag keep --remove-tag scratch
      jobspec task update t-20261123140229-00000 --description "baseline, do not delete"
      jobspec task update t-20261123140229-00000 --remove-jobspec-tags
    """
    tags = TagChange(_listed(replacement), added, removed, is_released)
    changes = Changes(name, description, tags)
    changes.check()
    opened = live_tasks.opened(account)
    records = task_writes.find_tasks(opened, (task_id,))
    wanted = WriteRequest("update", f"Update {these_tasks(records)}?", "updated", yes, output, changes)
    return carry_out(opened, records, wanted, lambda record: task_writes.update(opened, record, changes))


def _listed(tags: str | None) -> tuple[str, ...] | None:
    if tags is None:
        return None
    return tuple(tag.strip() for tag in tags.split(",")) if tags else ()
