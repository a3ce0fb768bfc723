"""`jobspec wait`, and the options of `apply` that make it wait."""

from __future__ import annotations

from functools import partial

import click
from msgspec import UNSET
from msgspec.structs import replace

from jobspec.cli import options, terminal
from jobspec.cli.applying.awaiting import watch
from jobspec.cli.exits import of_wait
from jobspec.cli.interrupts import interruptible
from jobspec.cli.parameters import TEXT, Duration, OneOf
from jobspec.manifest.values import SET_PREFIX
from jobspec.quoting import quote
from jobspec.report.wait import text as wait_text
from jobspec.report.wait import view as wait_view
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import Workspace, open_scope_for, with_final_specs
from jobspec.workflow.runs.following import after_retries, of_names
from jobspec.workflow.runs.sets import without_run, without_success
from jobspec.workflow.runs.waiting import Goal

_OF_APPLY = ("running", "finished")

TIMEOUT = click.option(
    "--timeout",
    type=Duration(),
    metavar="TIME",
    help="Stop waiting after this time, for example 90s, 30m or 2h, and exit 1; no run is stopped.",
)
WAIT = click.option(
    "--wait",
    is_flag=False,
    flag_value="finished",
    type=OneOf("state", _OF_APPLY),
    help="Wait until all runs are running or finished (the default), and submit the remaining "
    "retries; exit 1 if a run does not succeed, or a task did not start.",
)


class WithBareWait(click.Command):
    """A command whose `--wait` takes the next argument only if it is a valid value, and never a path."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Add the default value to a bare `--wait`."""
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
    type=OneOf("state", ["running", "finished", "succeeded"]),
    default="finished",
    show_default=True,
    help="State to wait for; `succeeded` stops waiting as soon as one run cannot succeed.",
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

    NAME is a task, a glob such as 'train-*', or `set/NAME` for the tasks of a set that have a run. With
    `--for succeeded`, every declared task of the set must have succeeded with its present spec. Waits
    for the newest active run of each task, or for its newest run if none is active. If the platform retries
    a failed run under a new id, waits for the new run.
    Exits 0 when all runs succeed (with `--for running`, when they run), and 1 when a run does not, or on a
    timeout. Shows the end of the log of each failed run. Never stops a run, even when interrupted.

    \b
    Examples:
      jobspec wait train
      jobspec wait train eval --for running --timeout 10m
      jobspec wait 'train-*' -e prod -o json
      jobspec wait set/sweep
    """
    workspace = open_scope_for(names, target, options.surroundings())
    is_for_success = goal == Goal.SUCCEEDED and any(name.startswith(SET_PREFIX) for name in names)
    workspace = with_final_specs(workspace) if is_for_success else workspace
    _print_unstarted(workspace, names)
    waiting = of_names(workspace, names, Goal(goal), timeout)
    is_json, clock = output == "json", workspace.surroundings.clock
    with interruptible(clock):
        write = terminal.message if is_json else terminal.result
        waited = watch(workspace, waiting, write, partial(after_retries, workspace))
    view = wait_view.view(
        str(workspace.loaded.scope), workspace.platform, waited, interrupted=clock.is_interrupted
    )
    if is_for_success and not clock.is_interrupted:
        view = replace(view, without_success=without_success(workspace, names) or UNSET)
    if is_json:
        terminal.result(view.to_json())
        if view.timed_out:
            terminal.message(wait_text.late(view.waited, view.waited_for))
    else:
        terminal.result(wait_text.summary(view, colour=terminal.colour_out()))
    return of_wait(view)


def _print_unstarted(workspace: Workspace, names: tuple[str, ...]) -> None:
    for name, (count, whole) in without_run(workspace, names).items():
        have = "has" if count == 1 else "have"
        terminal.message(
            f"note: {count} of {whole} tasks of {quote(name)} {have} no run yet, which is not waited for; "
            f"to submit them, run: jobspec apply --wait{workspace.option}"
        )
