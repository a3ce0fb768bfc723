"""Selects the platform and the account for a command that is not about the tasks of one project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from msgspec import Struct
from msgspec.structs import asdict, replace

from jobspec.cloud.credentials import check_profile_counts
from jobspec.cloud.settings import check_endpoint
from jobspec.config.project_state import check_project_folder
from jobspec.errors import UsageError
from jobspec.manifest.files.filenames import PROJECT_FILE, readable
from jobspec.manifest.project_file import (
    LocatedProject,
    find_project,
)
from jobspec.manifest.task import ScopeOptions
from jobspec.manifest.values import Platform
from jobspec.quoting import quote
from jobspec.workflow.account.connect import ProjectPlace, is_in_process
from jobspec.workflow.project.environment import VARIABLE, named_environment
from jobspec.workflow.project.given import NOTHING_TYPED, outside_of
from jobspec.workflow.state.old_folder import report_old_folder
from jobspec.workflow.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping


Kind: TypeAlias = Literal["volcengine", "local"]

ENDPOINT_VARIABLE = "JOBSPEC_ENDPOINT"
"""The variable for an endpoint instead of the project's; the user sets it, so it may get credentials."""
ENDPOINT_OPTION = "--endpoint"
_HOW = "use --platform local, --platform volcengine, --endpoint URL, or -p with a project folder"


class PlatformOptions(Struct, frozen=True):
    """The platform options of the command line; None for options that were not given."""

    kind: str | None = None
    region: str | None = None
    endpoint: str | None = None
    profile: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no option was given."""
        return self == PlatformOptions()


class Located(Struct, frozen=True):
    """A platform, the folder of a local one, and the project that named it, if any.

    `scope` and `where`, the project file, are None without a project; `scopes` are all scopes of the project.
    `endpoint_from` is the option or the variable with which the user named the endpoint, if any.
    """

    platform: Platform
    root: Path
    scope: str | None = None
    where: Path | None = None
    scopes: tuple[str, ...] = ()
    endpoint_from: str = ""

    @property
    def place(self) -> ProjectPlace:
        """The folder, and the name of the project that named the platform."""
        return ProjectPlace(self.root, (self.scope or "").partition("/")[0])


def find_platform(
    project: Path | None, environment: str | None, chosen: PlatformOptions, surroundings: Surroundings
) -> Located:
    """Return the platform of the project in or above `project`, with the chosen options applied.

    Without a project file, the options must select the platform. Raises `UsageError` if they do not or if
    they conflict, and `ManifestError` if the project file cannot be read.
    """
    if project is not None and not (surroundings.cwd / project).exists():
        message = f"{quote(readable(str(project)))} does not exist"
        raise UsageError(message, help="use an existing folder", code="JS115")
    check_profile_counts(chosen.profile, surroundings.environ)
    found = find_project(
        project or Path(), cwd=surroundings.cwd, options=_scope_options(environment, surroundings)
    )
    report_old_folder(found.root if found else surroundings.cwd, surroundings)
    named_by = _named_by(chosen, surroundings.environ)
    chosen = _with_endpoint(chosen, surroundings.environ)
    if found is None:
        _check_no_project_options(project, environment)
        return _without_project(chosen, surroundings, named_by)
    platform = _chosen_platform(chosen, found.project.platform)
    if found.project.platform.kind != "local":
        _check_local_folder(platform, found.root, surroundings)
    return replace(_located(platform, found), endpoint_from=named_by)


def _scope_options(environment: str | None, surroundings: Surroundings) -> ScopeOptions:
    named = named_environment(surroundings.environ) if environment is None else None
    outside = replace(outside_of(NOTHING_TYPED, surroundings), is_lenient=True)
    return ScopeOptions(named or environment, variable=VARIABLE if named else "", outside=outside)


def _located(platform: Platform, found: LocatedProject) -> Located:
    return Located(platform, found.root, str(found.scope), found.file, found.scopes)


def with_endpoint(
    platform: Platform, endpoint: str | None, environ: Mapping[str, str]
) -> tuple[Platform, str]:
    """Return the platform at the endpoint of the option or the variable, and which of them set it.

    If neither is set, return the project's own platform and an empty name. Raises `UsageError` for an invalid
    address.
    """
    typed = PlatformOptions(endpoint=endpoint)
    chosen = _with_endpoint(typed, environ)
    if chosen.is_empty:
        return platform, ""
    return _chosen_platform(chosen, platform), _named_by(typed, environ)


def _with_endpoint(chosen: PlatformOptions, environ: Mapping[str, str]) -> PlatformOptions:
    """Return the options with the endpoint of the variable, unless another platform was chosen."""
    is_silent = chosen.endpoint is None and chosen.kind is None
    return replace(chosen, endpoint=endpoint_of(environ)) if is_silent else chosen


def _named_by(chosen: PlatformOptions, environ: Mapping[str, str]) -> str:
    if chosen.endpoint is not None:
        return ENDPOINT_OPTION
    return ENDPOINT_VARIABLE if _with_endpoint(chosen, environ).endpoint is not None else ""


def _without_project(chosen: PlatformOptions, surroundings: Surroundings, named_by: str) -> Located:
    if chosen.is_empty:
        raise UsageError(
            f"no platform selected: there is no `{PROJECT_FILE}` in or above this folder",
            help=_HOW,
        )
    platform = _chosen_platform(chosen, None)
    _check_local_folder(platform, surroundings.cwd, surroundings)
    return Located(platform, surroundings.cwd, endpoint_from=named_by)


def endpoint_of(environ: Mapping[str, str]) -> str | None:
    """Return the endpoint from the environment variable, or None."""
    return environ.get(ENDPOINT_VARIABLE, "").strip() or None


def platform_at(endpoint: str | None) -> Platform:
    """Return the platform at an address; Volcengine without one.

    Raises `UsageError` for an invalid address.
    """
    return _chosen_platform(
        PlatformOptions("volcengine") if endpoint is None else PlatformOptions(endpoint=endpoint), None
    )


def _check_no_project_options(project: Path | None, environment: str | None) -> None:
    """Refuse options that name a project or an environment if there is no project: do not guess another."""
    if project is None and environment is None:
        return
    where = quote(readable(str(project))) if project else "this folder"
    raise UsageError(
        f"there is no `{PROJECT_FILE}` in or above {where}",
        help="remove -p and -e, and use --platform local or --platform volcengine",
        code="JS316",
    )


def _chosen_platform(chosen: PlatformOptions, own: Platform | None) -> Platform:
    """Return the project's platform with the options applied; another kind ignores its settings."""
    _check_values(chosen)
    kind = _kind(chosen, own)
    start = own if own is not None and own.kind == kind else Platform(kind=kind)
    given = {"region": chosen.region, "endpoint": chosen.endpoint, "profile": chosen.profile}
    platform = replace(start, **{key: value for key, value in given.items() if value is not None})
    _check(chosen, platform)
    return platform


