"""Plan files on disk: written completely or not at all, read up to a size limit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.errors import GuardError, ManifestError, UsageError
from jobspec.manifest.expressions.outside import NULL, GivenVariable
from jobspec.manifest.files.roots import locate
from jobspec.manifest.task import environment_option
from jobspec.quoting import quote
from jobspec.regular import read_regular, utf8
from jobspec.report.plan import saved as plan_file
from jobspec.report.text import printable
from jobspec.workflow.project.given import Typed, contradicting
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.whole_files import write_whole
from jobspec.workflow.project.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from jobspec.manifest.yaml.tree import Node
    from jobspec.report.plan.view import PlanView, ValueView
    from jobspec.workflow.surroundings import Surroundings

_VARIABLE = "vars."
_SAME_VALUES = "remove --var and --var-file; the plan contains its values. For others, make a new plan"
_MAX_BYTES = 32 * 1024 * 1024


def save(plan: PlanView, path: Path) -> None:
    """Write the plan, readable only by its owner; after a crash, either the old or the new file exists.

    Raises `UsageError` if the existing file is not a plan, and `OSError` if the file cannot be written.
    """
    _check_replaceable(path)
    write_whole(path, plan_file.write(plan))


def _check_replaceable(path: Path) -> None:
    """Refuse to replace a file, except an older plan or an empty file, as `mktemp` creates one."""
    if not os.path.lexists(path):
        return
    try:
        if path.is_symlink():
            raise _no_plan(path, "is a link")
        if path.is_file() and path.stat().st_size:
            load(path)
    except GuardError:  # a plan that was edited
        return
    except UsageError as error:
        raise UsageError(
            f"{quote(path)} exists and is not a plan; it was not overwritten",
            help="use another name",
            code="JS412",
        ) from error


def load(path: Path) -> PlanView:
    """Return a saved plan. Raises `UsageError` or `GuardError` if it is not a plan or was changed."""
    content = read_regular(path, at_most=_MAX_BYTES + 1, follow_links=True)
    if len(content) > _MAX_BYTES:
        raise _no_plan(path, f"is larger than {_MAX_BYTES // 2**20} MiB")
    text = utf8(content)
    if text is None:
        raise _no_plan(path, "is not text")
    return plan_file.read(text, str(path))


def open_saved(plan: PlanView, path: Path, typed: Target, surroundings: Surroundings) -> Workspace:
    """Load the manifests of a saved plan and connect to its platform.

    Raises `GuardError` if they differ from the `typed` options, or cannot be found here.
    """
    environment = plan.scope.partition("/")[2] or None
    if typed.environment not in {None, environment} or typed.scope not in {None, plan.scope}:
        raise _elsewhere(plan, path, "remove -e and --scope; the plan contains them")
    recorded = recorded_variables(plan)
    if contradiction := contradicting(typed.typed, recorded, surroundings):
        raise UsageError(f"{contradiction} than {quote(path)} was made with", help=_SAME_VALUES, code="JS369")
    values = Typed(recorded=recorded)
    target = Target(_paths(plan, surroundings.cwd), environment, plan.scope, typed=values)
    try:
        return open_workspace(target, surroundings)
    except ManifestError as error:
        if any(problem.code in {"JS315", "JS319"} for problem in error.diagnostics):
            again = f"jobspec plan{environment_option(plan.scope)} -o plan.json"
            advice = f"change to the folder it was made in, or make a new plan: {again}"
            raise _elsewhere(plan, path, advice) from error
        raise


def recorded_variables(plan: PlanView) -> tuple[GivenVariable, ...]:
    """Return the given variables that a plan used; facts of the environment and of Git are read again."""
    given = (one for one in plan.values or () if one.name.startswith(_VARIABLE))
    return tuple(
        GivenVariable(one.name.removeprefix(_VARIABLE), one.value or "", one.source, _recorded(one))
        for one in given
    )


def _recorded(value: ValueView) -> Node | None:
    """Return a recorded value that is no text."""
    from jobspec.manifest.expressions.given import read_value  # noqa: PLC0415 - only for typed values

    if value.value is None:
        return NULL
    return read_value(value.value) if value.typed is True else None


def _elsewhere(plan: PlanView, path: Path, advice: str) -> GuardError:
    at = plan.platform.endpoint or plan.platform.kind
    message = f"{quote(path)} is for {plan.scope} on {printable(at)}, not for this project"
    return GuardError(message, guard="", code="JS406", help=advice)


def _paths(plan: PlanView, cwd: Path) -> tuple[Path, ...]:
    """Return the paths of the plan; if they do not exist here, the project of the working directory."""
    paths = tuple(map(Path, plan.target.paths)) if plan.target else ()
    if paths and all((cwd / path).exists() for path in paths):
        return paths
    root = locate(Path(), cwd).root
    return (Path(root.path),) if root else ()


def _no_plan(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{quote(path)} {why}", help="use a file that `jobspec plan -o FILE` wrote", code="JS412"
    )


def is_plan_file(path: Path) -> bool:
    """Return whether a path passed to `apply` is a saved plan rather than manifests."""
    return path.suffix == ".json" and not path.is_dir()
