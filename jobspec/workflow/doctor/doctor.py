"""Checks whether jobspec can work here, and what to fix. Changes nothing: no task and no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.config.project_state import project_folder
from jobspec.errors import LocalPlatformError, ManifestError, StateFolderError, UsageError
from jobspec.manifest.task import environment_option
from jobspec.quoting import quote
from jobspec.report.doctor.view import (
    CheckView,
    DoctorView,
    ok,
    problem,
    warning,
)
from jobspec.report.text import count
from jobspec.report.view import PlatformView
from jobspec.workflow.account.connect import is_in_process, local_folder, settings_for
from jobspec.workflow.doctor.state import examine_state
from jobspec.workflow.project.manifests import Target, load_manifests
from jobspec.workflow.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobspec.local.health import Health
    from jobspec.workflow.account.account import Located


def examine(locate: Callable[[], Located], environment: str | None, surroundings: Surroundings) -> DoctorView:
    """Check the project, its manifests, and the platform that `locate` finds, until a step fails."""
    try:
        located = locate()
    except (UsageError, ManifestError) as error:
        return DoctorView(checks=(_not_located(error),))
    checks = [_project(located), *_manifests(located, environment, surroundings)]
    platform, found = _platform(located, surroundings)
    checks += [*found, *examine_state(surroundings)]
    return DoctorView(scope=located.scope, platform=platform, checks=tuple(checks))


def _not_located(error: UsageError | ManifestError) -> CheckView:
    if isinstance(error, ManifestError):
        return problem("project", error.diagnostics[0].message, "to see the location, run: jobspec validate")
    is_of_project = error.code in {"JS115", "JS316"}
    return problem("project" if is_of_project else "platform", error.message, error.help)


def _project(located: Located) -> CheckView:
    if located.where is None:
        return ok("project", "none; the platform comes from options or `JOBSPEC_ENDPOINT`")
    return ok("project", f"{quote(located.where)}, scope {located.scope}")


def _manifests(
    located: Located, environment: str | None, surroundings: Surroundings
) -> tuple[CheckView, ...]:
    if located.where is None:
        return ()
    loaded = load_manifests(Target((located.root,), environment), surroundings)
    manifests = count(loaded.manifests, "manifest")
    if loaded.has_errors:
        message = f"{count(len(loaded.diagnostics), 'finding')} in {manifests}; nothing can be planned"
        option = environment_option(located.scope or "")
        return (problem("manifests", message, f"to see each location, run: jobspec validate{option}"),)
    return (ok("manifests", f"{manifests}, {count(len(loaded.tasks), 'task')}"),)


def _platform(
    located: Located, surroundings: Surroundings
) -> tuple[PlatformView | None, tuple[CheckView, ...]]:
    if is_in_process(located.platform):
        return _local_platform(located, surroundings)
    from jobspec.workflow.doctor.wire import examine_wire  # noqa: PLC0415 - only for a remote platform

    return examine_wire(located, surroundings)


def _local_platform(
    located: Located, surroundings: Surroundings
) -> tuple[PlatformView | None, tuple[CheckView, ...]]:
    try:
        where = str(project_folder(surroundings.state, located.root.resolve()).path)
    except StateFolderError as error:
        return None, (problem("state", error.message, error.help),)
    view = PlatformView(kind="local", endpoint=where)
    return view, (ok("platform", f"local, in {quote(where)}"), *_local(located, surroundings))


def _local(located: Located, surroundings: Surroundings) -> tuple[CheckView, ...]:
    try:
        health, slots = _health(located, surroundings)
    except (LocalPlatformError, StateFolderError) as error:
        return (problem("folder", error.message, error.help),)
    state = "exists" if health.has_store else "created when the first task is submitted"
    return (
        ok("folder", state),
        _supervisor(health, environment_option(located.scope or "")),
        ok("slots", f"{count(slots, 'replica')} can run at once"),
        *(_local_queues(located, surroundings) if _is_at_rest(health) else ()),
    )


def _is_at_rest(health: Health) -> bool:
    """Whether a request starts no supervisor: the doctor changes nothing."""
    return health.has_supervisor or not health.has_work


def _local_queues(located: Located, surroundings: Surroundings) -> tuple[CheckView, ...]:
    """Return the queues of an inventory; without one, the slots tell everything."""
    from jobspec.local.settings import INVENTORY  # noqa: PLC0415 - only for the local platform
    from jobspec.workflow.account.connect import connect  # noqa: PLC0415
    from jobspec.workflow.doctor.queues import queue_checks  # noqa: PLC0415

    if not surroundings.environ.get(INVENTORY):
        return ()
    with connect(located.platform, located.place, surroundings).client as client:
        return queue_checks(client)


def _health(located: Located, surroundings: Surroundings) -> tuple[Health, int]:
    from jobspec.local.errors import LocalError  # noqa: PLC0415 - only for the local platform
    from jobspec.local.health import look_at  # noqa: PLC0415

    try:
        settings = settings_for(located.platform)
        return look_at(local_folder(located.place, surroundings.state), settings), settings.slots
    except LocalError as error:
        raise LocalPlatformError(error.message, help=error.help) from error


def _supervisor(health: Health, option: str) -> CheckView:
    if health.has_supervisor:
        return ok("supervisor", "running")
    if health.has_work:
        return warning(
            "supervisor",
            "not running, but tasks are active",
            f"any command starts it, for example: jobspec status{option}",
        )
    return ok("supervisor", "not running; not needed, because no task is active")