def _kind(chosen: PlatformOptions, own: Platform | None) -> Kind:
    if chosen.kind is not None:
        return cast("Kind", chosen.kind)
    if chosen.endpoint is None or (own is not None and own.endpoint == chosen.endpoint):
        return own.kind if own is not None else "volcengine"
    return _kind_at(chosen.endpoint)


def _kind_at(endpoint: str) -> Kind:
    """Return the kind at an address: an `http` one is local, because only Volcengine has a certificate."""
    return "local" if endpoint.partition("://")[0].lower() == "http" else "volcengine"


def _check_values(chosen: PlatformOptions) -> None:
    """Check each value by itself. An empty one is an unset shell variable, not a request for the default."""
    for name, value in asdict(chosen).items():
        if value == "":
            raise empty_option(f"--{'platform' if name == 'kind' else name}")
    if chosen.endpoint is not None:
        check_endpoint(chosen.endpoint)


def empty_option(option: str) -> UsageError:
    """Return the error for an option whose value is empty."""
    return UsageError(f"`{option}` needs a value", help=f"add a value, or remove {option}")


def _check(chosen: PlatformOptions, platform: Platform) -> None:
    if platform.kind == "local" and platform.endpoint is None and (chosen.region or chosen.profile):
        raise UsageError(
            "`--region` and `--profile` do not apply to the local platform",
            help="add --platform volcengine, or remove --region and --profile",
        )


def _check_local_folder(platform: Platform, root: Path, surroundings: Surroundings) -> None:
    """Refuse a folder without local state: a mistyped one must not look like an empty platform."""
    if is_in_process(platform) and not check_project_folder(surroundings.state, root.resolve()):
        raise UsageError(
            f"no local platform for {quote(readable(str(root)))}: no task has run there",
            help="change to a folder that `jobspec state list` shows, or use --endpoint http://127.0.0.1:8765",
        )
