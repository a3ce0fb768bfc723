"""`jobspec task`: the live tasks of an account, one by one, whoever submitted them."""

from __future__ import annotations

import click

from jobspec.cli.commands.account.task_listing import list_
from jobspec.cli.commands.account.task_showing import get, instances, logs, timeline
from jobspec.cli.commands.account.task_writing import cancel, delete, update
from jobspec.cli.groups import HelpfulGroup


@click.group(cls=HelpfulGroup)
def task() -> None:
    """Look at and write to single tasks of the account.

    They are the platform's tasks, whoever submitted them. Which platform: the one of the project in or above
    the current folder, or the one that the options name.
    """


for command in (list_, get, instances, timeline, logs, cancel, delete, update):
    task.add_command(command)
