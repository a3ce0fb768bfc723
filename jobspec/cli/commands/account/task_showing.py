"""`jobspec task get`, `instances`, `timeline` and `logs`: what is known of one live task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.apply.observe import run_of
from jobspec.cli import options, terminal
from jobspec.cli.commands.account import task_output
from jobspec.cli.commands.runs.logs import WINDOW, show_logs
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import TEXT
from jobspec.manifest.yaml.writing import to_yaml
from jobspec.report.tasks import text as tasks_text
from jobspec.workflow.account.tasks import read_instances, read_task, read_timeline
from jobspec.workflow.runs.logs import LogSelection

if TYPE_CHECKING:
    from jobspec.cli.options import Account
    from jobspec.workflow.runs.log_window import LogWindow

ID = click.argument("task_id", type=TEXT, metavar="ID")


@click.command()
@ID
@options.platform_options
@task_output.OUTPUT
def get(*, task_id: str, account: Account, output: str) -> int:
    """Show one task.

    `-o wide` adds the platform's own record; JSON and YAML include both. Secrets are shown as ***.

    \b
    Examples:
      jobspec task get t-20261123140229-00000
      jobspec task get t-20261123140229-00000 -o yaml
    """
    view = read_task(task_output.opened(account), task_id)
    record = to_yaml({"record": view.record}) if output == "wide" else ""
    task_output.show(view, output, lambda: tasks_text.detail(view, task_output.look(output)) + record)
    task_output.advise((view.task,), account)
    return Exit.DONE


@click.command()
@ID
@options.platform_options
@task_output.OUTPUT
def instances(*, task_id: str, account: Account, output: str) -> int:
    """Show the replicas of a task.

    \b
    Examples:
      jobspec task instances t-20261123140229-00000 -o wide
    """
    view = read_instances(task_output.opened(account), task_id)
    task_output.show(view, output, lambda: tasks_text.instances(view, task_output.look(output)))
    if not view.instances:
        terminal.message(f"{task_id} has no replicas yet")
    return Exit.DONE


@click.command()
@ID
@options.platform_options
@task_output.OUTPUT
def timeline(*, task_id: str, account: Account, output: str) -> int:
    """Show how the state of a task changed, and when.

    \b
    Examples:
      jobspec task timeline t-20261123140229-00000
    """
    view = read_timeline(task_output.opened(account), task_id)
    task_output.show(view, output, lambda: tasks_text.timeline(view, task_output.look(output)))
    if not view.timeline:
        terminal.message(f"the platform has no timeline for {task_id}")
    return Exit.DONE


@click.command()
@ID
@options.platform_options
@click.option("-f", "--follow", is_flag=True, help="Follow the log until the task finishes.")
@click.option("--role", type=TEXT, metavar="ROLE", help="Show only this role, for example worker.")
@click.option(
    "--index", type=click.IntRange(min=0), metavar="N", help="Show only the replica with this index."
)
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
    client = task_output.opened(account).client
    run = run_of(client.get(task_id))
    show_logs(client, run, LogSelection(role, index), follow=follow, window=window)
    return Exit.DONE
