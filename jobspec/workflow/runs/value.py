"""Reads one value of a task's run. Writes nothing."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from jobspec.errors import UsageError
from jobspec.quoting import quote
from jobspec.reconcile.runs import FINISHED, Phase
from jobspec.report.run_value import FIELDS, HOST, field_named, shown
from jobspec.workflow.runs.runs import find_run

if TYPE_CHECKING:
    from jobspec.cloud.answers.wire import InstanceRecord
    from jobspec.reconcile.runs import Run
    from jobspec.workflow.project.workspace import Workspace

_USUAL_ROLE = "worker"
_GOAL_PHASES = {"running": FINISHED | {Phase.RUNNING}, "finished": FINISHED}


def parse_reference(reference: str) -> tuple[str, str]:
    """Return the task and the field of `NAME.FIELD`. Raises `UsageError` for another form or field."""
    name, dot, written = reference.rpartition(".")
    if not dot or not name or not written:
        raise UsageError(
            f"{quote(reference)} is not NAME.FIELD",
            help=f"for example: jobspec get {shlex.quote(name or written or 'train')}.id; "
            f"the fields are {', '.join(FIELDS)}",
        )
    field = field_named(written)
    if field is None:
        raise _unknown(written)
    return name, field


def read_value(workspace: Workspace, name: str, field: str, run_id: str | None = None) -> str:
    """Return a value of the task's current run, or of the run with the id, on one line.

    Raises `UsageError` if the task has no such run, or the value is not known.
    """
    run = find_run(workspace, name, run_id)
    value = _host(workspace, run) if field == HOST else FIELDS[field].read(run)
    if not value and field != "detail":
        raise _not_known(workspace, name, field, run)
    return shown(value or "")


def _host(workspace: Workspace, run: Run) -> str:
    role = _role(run)
    instances = workspace.connection.client.instances(run.id)
    return next((one.host for one in instances if _is_first(one, role)), "")


def _role(run: Run) -> str:
    names = [role.name for role in run.roles]
    return _USUAL_ROLE if _USUAL_ROLE in names or not names else names[0]


def _is_first(instance: InstanceRecord, role: str) -> bool:
    return (instance.role_name, instance.role_index) == (role, "0")


def _unknown(field: str) -> UsageError:
    from difflib import get_close_matches  # noqa: PLC0415 - only to explain

    close = get_close_matches(field, FIELDS, n=1)
    hint = f"did you mean `{close[0]}`? The" if close else "the"
    return UsageError(f"unknown field {quote(field)}", help=f"{hint} fields are {', '.join(FIELDS)}")


def _not_known(workspace: Workspace, name: str, field: str, run: Run) -> UsageError:
    what, goal = f"`{field}` of {quote(name)}", FIELDS[field].goal
    state = f"run {run.id} is in state {quote(run.state)}"
    if goal and run.phase not in _GOAL_PHASES[goal]:
        wait = f"jobspec wait{workspace.option} {shlex.quote(name)} --for {goal}"
        return UsageError(f"{what} is not known yet: {state}", help=f"Run `{wait}` first.", code="JS418")
    if field == HOST:
        hint = f"the task itself has it in MLP_{_role(run).upper()}_0_HOST: write it to its log or to a file"
    else:
        hint = f"to see what is known, run: jobspec history{workspace.option} {shlex.quote(name)}"
    return UsageError(f"the platform returns no {what}: {state}", help=hint, code="JS418")
