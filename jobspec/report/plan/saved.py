"""Saved plans: reading one, and checking whether it is still up to date. Pure: text only."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from msgspec import UNSET, DecodeError, json
from msgspec.structs import replace

from jobspec import bounded_json
from jobspec.errors import GuardError, UsageError
from jobspec.manifest.task import environment_option
from jobspec.quoting import quote
from jobspec.report.plan import view
from jobspec.report.plan.digest import digest_of
from jobspec.report.plan.view import PlanView, PreflightFile
from jobspec.report.text import PAST, count, printable
from jobspec.report.view import View

if TYPE_CHECKING:
    from jobspec.report.view import PlatformView


def write(plan: PlanView) -> str:
    """Return the text of a plan file: the JSON that `plan -o json` prints, without the facts."""
    return without_facts(plan).to_json() + "\n"


def without_facts(plan: PlanView) -> PlanView:
    """Return the plan without its preflight facts and GPU-hours, which change while a person reads it."""
    guards = tuple(guard for guard in plan.guards if guard.guard != "preflight")
    return replace(plan, preflight=UNSET, usage=UNSET, guards=guards)


def preflight_of(plan: PlanView) -> PreflightFile:
    """Return the preflight facts and GPU-hours of a plan."""
    guards = tuple(guard for guard in plan.guards if guard.guard == "preflight")
    return PreflightFile(scope=plan.scope, preflight=plan.preflight, usage=plan.usage, guards=guards)


def read(text: str, name: str) -> PlanView:
    """Return the plan in a file's text.

    Raises `UsageError` if it is not a plan of this version, and `GuardError` if it was changed by hand.
    """
    found = _decoded(text) if bounded_json.has_few_values(text.encode()) else ""
    if isinstance(found, str):
        where = f": see {quote(found)}" if found else ""
        message = f"{quote(name)} is not a plan of this version of jobspec{where}"
        raise UsageError(message, help=_make_again(name, ""), code="JS412")
    plan, digest = found
    if plan.digest != digest:
        raise GuardError(
            f"{quote(name)} was edited: its digest does not match its content",
            guard="",
            code="JS412",
            help=_make_again(name, environment_option(plan.scope)),
        )
    return plan


def _make_again(name: str, option: str) -> str:
    return f"make a new plan: jobspec plan{option} -o {shlex.quote(name)}"


def _decoded(text: str) -> tuple[PlanView, str] | str:
    """Return the plan and the digest of its content, or the first invalid field.

    The message of the decoder would quote the text. A value that is too deep has no field.
    """
    try:
        plan = json.decode(text, type=PlanView)
        return plan, digest_of(plan)
    except RecursionError:
        return ""
    except DecodeError as error:
        return _where_wrong(str(error))


def _where_wrong(message: str) -> str:
    """Return the field at the end of a message: `Expected … - at `$.changes[0].task``; empty without one.

    Only our own names and numbers are kept, because a message may quote a key of the file.
    """
    _, is_below, path = message.rpartition(" - at `$")
    if not is_below:
        return ""
    known = _field_names()
    return ".".join(step for step in re.findall(r"[A-Za-z0-9]+", path) if step in known or step.isdecimal())


def _field_names() -> frozenset[str]:
    """Return the names of all fields of a plan in JSON; any other key in a file was not written by us."""
    parts = (part for part in vars(view).values() if isinstance(part, type) and issubclass(part, View))
    return frozenset(name for part in parts for name in part.__struct_encode_fields__)


def check_same(saved: PlanView, now: PlanView, name: str) -> None:
    """Raise `GuardError` unless a saved plan equals the present one."""
    if (saved.scope, _place(saved)) != (now.scope, _place(now)):
        raise _stale(f"{quote(name)} is for {_where(saved)}, and this is {_where(now)}", now)
    if saved.digest != now.digest:
        raise _stale(f"{quote(name)} is stale: {_what_changed(saved, now)}", now)


def _place(plan: PlanView) -> PlatformView:
    """Return where the tasks run, without the source of the endpoint."""
    return replace(plan.platform, endpoint_from="")


def check_digest(wanted: str, now: PlanView) -> None:
    """Raise `GuardError` unless the plan has the requested digest."""
    if wanted != now.digest:
        stale = _stale(
            f"the plan changed: its digest is {now.digest}, but --digest is {printable(wanted)}", now
        )
        if now.since is None:  # the digest contains the loosened guards, which only --since finds
            stale.help += "; for the digest of a plan with --since, add the same --since"
        raise stale


def _stale(message: str, now: PlanView) -> GuardError:
    look = f"jobspec plan{environment_option(now.scope)}"
    help_ = f"to review the current plan, run: {look}; then apply that one"
    return GuardError(message, guard="", code="JS406", help=help_)


def _where(plan: PlanView) -> str:
    at = plan.platform.endpoint or plan.platform.kind
    return f"{plan.scope} on {printable(at)}"


def _what_changed(saved: PlanView, now: PlanView) -> str:
    if values := _changed_values(saved, now):
        return values
    before, after = _actions(saved), _actions(now)
    changed = sorted(task for task in before.keys() | after.keys() if before.get(task) != after.get(task))
    if not changed:
        return "the runs or the manifests of the changes are different now"
    first = changed[0]
    was, is_now = before.get(first, "unchanged"), after.get(first, "unchanged")
    message = f"the plan for {quote(first)} was: {was}; it is now: {is_now}"
    return message if len(changed) == 1 else f"{message} ({count(len(changed), 'task')} in all)"


def _changed_values(saved: PlanView, now: PlanView) -> str:
    """Return what differs between the values from outside; empty if nothing does."""
    was, is_now = ({one.name: one.value for one in plan.values or ()} for plan in (saved, now))
    for name in sorted(was.keys() | is_now.keys()):
        if name not in is_now:
            return f"{quote(name)} was used as {quote(was[name])}, and is not used now"
        if name not in was:
            return f"{quote(name)} was not used, and is {quote(is_now[name])} now"
        if was[name] != is_now[name]:
            return f"{quote(name)} was {quote(was[name])}; it is now {quote(is_now[name])}"
    return ""


def _actions(plan: PlanView) -> dict[str, str]:
    """Return the actions of each task that changes, with their reasons."""
    actions: dict[str, str] = {}
    for change in plan.changes:
        if change.action != "none":
            one = f"{PAST.get(change.action, change.action)} ({change.reason})"
            actions[change.task] = f"{actions[change.task]}, {one}" if change.task in actions else one
    return actions
