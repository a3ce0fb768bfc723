"""`jobspec get`: one value of a task's run, for scripts."""

from __future__ import annotations

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import TEXT
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import open_scope_only
from jobspec.workflow.runs.value import parse_reference, read_value


@click.command()
@click.argument("reference", type=TEXT, metavar="NAME.FIELD")
@options.of_project
@click.option(
    "--run", "run_id", type=TEXT, metavar="ID", help="Use this run of the task; the current one by default."
)
def get(*, reference: str, target: Target, run_id: str | None) -> int:
    """Print one value of a task's run, for scripts.

    NAME is a task, and FIELD one of the fields below. Prints the value of the newest active run, or of the
    newest run if none is active, and a newline. Exits 1 if the task has no run, or the value is not known
    yet.

    \b
    Fields:
      id          Id of the run.
      name        Name of the task on the platform.
      state       State as reported by the platform, such as Running.
      phase       Meaning of the state: pending, running, stopping, succeeded, failed or cancelled.
      host        Address of replica 0 of the role worker, else of the first role.
      createTime  When it was created, RFC 3339 in UTC.
      launchTime  When it was launched, RFC 3339 in UTC.
      finishTime  When it finished, RFC 3339 in UTC.
      exitCode    Exit code of a run that ended by itself.
      queue       Queue or resource group that it was submitted to.
      detail      Text from the platform about its state.

    \b
    Examples:
      jobspec get train.id
      jobspec get train.state -e prod
      curl http://$(jobspec get train.host):9100/metrics
    """
    name, field = parse_reference(reference)
    workspace = open_scope_only(target, options.surroundings())
    terminal.result(read_value(workspace, name, field, run_id))
    return Exit.DONE
