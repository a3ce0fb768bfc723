"""`jobspec task`: the live tasks of an account, one by one, whoever submitted them."""

from __future__ import annotations

import click

from jobspec.cli.commands.account.task_listing import list_
from jobspec.cli.commands.account.task_showing import get, instances, logs, timeline
from jobspec.cli.commands.account.task_writing import cancel, delete, update
from jobspec.cli.groups import HelpfulGroup


@click.group(cls=HelpfulGroup)
def task() -> None:
    """Inspect and change individual tasks of the account.

    Covers all tasks on the platform, including those that jobspec did not submit. Uses the platform of the
    project in the current folder or its parents, or the platform that the options select.
    """


for command in (list_, get, instances, timeline, logs, cancel, delete, update):
    task.add_command(command)
