"""Plans for adopting a run that jobspec did not submit, and for releasing a task's runs. Writes nothing."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from jobspec.apply.observe import observe, run_of
from jobspec.errors import NotFound, UsageError
from jobspec.quoting import quote
from jobspec.reconcile.declared import Declared, declare
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.planning import ownership
from jobspec.report.plan.build import build_view
from jobspec.workflow.planning.planning import Planned
from jobspec.workflow.runs.runs import check_selected, find_runs

if TYPE_CHECKING:
    from jobspec.reconcile.runs import Run
    from jobspec.workflow.project.workspace import Workspace


def make_adoption(workspace: Workspace, run_id: str, name: str) -> Planned:
    """Return the plan that adopts a live task as a run of a declared one.

    Raises `UsageError` if it cannot be.
    """
    declared = _declared(workspace, name)
    run = _live(workspace, run_id)
    runs = observe(workspace.connection.client, workspace.loaded.scope)
    own = by_task(workspace.loaded.scope, runs).get(declared.name, ())
    plan, refused = ownership.adoption(declared, run, own)
    return Planned(plan, refused, build_view(plan, workspace.platform, refused), (run, *own))


def make_release(workspace: Workspace, name: str) -> Planned:
    """Return the plan that releases the runs of a task. Raises `UsageError` if it has none."""
    runs = find_runs(workspace, name)
    plan = ownership.release(workspace.loaded.scope, name, runs)
    return Planned(plan, (), build_view(plan, workspace.platform, ()), runs)


def _declared(workspace: Workspace, name: str) -> Declared:
    check_selected(workspace, name)
    tasks = {task.name: task for task in workspace.loaded.tasks}
    if name in tasks:
        return declare(tasks[name])
    close = get_close_matches(name, tasks, n=1)
    hint = (
        f"did you mean {quote(close[0])}?"
        if close
        else "write its manifest first, for example with jobspec import ID"
    )
    raise UsageError(
        f"no manifest of {workspace.loaded.scope} declares {quote(name)}", help=hint, code="JS409"
    )


def _live(workspace: Workspace, run_id: str) -> Run:
    try:
        return run_of(workspace.connection.client.get(run_id))
    except NotFound as error:
        raise UsageError(
            f"no task {quote(run_id)} on this platform",
            help=f"to list the tasks, run: jobspec task list{workspace.account_option}",
            code="JS409",
        ) from error
