"""`jobspec apply`: shows the plan, asks, carries it out, and says what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from jobspec.cli import options
from jobspec.cli.applying.carrying_out import ApplyOptions, carry_out, prepared
from jobspec.cli.commands.runs.wait import TIMEOUT, WAIT, WithBareWait
from jobspec.cli.exits import of_apply
from jobspec.cli.messages import tell_unnamed_environment, tell_warnings
from jobspec.cli.parameters import Digest
from jobspec.errors import UsageError
from jobspec.manifest.task import environment_option
from jobspec.report.plan import saved as plan_file
from jobspec.workflow.planning.applying import Applier
from jobspec.workflow.planning.planning import (
    Planned,
    PlanOptions,
    make_plan,
)
from jobspec.workflow.planning.saved_plans import is_plan_file, load, open_saved
from jobspec.workflow.project.workspace import (
    Target,
    Workspace,
    open_workspace,
)

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.report.plan.view import PlanView


@dataclass(frozen=True, slots=True)
class Saved:
    """The one plan that may be applied, in a file or by its digest; either may be missing."""

    path: Path | None
    plan: PlanView | None
    digest: str | None

    def check(self, planned: Planned) -> None:
        """Raise `GuardError` unless what would be done now is that plan."""
        if self.plan is not None:
            plan_file.check_same(self.plan, planned.view, str(self.path))
        if self.digest is not None:
            plan_file.check_digest(self.digest, planned.view)


@click.command(cls=WithBareWait)
@options.of_paths
@options.of_plan
@options.YES
@WAIT
@TIMEOUT
@click.option(
    "--force", "forced", multiple=True, type=click.Choice(["limits"]), help="Override one guard, by its name."
)
@click.option(
    "--digest",
    type=Digest(),
    metavar="D",
    help="Apply only the plan with this digest, which `jobspec plan` prints.",
)
@options.OUTPUT
def apply(
    *,
    target: Target,
    wanted: PlanOptions,
    yes: bool,
    wait: str | None,
    timeout: int | None,
    forced: tuple[str, ...],
    digest: str | None,
    output: str,
) -> int:
    """Make the live tasks agree with the manifests.

    PATHS are in or below a project; the current folder by default. A part of a project selects its tasks.
    A saved plan in their place is applied if it is still what would be done, and refused (exit 3) if not.
    Shows the plan and asks first. Done again, it does nothing; interrupted, it continues when done again.
    With --wait it plans again as runs end, and submits what `restartPolicy` still allows, shown first but
    not asked about; what would stop or change a run is left to the next apply. Limits hold for all of it.

    \b
    Examples:
      jobspec apply
      jobspec apply --yes --wait
      jobspec apply --yes --wait running --timeout 10m
      jobspec apply -e prod --force limits
      jobspec apply plan.json --yes
    """
    if timeout is not None and not wait:
        raise UsageError(
            "`--timeout` is how long `--wait` may take", help="add --wait, or leave out --timeout"
        )
    saved = _saved(target.paths, digest)
    wanted = _wanted(saved, wanted)
    workspace = _opened(saved, target)
    tell_warnings(workspace)
    applier = Applier(workspace, allow_twin=wanted.allow_twin)
    wishes = ApplyOptions(
        "apply", yes=yes, wait=wait or "", timeout=timeout, forced=forced, output=output, wanted=wanted
    )
    with prepared(applier) as turn:
        planned = make_plan(workspace, wanted)
        tell_unnamed_environment(workspace, planned)
        saved.check(planned)
        return of_apply(carry_out(applier, turn, planned, wishes))


def _saved(paths: tuple[Path, ...], digest: str | None) -> Saved:
    files = [path for path in paths if is_plan_file(path)]
    if not files:
        return Saved(None, None, digest)
    if len(paths) > 1:
        raise UsageError("a saved plan is applied alone", help=f"jobspec apply {files[0]}")
    return Saved(files[0], load(files[0]), digest)


def _wanted(saved: Saved, typed: PlanOptions) -> PlanOptions:
    if saved.plan is None:
        return typed
    again = f"jobspec plan{environment_option(saved.plan.scope)}"
    if typed.selection.only or typed.selection.exclude:
        raise UsageError(
            "a saved plan is applied as it is, so there is nothing to select",
            help=f"leave out --only and --exclude, or make another plan with them: {again} -o plan.json",
        )
    if typed.allow_twin and not saved.plan.allow_twin:
        raise UsageError(
            "this plan was made without `--allow-twin`, and is applied as it is",
            help=f"make another one with it: {again} --allow-twin -o plan.json",
        )
    names = None if saved.plan.selected is None else frozenset(saved.plan.selected)
    since = saved.plan.since.commit if saved.plan.since and typed.since is None else typed.since
    return replace(typed, tasks=names, allow_twin=saved.plan.allow_twin, since=since)


def _opened(saved: Saved, typed: Target) -> Workspace:
    """What was named, or what a saved plan was made for."""
    if saved.plan is None or saved.path is None:
        return open_workspace(typed, options.surroundings())
    return open_saved(saved.plan, saved.path, typed, options.surroundings())
