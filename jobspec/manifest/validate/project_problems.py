"""Diagnostics for a project as a whole, and for requests that do not fit it. Pure."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from jobspec.diagnostics import (
    MAX_PROBLEMS,
    Diagnostic,
    Place,
    Severity,
)
from jobspec.manifest.files.filenames import MISNAMED_PROJECT_FILE, PROJECT_FILE, joined, readable, whole
from jobspec.manifest.yaml.tree import MAX_EXPANDED, Key, Node, at_path
from jobspec.manifest.yaml.tree import Mapping as Map
from jobspec.quoting import quote

if TYPE_CHECKING:
    from jobspec.manifest.task import ScopeOptions


def no_such_path(shown: str) -> Diagnostic:
    """Report a path on the command line that does not exist."""
    return Diagnostic(
        "JS115", f"{quote(readable(shown))} does not exist", help="pass an existing file or folder"
    )


def several_projects(roots: list[str]) -> Diagnostic:
    """Report paths of more than one project."""
    listed = " and ".join(quote(readable(joined(root, PROJECT_FILE))) for root in roots)
    return Diagnostic(
        "JS317", f"the paths belong to several projects: {listed}", help="pass the paths of one project only"
    )


def no_project(shown: str) -> Diagnostic:
    """Report that there is no project file, and no scope instead of it."""
    return Diagnostic(
        "JS316",
        f"there is no `{PROJECT_FILE}` in or above {quote(readable(shown))}",
        help="run `jobspec init` to create one, or pass `--scope NAME`",
    )


def misnamed_project(shown: str) -> Diagnostic:
    """Report a project file with a name that is not read, if there is no other one."""
    right = readable(shown).removesuffix(".yml") + ".yaml"
    return _misnamed(shown, f"rename it: mv {shlex.quote(readable(shown))} {shlex.quote(right)}")


def second_project_file(shown: str) -> Diagnostic:
    """Report a project file with a name that is not read, next to the one that is."""
    return _misnamed(shown, f"move its contents to the `{PROJECT_FILE}` in the same folder, and remove it")


def _misnamed(shown: str, advice: str) -> Diagnostic:
    return Diagnostic(
        "JS324",
        f"{quote(readable(shown))} is ignored: the project file must be named `{PROJECT_FILE}`",
        place=whole(shown),
        help=advice,
    )


def contradictory_scope(scope: str, environment: str) -> Diagnostic:
    """Report two different environments, one in the scope and one in the option."""
    return Diagnostic(
        "JS319",
        f"{quote(f'--scope {scope}')} and {quote(f'-e {environment}')} name two environments",
        help="leave out `-e`, or pass the scope without an environment",
    )


def no_project_document(file: str) -> Diagnostic:
    """Report a project file without a project."""
    return Diagnostic(
        "JS319",
        f"{quote(readable(file))} contains no manifest of kind `Project`",
        place=whole(file),
        help="write `kind: Project`",
    )


def second_project(document: Node) -> Diagnostic:
    """Report two projects in one file."""
    return Diagnostic(
        "JS319",
        "second `Project` in the project file",
        place=at_path(document, ("kind",)).extent.place,
        label="duplicate",
        help="keep one; define variants of a project in `spec.environments`",
    )


def empty_file(file: str) -> Diagnostic:
    """Report a file without manifests that the patterns select: it may have contained a task."""
    return Diagnostic(
        "JS211",
        f"{quote(readable(file))} contains no manifest",
        place=whole(file),
        label="no content except comments",
        help="remove the file, or add a manifest to it",
        severity=Severity.WARNING,
    )


def too_much_expanded(document: Node) -> Diagnostic:
    """Report documents that are small themselves, but large with what the project merges under each."""
    return Diagnostic(
        "JS106",
        f"with defaults and expressions expanded, the file exceeds {MAX_EXPANDED:,} values",
        place=document.at.place,
        label="exceeds the limit",
        help="split the file, or use smaller defaults",
    )


def too_many_problems(last: Diagnostic, severity: Severity) -> Diagnostic:
    """Report that a file has more problems than are shown; `last` is the last one shown."""
    return Diagnostic(
        "JS117",
        f"too many problems in this file; only the first {MAX_PROBLEMS} are reported",
        place=last.place,
        label="last reported problem",
        help="fix the reported problems, then run the command again",
        severity=severity,
    )


def misplaced_project(document: Node) -> Diagnostic:
    """Report a project in a file other than the project file."""
    advice = f"move it to a file named `{PROJECT_FILE}` in a folder of its own, or remove it"
    if document.at.file.rpartition("/")[2] == MISNAMED_PROJECT_FILE:
        advice = f"rename the file to `{PROJECT_FILE}`, which makes its folder a project of its own"
    return Diagnostic(
        "JS319",
        f"a `Project` must be in `{PROJECT_FILE}`",
        place=at_path(document, ("kind",)).extent.place,
        label="not in the project file",
        help=advice,
    )


def other_scope(wanted: str, scope: str, known: list[str], document: Map) -> Diagnostic:
    """Report a scope on the command line that is not the project's."""
    project, _, environment = wanted.partition("/")
    is_own = project == scope.partition("/")[0]
    if is_own and environment in known:
        return Diagnostic(
            "JS319",
            f"{quote(wanted)} is the environment {quote(environment)} of this project, "
            "not a scope for `--scope`",
            place=at_path(document, ("metadata", "name")).extent.place,
            label="declared in this project",
            help=f"pass the environment instead: {quote(f'-e {environment}')}",
        )
    advice = "leave out `--scope`, which is for manifests without a project file"
    if is_own and not environment:
        advice = "leave out one of `--scope` and `-e`"
    return Diagnostic(
        "JS319",
        f"the project's scope is {quote(scope)}, not {quote(wanted)}",
        place=at_path(document, ("metadata", "name")).extent.place,
        label=f"defines the scope {quote(scope)}",
        help=advice,
    )


