"""Options that several commands share."""

from __future__ import annotations

import os
import shlex
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from msgspec import Struct

from jobspec.cli import terminal
from jobspec.cli.parameters import (
    PATH,
    TEXT,
    Assignment,
    EnvironmentName,
    FilePath,
    Format,
    OneOf,
    ScopeName,
    Selector,
    WholeNumber,
    unknown_word,
)
from jobspec.config.home import home_of
from jobspec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobspec.workflow.account.account import Located
    from jobspec.workflow.planning.planning import PlanOptions
    from jobspec.workflow.surroundings import Surroundings

Command = TypeVar("Command", bound="Callable[..., Any]")

PATHS = click.argument("paths", nargs=-1, type=PATH)
ENVIRONMENT = click.option(
    "-e",
    "--environment",
    type=EnvironmentName(),
    metavar="NAME",
    help="Environment of the project file; JOBSPEC_ENVIRONMENT by default, then the project's default.",
)
SCOPE = click.option(
    "--scope",
    type=ScopeName(),
    metavar="NAME",
    help="Scope to use without a project file, or `project/environment` for an environment that was removed "
    "from the project file.",
)
VAR = click.option(
    "--var",
    "variables",
    type=Assignment(),
    multiple=True,
    metavar="NAME=VALUE",
    help="Value for a variable that the project declares, converted to the declared type; repeatable. It "
    "overrides --var-file, JOBSPEC_VAR_NAME and the project file.",
)
VAR_FILE = click.option(
    "--var-file",
    "variable_files",
    type=FilePath(),
    multiple=True,
    metavar="FILE",
    help="YAML file with a map of variables; repeatable, a later file wins.",
)
YES = click.option("-y", "--yes", is_flag=True, help="Skip the prompt.")
OUTPUT = click.option(
    "-o",
    "--output",
    type=Format(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
PROJECT = click.option(
    "-p",
    "--project",
    type=PATH,
    metavar="PATH",
    help="File or folder of the project, like PATHS; a path inside the project selects the tasks below it.",
)
PLATFORM = click.option(
    "--platform",
    type=OneOf("platform", ["local", "volcengine"]),
    help="Platform; from the project file by default.",
)
REGION = click.option(
    "--region", type=TEXT, metavar="REGION", help="Volcengine region, for example cn-beijing."
)
ENDPOINT = click.option(
    "--endpoint",
    type=TEXT,
    metavar="URL",
    help="API address, instead of the project's; JOBSPEC_ENDPOINT by default. Without --platform, `http://…` "
    "is a local platform that `jobspec serve` started. Credentials may be sent to this address.",
)
PROFILE = click.option(
    "--profile",
    type=TEXT,
    metavar="NAME",
    help="Profile in ~/.volc/credentials; from the project file by default.",
)

ONLY = click.option(
    "--only",
    type=Selector(),
    multiple=True,
    metavar="SELECTOR",
    help="Select tasks by name, glob, `set/…`, `tag:…`, `queue:…` or `file:…`; repeatable.",
)
EXCLUDE = click.option(
    "--exclude",
    type=Selector(),
    multiple=True,
    metavar="SELECTOR",
    help="Exclude tasks; same syntax as --only.",
)
EXPECT = click.option(
    "--expect",
    "expected",
    type=TEXT,
    multiple=True,
    metavar="WORDS",
    callback=lambda _ctx, _param, value: _expectations(value),
    help="Refuse a plan that breaks one of these rules: no-replace, no-cancel, no-delete, no-submit, "
    "no-rerun, no-change; comma-separated.",
)
ALLOW_TWIN = click.option(
    "--allow-twin",
    is_flag=True,
    help="Submit even if another active task with the same name exists.",
)


NO_PREFLIGHT = click.option(
    "--no-preflight",
    is_flag=True,
    help="Do not check queues, flavors, quotas and directories with the platform.",
)
SINCE = click.option(
    "--since",
    type=TEXT,
    metavar="REV",
    help="Show what this change causes, apart from what differed before it, and the guards that it loosens. "
    "Compares the manifests with those at the merge base of this Git revision and HEAD.",
)
MAX_SIZE = click.option(
    "--max-size",
    type=WholeNumber(min=1),
    metavar="N",
    help="With `-o markdown`: maximum size of the comment in UTF-16 code units; 65000 by default. Bitbucket "
    "needs 32000. What does not fit is cut, and counted.",
)


def check_max_size(max_size: int | None, output: str) -> None:
    """Raise `UsageError` for a maximum size with a format that does not have one."""
    if max_size is not None and output != "markdown":
        raise UsageError("`--max-size` requires `-o markdown`", help="add -o markdown, or remove --max-size")


def of_plan(command: Command) -> Command:
    """Add the options that limit a plan, and pass them to the command as `wanted`, a `PlanOptions`."""

    @wraps(command)
    def with_wanted(
        *,
        only: tuple[str, ...],
        exclude: tuple[str, ...],
        expected: tuple[str, ...],
        allow_twin: bool,
        since: str | None,
        **typed: Any,
    ) -> Any:
        from jobspec.reconcile.planning.selection import Selection
        from jobspec.workflow.planning.planning import PlanOptions

        wanted = PlanOptions(Selection(only, exclude), expected, allow_twin, since=since)
        return command(wanted=wanted, **typed)

    return cast("Command", ONLY(EXCLUDE(EXPECT(ALLOW_TWIN(SINCE(with_wanted))))))


def of_preflight(command: Command) -> Command:
    """Add `--no-preflight` to a command with the options of a plan, below `of_plan`."""

    @wraps(command)
    def with_mode(*, wanted: PlanOptions, no_preflight: bool, **typed: Any) -> Any:
        from msgspec.structs import replace

        return command(wanted=replace(wanted, preflight="local" if no_preflight else "full"), **typed)

    return cast("Command", NO_PREFLIGHT(with_mode))


def _expectations(values: tuple[str, ...]) -> tuple[str, ...]:
    from jobspec.reconcile.guards.expectations import EXPECTATIONS

    words = tuple(word.strip() for value in values for word in value.split(","))
    for word in words:
        if word not in EXPECTATIONS:
            raise unknown_word("expectation", word, tuple(EXPECTATIONS))
    return words


def of_selection(command: Command) -> Command:
    """Add the options that select tasks, and pass them to the command as `selection`, a `Selection`."""

    @wraps(command)
    def with_selection(*, only: tuple[str, ...], exclude: tuple[str, ...], **typed: Any) -> Any:
        from jobspec.reconcile.planning.selection import Selection

        return command(selection=Selection(only, exclude), **typed)

    return cast("Command", ONLY(EXCLUDE(with_selection)))


def of_paths(command: Command) -> Command:
    """Add PATHS and the options that select the project and scope, and pass them as `target`, a `Target`."""

    @wraps(command)
    def with_paths(*, paths: tuple[Path, ...], **typed: Any) -> Any:
        if paths and typed["project"] is not None:
            raise UsageError("PATHS cannot be combined with `-p`", help="remove one of the two")
        return with_target(paths=paths, **typed)

    with_target = _with_target(command)
    return cast("Command", PATHS(PROJECT(ENVIRONMENT(SCOPE(ENDPOINT(VAR(VAR_FILE(with_paths))))))))


def of_project(command: Command) -> Command:
    """Add the options that select the project and scope, for commands that take names; passed as `target`."""
    with_target = wraps(command)(_with_target(command))
    return cast("Command", PROJECT(ENVIRONMENT(SCOPE(ENDPOINT(VAR(VAR_FILE(with_target)))))))


def _with_target(command: Command) -> Callable[..., Any]:
    def with_target(
        *,
        project: Path | None,
        environment: str | None,
        scope: str | None,
        endpoint: str | None,
        variables: tuple[tuple[str, str], ...],
        variable_files: tuple[Path, ...],
        paths: tuple[Path, ...] = (),
        **typed: Any,
    ) -> Any:
        from jobspec.workflow.project.given import Typed
        from jobspec.workflow.project.manifests import Target

        named, values = (project,) if project else paths, Typed(variables, variable_files)
        return command(target=Target(named, environment, scope, endpoint, values), **typed)

    return with_target


class Account(Struct, frozen=True):
    """The typed options for the platform and the account; None where none was given."""

    project: Path | None
    environment: str | None
    platform: str | None
    region: str | None
    endpoint: str | None
    profile: str | None

    @property
    def typed(self) -> str:
        """The same options for another command, as ` --environment prod`; empty if none was given."""
        given = [(name, getattr(self, name)) for name in self.__struct_fields__]
        return "".join(f" --{name} {shlex.quote(str(value))}" for name, value in given if value is not None)

    def locate(self, surroundings: Surroundings) -> Located:
        """Return the selected platform. Raises `UsageError` and `ManifestError`."""
        from jobspec.workflow.account.account import PlatformOptions, find_platform

        chosen = PlatformOptions(self.platform, self.region, self.endpoint, self.profile)
        return find_platform(self.project, self.environment, chosen, surroundings)


def platform_options(command: Command) -> Command:
    """Add the options that select the platform, and pass them to the command as `account`, an `Account`.

    It is for commands that are not about the tasks of one project.
    """

    @wraps(command)
    def with_account(**typed: Any) -> Any:
        names = Account.__struct_fields__
        return command(account=Account(**{name: typed.pop(name) for name in names}), **typed)

    added = PROJECT(ENVIRONMENT(PLATFORM(REGION(ENDPOINT(PROFILE(with_account))))))
    return cast("Command", added)


def surroundings() -> Surroundings:
    """Return the surroundings of the command."""
    from jobspec.cli.debug import observer
    from jobspec.workflow.surroundings import Surroundings

    return Surroundings(
        os.environ, home_of(os.environ), Path.cwd(), observer=observer(), notify=terminal.Notes().add
    )
