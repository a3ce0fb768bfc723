"""`jobspec apply`: shows the plan, prompts, carries it out, and reports the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec import Struct
from msgspec.structs import replace

from jobspec.cli import options
from jobspec.cli.applying.carrying_out import ApplyOptions, carry_out, prepared
from jobspec.cli.commands.runs.wait import TIMEOUT, WAIT, WithBareWait
from jobspec.cli.exits import of_apply
from jobspec.cli.messages import print_warnings, warn_unnamed_environment
from jobspec.cli.parameters import Digest, FilePath, OneOf
from jobspec.errors import UsageError
from jobspec.manifest.task import environment_option
from jobspec.workflow.planning.applying import Applier
from jobspec.workflow.planning.planning import (
    Planned,
    PlanOptions,
    make_plan,
)
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.whole_files import check_writable
from jobspec.workflow.project.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.report.plan.view import PlanView


class Saved(Struct, frozen=True):
    """The only plan that may be applied, from a file or by its digest; both are optional."""

    path: Path | None
    plan: PlanView | None
    digest: str | None

    def check(self, planned: Planned) -> None:
        """Raise `GuardError` unless the present plan is that plan."""
        if self.plan is None and self.digest is None:
            return
        from jobspec.report.plan import saved as plan_file

        if self.plan is not None:
            plan_file.check_same(self.plan, planned.view, str(self.path))
        if self.digest is not None:
            plan_file.check_digest(self.digest, planned.view)


@click.command(cls=WithBareWait)
@options.of_paths
@options.of_plan
@options.of_preflight
@options.YES
@WAIT
@TIMEOUT
@click.option(
    "--force",
    "forced",
    multiple=True,
    type=OneOf("guard", ["limits", "preflight"]),
    help="Override the guard with this name.",
)
@click.option(
    "--digest",
    type=Digest(),
    metavar="D",
    help="Apply only if the plan has this digest, as printed by `jobspec plan`.",
)
@click.option(
    "--json-into",
    type=FilePath(),
    metavar="FILE",
    help="Also write the result as JSON to FILE, beside the text on stdout.",
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
    json_into: Path | None,
    output: str,
) -> int:
    """Make the live tasks match the manifests.

    PATHS are files or folders of a project; the current folder by default. A path inside a project selects
    the tasks below it. A saved plan in place of PATHS is applied if it is still current, and refused (exit 3)
    otherwise.
    Shows the plan and prompts for confirmation. A second run changes nothing; after an interruption, it
    continues. With --wait, apply plans again as runs end and submits the retries that `restartPolicy`
    allows. It shows them without prompting. Changes that stop or update a run are left to the next apply,
    except for what `onMaxFailed: Cancel` stops. The limits count all changes of the command.

    \b
    Examples:
      jobspec apply
      jobspec apply --yes --wait
      jobspec apply --yes --wait running --timeout 10m
      jobspec apply -e prod --force limits
      jobspec apply plan.json --yes
    """
    if timeout is not None and not wait:
        raise UsageError("`--timeout` requires `--wait`", help="add --wait, or remove --timeout")
    if json_into is not None:
        check_writable(json_into)
    saved = _saved(target.paths, digest)
    wanted = replace(_wanted(saved, wanted), is_brief=output == "text" and saved.plan is None)
    workspace = _opened(saved, target)
    print_warnings(workspace)
    applier = Applier(workspace, allow_twin=wanted.allow_twin)
    wishes = ApplyOptions(
        "apply",
        yes=yes,
        wait=wait or "",
        timeout=timeout,
        forced=forced,
        output=output,
        wanted=wanted,
        json_into=json_into,
    )
    with prepared(applier) as turn:
        planned = make_plan(workspace, wanted)
        warn_unnamed_environment(workspace, planned)
        saved.check(planned)
        return of_apply(carry_out(applier, turn, planned, wishes))


def _saved(paths: tuple[Path, ...], digest: str | None) -> Saved:
    if not paths:
        return Saved(None, None, digest)
    from jobspec.workflow.planning.saved_plans import is_plan_file, load

    files = [path for path in paths if is_plan_file(path)]
    if not files:
        return Saved(None, None, digest)
    if len(paths) > 1:
        raise UsageError("a saved plan cannot be combined with other paths", help=f"jobspec apply {files[0]}")
    return Saved(files[0], load(files[0]), digest)


def _wanted(saved: Saved, typed: PlanOptions) -> PlanOptions:
    if saved.plan is None:
        return typed
    again = f"jobspec plan{environment_option(saved.plan.scope)}"
    if typed.selection.only or typed.selection.exclude:
        raise UsageError(
            "a saved plan cannot be combined with --only or --exclude",
            help=f"remove --only and --exclude, or make a plan with them: {again} -o plan.json",
        )
    if typed.allow_twin and not saved.plan.allow_twin:
        raise UsageError(
            "the saved plan was made without `--allow-twin`",
            help=f"make a new plan: {again} --allow-twin -o plan.json",
        )
    names = None if saved.plan.selected is None else frozenset(saved.plan.selected)
    since = saved.plan.since.commit if saved.plan.since and typed.since is None else typed.since
    return replace(typed, tasks=names, allow_twin=saved.plan.allow_twin, since=since)


def _opened(saved: Saved, typed: Target) -> Workspace:
    """Return the typed target, or that of the saved plan."""
    if saved.plan is None or saved.path is None:
        return open_workspace(typed, options.surroundings())
    from jobspec.workflow.planning.saved_plans import open_saved

    return open_saved(saved.plan, saved.path, typed, options.surroundings())
