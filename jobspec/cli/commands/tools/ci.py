"""`jobspec ci`: runs a command in a job of a CI system, and reports its result to the code host."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from jobspec.cli import interrupts, options
from jobspec.cli.parameters import FilePath, OneOf
from jobspec.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = ("plan", "apply", "drift", "validate")


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option(
    "--comment/--no-comment",
    default=True,
    show_default=True,
    help="Keep a comment with the plan on the pull or merge request. The token is read from "
    "JOBSPEC_COMMENT_TOKEN.",
)
@click.option(
    "--folder",
    type=FilePath(folder=True),
    help="Folder for the files of the report; `jobspec` in RUNNER_TEMP on GitHub, else `jobspec-ci`.",
)
@click.argument("command", type=OneOf("command", COMMANDS))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)  # the command checks them
def ci(*, comment: bool, folder: Path | None, command: str, arguments: tuple[str, ...]) -> int:
    """Run a command in a CI job and report its result.

    COMMAND is plan, apply, drift or validate; ARGUMENTS are its own. The output and the exit code are those
    of the command; on GitHub Actions, its messages go to stdout, too.
    On GitHub Actions and GitLab CI, it writes outputs, a job summary and annotations, and updates a comment
    on the pull or merge request; apply does not prompt. Elsewhere, it only writes the files of the report. A
    plan of a pull or merge request is compared with the target branch as `--since` does. A checkout from
    another repository is refused when the job may have keys, and is never applied.

    \b
    Examples:
      jobspec ci plan -e prod
      jobspec ci --no-comment validate
      jobspec ci apply -e prod --yes --digest "$JOBSPEC_DIGEST"
    """
    with interrupts.raised():
        return _run(folder, (command, *arguments), comments=comment)


def _run(folder: Path | None, command: tuple[str, ...], *, comments: bool) -> int:
    from jobspec.cli.ci.command import CiCommand
    from jobspec.workflow.ci.job import refusal
    from jobspec.workflow.ci.reading import TOKEN, folder_of, read_job

    surroundings = options.surroundings()
    job = read_job(surroundings.environ)
    os.environ.pop(TOKEN, None)  # neither the command nor a task that it runs needs it
    if refused := refusal(job, command[0]):
        raise UsageError(refused.message, help=refused.help, code="JS427")
    where = surroundings.cwd / (folder or folder_of(job, surroundings.environ, surroundings.cwd))
    opened = CiCommand(job, surroundings, where, command)
    code = opened.run()
    opened.report(code, comments=comments)
    return code