def gone_scope(options: ScopeOptions, document: Map) -> Diagnostic:
    """Report a scope whose environment is no longer declared, for a command that needs its manifests."""
    return Diagnostic(
        "JS319",
        f"the project does not declare the environment of {quote(options.scope)}",
        place=_environments_place(document),
        label="not declared here",
        help=f"list the runs that are left: jobspec status --scope {options.scope}; "
        f"remove them: jobspec destroy --scope {options.scope}",
    )


def unknown_environment(options: ScopeOptions, project: str, known: list[str], document: Map) -> Diagnostic:
    """Report an environment that the project does not have."""
    wanted = options.environment or ""
    origin = f" from {options.variable}" if options.variable else ""
    return Diagnostic(
        "JS315",
        f"unknown environment {quote(wanted)}{origin}",
        place=_environments_place(document)
        if known
        else at_path(document, ("metadata", "name")).extent.place,
        label="not declared here" if known else "this project declares no environments",
        help=_which_environment(options, project, known),
    )


def _which_environment(options: ScopeOptions, project: str, known: list[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only to explain

    wanted = options.environment
    if not wanted:
        return "the value of `-e` is empty; pass the name of an environment, or leave out `-e`"
    close = get_close_matches(wanted, known, 1)
    if close:
        advice = f"did you mean {quote(f'-e {close[0]}')}?"
    elif known:
        advice = "known are " + ", ".join(map(quote, known))
    else:
        option = options.variable or "`-e`"
        advice = f"leave out {option}, or add {quote(f'environments: {{{wanted}: {{}}}}')} under `spec`"
    look = f"jobspec status --scope {shlex.quote(f'{project}/{wanted}')}"
    return f"{advice}; if {quote(wanted)} was removed but still has runs: {look}"


def unknown_default(default: str, known: list[str], document: Map) -> Diagnostic:
    """Report a default environment that is not one of the project's."""
    return Diagnostic(
        "JS323",
        f"the default environment {quote(default)} is not declared",
        place=at_path(document, ("spec", "defaultEnvironment")).extent.place,
        label="not in `spec.environments`",
        help=f"use one of {', '.join(map(quote, known))}" if known else "remove it",
    )


def useless_requirement(default: str, document: Map) -> Diagnostic:
    """Report a default environment that can never be used."""
    return Diagnostic(
        "JS323",
        f"{quote(f'defaultEnvironment: {default}')} has no effect together with `environmentRequired`",
        place=at_path(document, ("spec", "environmentRequired")).extent.place,
        label="refuses every command without an environment",
        help="keep one of the two",
    )


def environment_required(known: list[str], document: Map) -> Diagnostic:
    """Report that no environment is selected, although the project requires one."""
    named = " or ".join(quote(f"-e {name}") for name in known)
    return Diagnostic(
        "JS322",
        "the project requires an environment, and none is selected",
        place=at_path(document, ("spec", "environmentRequired")).extent.place,
        label="required here",
        help=f"add {named}" if known else "declare one in `spec.environments`",
    )


def _environments_place(document: Map) -> Place:
    found = at_path(document, ("spec", "environments"))
    return (found.key.at if found.key else found.extent).place


def outside_pattern(pattern: str, at: tuple[Key, ...], document: Map) -> Diagnostic:
    """Report a pattern that leads out of the project's folder, or into `.git`."""
    return Diagnostic(
        "JS318",
        f"the pattern {quote(pattern)} points outside the project or into `.git`",
        place=at_path(document, at).extent.place,
        label="outside",
        help=f"write it relative to `{PROJECT_FILE}`, without `..` and `.git`",
    )


def unmatched_pattern(pattern: str, at: tuple[Key, ...], document: Map) -> Diagnostic:
    """Warn about a pattern that matches nothing."""
    return Diagnostic(
        "JS318",
        f"no file matches the pattern {quote(pattern)}",
        place=at_path(document, at).extent.place,
        label="matches nothing",
        help="correct or remove the pattern; `**` matches any number of folders",
        severity=Severity.WARNING,
    )


def code_not_uploaded(path: str, task: Map, *, is_missing: bool) -> Diagnostic:
    """Report local code that is not uploaded: an error if it does not exist here either, else a warning."""
    place = at_path(task, ("spec", "code", "originPath")).extent.place
    if not is_missing:
        return Diagnostic(
            "JS336",
            f"jobspec does not upload the code at {quote(path)}",
            place=place,
            label="only on this machine",
            help="upload the code yourself, and add `tosPath: tos://BUCKET/PATH`",
            severity=Severity.WARNING,
        )
    return Diagnostic(
        "JS336",
        f"the code at {quote(path)} does not exist",
        place=place,
        label="no such file or folder, relative to the project file",
        help="correct the path; if the code is already uploaded, add `tosPath: tos://BUCKET/PATH`",
    )


def selects_nothing(shown: str) -> Diagnostic:
    """Report a path on the command line that contains none of the project's manifests."""
    return Diagnostic(
        "JS321",
        f"{quote(readable(shown))} contains no manifest of the project",
        help=f"pass a file or folder with manifests, or add it to `spec.manifests` in `{PROJECT_FILE}`",
    )
