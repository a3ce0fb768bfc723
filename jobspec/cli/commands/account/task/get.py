"""`jobspec task get`: all that the platform returns about one live task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options
from jobspec.cli.exits import Exit
from jobspec.cli.tasks import live_tasks
from jobspec.manifest.yaml.writing import to_yaml
from jobspec.report.tasks import text as tasks_text
from jobspec.workflow.account.tasks import read_task

if TYPE_CHECKING:
    from jobspec.cli.options import Account


@click.command()
@live_tasks.ID
@options.platform_options
@live_tasks.OUTPUT
def get(*, task_id: str, account: Account, output: str) -> int:
    """Show one task.

    `-o wide` adds the platform's own record; JSON and YAML include both. Secrets are shown as ***.

    \b
    Examples:
      jobspec task get t-20261123140229-00000
      jobspec task get t-20261123140229-00000 -o yaml
    """
    view = read_task(live_tasks.opened(account), task_id)
    record = to_yaml({"record": view.record}) if output == "wide" else ""
    live_tasks.show(view, output, lambda: tasks_text.detail(view, live_tasks.look(output)) + record)
    live_tasks.advise((view.task,), account)
    return Exit.DONE
