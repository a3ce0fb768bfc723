"""`jobspec wait`, and the options of `apply` that make it wait."""

from __future__ import annotations

from functools import partial

import click

from jobspec.cli import options, terminal
from jobspec.cli.applying.awaiting import watch
from jobspec.cli.exits import of_wait
from jobspec.cli.interrupts import interruptible
from jobspec.cli.parameters import TEXT, Duration
from jobspec.report.wait import text as wait_text
from jobspec.report.wait import view as wait_view
from jobspec.workflow.project.workspace import (
    Target,
    open_scope,
)
from jobspec.workflow.runs.following import after_retries, of_names
from jobspec.workflow.runs.waiting import Goal

_OF_APPLY = ("running", "finished")

TIMEOUT = click.option(
    "--timeout",
    type=Duration(),
    metavar="TIME",
    help="Wait no longer than this, such as 90s, 30m or 2h, then exit 1; nothing is stopped.",
)
WAIT = click.option(
    "--wait",
    is_flag=False,
    flag_value="finished",
    type=click.Choice(_OF_APPLY),
    help="Wait until every run is running, or has finished (the default), and submit what is left to retry; "
    "exit 1 when one did not succeed.",
)


class WithBareWait(click.Command):
    """A command whose `--wait` takes the next word only if that is one of its values, and never a path."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Write a bare `--wait` in full."""
        end = args.index("--") if "--" in args else len(args)
        following = [*args[1:end], ""]
        full = [
            "--wait=finished" if arg == "--wait" and after not in _OF_APPLY else arg
            for arg, after in zip(args[:end], following, strict=False)
        ]
        return super().parse_args(ctx, [*full, *args[end:]])


@click.command()
@click.argument("names", nargs=-1, required=True, type=TEXT, metavar="NAME...")
@options.of_project
@click.option(
    "--for",
    "goal",
    type=click.Choice(["running", "finished", "succeeded"]),
    default="finished",
    show_default=True,
    help="How far the runs shall come; `succeeded` gives up as soon as one cannot.",
)
@TIMEOUT
@options.OUTPUT
def wait(
    *,
    names: tuple[str, ...],
    target: Target,
    goal: str,
    timeout: int | None,
    output: str,
) -> int:
    """Wait for the runs of tasks.

    NAME is a task, or a glob such as 'train-*'. Its run is the newest active one, else the newest; where the
    platform itself retries a failed run under a new id, that one is waited for. Exits 0 when all have
    succeeded, or run, for `--for running`; 1 when one has not, or the time was too short. Of what fails, the
    end of the log is shown. Stops nothing, also when interrupted.

    \b
    Examples:
      jobspec wait train
      jobspec wait train eval --for running --timeout 10m
      jobspec wait 'train-*' -e prod -o json
    """
    workspace = open_scope(target, options.surroundings())
    waiting = of_names(workspace, names, Goal(goal), timeout)
    is_json, clock = output == "json", workspace.surroundings.clock
    with interruptible(clock):
        write = terminal.talk if is_json else terminal.result
        waited = watch(workspace, waiting, write, partial(after_retries, workspace))
    view = wait_view.view(
        str(workspace.loaded.scope), workspace.connection.platform, waited, interrupted=clock.is_interrupted
    )
    if is_json:
        terminal.result(view.model_dump_json(by_alias=True, indent=2))
        if view.timed_out:
            terminal.talk(wait_text.late(view.waited, view.waited_for))
    else:
        terminal.result(wait_text.summary(view, colour=terminal.colour_out()))
    return of_wait(view)
