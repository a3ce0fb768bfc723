"""What can be wrong with a project as a whole, or with what was asked of it, in words; pure."""

from __future__ import annotations

from difflib import get_close_matches
from shlex import quote
from typing import TYPE_CHECKING

from jobspec.diagnostics import (
    MAX_PROBLEMS,
    Diagnostic,
    Place,
    Severity,
)
from jobspec.manifest.files.filenames import MISNAMED_PROJECT_FILE, PROJECT_FILE, joined, readable, whole
from jobspec.manifest.yaml.tree import (
    MAX_WRITTEN_OUT,
    Key,
    Node,
    at_path,
)

if TYPE_CHECKING:
    from jobspec.manifest.task import ScopeOptions
    from jobspec.manifest.yaml.tree import Mapping as Map


def no_such_path(shown: str) -> Diagnostic:
    """A path on the command line that leads nowhere."""
    return Diagnostic(
        "JS115", f"`{readable(shown)}` does not exist", help="name a file or a folder that is there"
    )


def several_projects(roots: list[str]) -> Diagnostic:
    """Paths of more than one project."""
    listed = " and ".join(f"`{readable(joined(root, PROJECT_FILE))}`" for root in roots)
    return Diagnostic(
        "JS317", f"the paths belong to several projects: {listed}", help="name the paths of one project"
    )


def no_project(shown: str) -> Diagnostic:
    """No project file, and no scope instead of it."""
    return Diagnostic(
        "JS316",
        f"there is no `{PROJECT_FILE}` in or above `{readable(shown)}`",
        help="run `jobspec init` to write one, or say whose tasks these are with `--scope NAME`",
    )


def misnamed_project(shown: str) -> Diagnostic:
    """A project file under a name that is not read, and no other one."""
    right = readable(shown).removesuffix(".yml") + ".yaml"
    return _misnamed(shown, f"rename it: mv {quote(readable(shown))} {quote(right)}")


def second_project_file(shown: str) -> Diagnostic:
    """A project file under a name that is not read, beside the one that is."""
    return _misnamed(shown, f"move what it says into `{PROJECT_FILE}` beside it, and remove it")


def _misnamed(shown: str, advice: str) -> Diagnostic:
    return Diagnostic(
        "JS324",
        f"`{readable(shown)}` is not read: a project file is named `{PROJECT_FILE}`",
        place=whole(shown),
        help=advice,
    )


def contradictory_scope(scope: str, environment: str) -> Diagnostic:
    """Two environments, one in the scope and one by itself."""
    return Diagnostic(
        "JS319",
        f"`--scope {scope}` and `-e {environment}` name two environments",
        help="leave out `-e`, or name the scope without an environment",
    )


def no_project_document(file: str) -> Diagnostic:
    """A project file without a project."""
    return Diagnostic(
        "JS319",
        f"`{readable(file)}` holds no manifest of kind `Project`",
        place=whole(file),
        help="write `kind: Project`",
    )


def second_project(document: Node) -> Diagnostic:
    """Two projects in one file."""
    return Diagnostic(
        "JS319",
        "the project file holds a second `Project`",
        place=at_path(document, ("kind",)).extent.place,
        label="the second",
        help="keep one; variants of a project go into `spec.environments`",
    )


def empty_file(file: str) -> Diagnostic:
    """A file that a project takes for manifests, and that holds none: a task may have been in it."""
    return Diagnostic(
        "JS211",
        f"`{readable(file)}` holds no manifest",
        place=whole(file),
        label="nothing but comments, if anything",
        help="remove the file, or write a manifest into it",
        severity=Severity.WARNING,
    )


def too_much_written_out(document: Node) -> Diagnostic:
    """Documents that are small themselves, and large with what the project puts under each."""
    return Diagnostic(
        "JS106",
        f"with its defaults and expressions written out the file grows beyond {MAX_WRITTEN_OUT:,} values",
        place=document.at.place,
        label="the limit is passed here",
        help="split the file, or have smaller defaults",
    )


def too_many_problems(told: Diagnostic, severity: Severity) -> Diagnostic:
    """More problems in a file than are told, the worst of this severity; `told` is the last that is."""
    return Diagnostic(
        "JS117",
        f"the file has more problems than the {MAX_PROBLEMS} that are told",
        place=told.place,
        label="the last of them",
        help="correct the first ones, and try again",
        severity=severity,
    )


def misplaced_project(document: Node) -> Diagnostic:
    """A project in another file than the project file."""
    advice = f"move it to a file named `{PROJECT_FILE}` in a folder of its own, or remove it"
    if document.at.file.rpartition("/")[2] == MISNAMED_PROJECT_FILE:
        advice = f"rename the file to `{PROJECT_FILE}`, which makes its folder a project of its own"
    return Diagnostic(
        "JS319",
        f"a `Project` stands outside of `{PROJECT_FILE}`",
        place=at_path(document, ("kind",)).extent.place,
        label="not in the project file",
        help=advice,
    )


def other_scope(wanted: str, scope: str, known: list[str], document: Map) -> Diagnostic:
    """A scope on the command line that is not the project's."""
    project, _, environment = wanted.partition("/")
    is_own = project == scope.partition("/")[0]
    if is_own and environment in known:
        return Diagnostic(
            "JS319",
            f"`{wanted}` is the environment `{environment}` of this project, not a scope for `--scope`",
            place=at_path(document, ("metadata", "name")).extent.place,
            label="declared in this project",
            help=f"name the environment instead: `-e {environment}`",
        )
    advice = "leave `--scope` out; it is for manifests without a project file"
    if is_own and not environment:
        advice = "leave out one of `--scope` and `-e`"
    return Diagnostic(
        "JS319",
        f"the project's scope is `{scope}`, not `{wanted}`",
        place=at_path(document, ("metadata", "name")).extent.place,
        label=f"makes the scope `{scope}`",
        help=advice,
    )


def gone_scope(asked: ScopeOptions, document: Map) -> Diagnostic:
    """A scope of the project whose environment is gone, for a command that needs its manifests."""
    return Diagnostic(
        "JS319",
        f"the project does not declare the environment of `{asked.scope}`, so nothing can be planned for it",
        place=_environments_place(document),
        label="not among these",
        help=f"see what still runs there: jobspec status --scope {asked.scope}; "
        f"remove it: jobspec destroy --scope {asked.scope}",
    )


def unknown_environment(asked: ScopeOptions, project: str, known: list[str], document: Map) -> Diagnostic:
    """An environment that the project does not have."""
    wanted = asked.environment or ""
    origin = f", which {asked.variable} names," if asked.variable else ""
    return Diagnostic(
        "JS315",
        f"the environment `{wanted}`{origin} is not known",
        place=_environments_place(document)
        if known
        else at_path(document, ("metadata", "name")).extent.place,
        label="not among these" if known else "this project declares no environments",
        help=_which_environment(asked, project, known),
    )


def _which_environment(asked: ScopeOptions, project: str, known: list[str]) -> str:
    wanted = asked.environment
    if not wanted:
        return "the name behind `-e` is empty; name an environment, or leave `-e` out"
    close = get_close_matches(wanted, known, 1)
    if close:
        advice = f"did you mean `-e {close[0]}`?"
    elif known:
        advice = "known are " + ", ".join(f"`{name}`" for name in known)
    else:
        option = asked.variable or "`-e`"
        advice = f"leave {option} out, or add `environments: {{{wanted}: {{}}}}` under `spec`"
    scope = f"{project}/{wanted}"
    return f"{advice}; if `{wanted}` was removed and still has runs: jobspec status --scope {quote(scope)}"


def unknown_default(default: str, known: list[str], document: Map) -> Diagnostic:
    """A default environment that is none of the project's."""
    return Diagnostic(
        "JS323",
        f"the default environment `{default}` is not declared",
        place=at_path(document, ("spec", "defaultEnvironment")).extent.place,
        label="not among `spec.environments`",
        help=f"name one of {', '.join(f'`{name}`' for name in known)}" if known else "remove it",
    )


def useless_requirement(default: str, document: Map) -> Diagnostic:
    """A default environment, and no use for one."""
    return Diagnostic(
        "JS323",
        f"`environmentRequired` leaves no use for `defaultEnvironment: {default}`",
        place=at_path(document, ("spec", "environmentRequired")).extent.place,
        label="refuses every command without an environment",
        help="keep one of the two",
    )


def environment_required(known: list[str], document: Map) -> Diagnostic:
    """No environment where the project requires one."""
    named = " or ".join(f"`-e {name}`" for name in known)
    return Diagnostic(
        "JS322",
        "the project requires an environment, and none is named",
        place=at_path(document, ("spec", "environmentRequired")).extent.place,
        label="required here",
        help=f"add {named}" if known else "declare one in `spec.environments`",
    )


def _environments_place(document: Map) -> Place:
    found = at_path(document, ("spec", "environments"))
    return (found.key.at if found.key else found.extent).place


def outside_pattern(pattern: str, at: tuple[Key, ...], document: Map) -> Diagnostic:
    """A pattern that leads out of the project's folder, or into `.git`."""
    return Diagnostic(
        "JS318",
        f"the pattern `{pattern}` leads out of the project's folder or into `.git`",
        place=at_path(document, at).extent.place,
        label="outside",
        help=f"write it relative to `{PROJECT_FILE}`, without `..` and `.git`",
    )


def unmatched_pattern(pattern: str, at: tuple[Key, ...], document: Map) -> Diagnostic:
    """A pattern that finds nothing; a warning."""
    return Diagnostic(
        "JS318",
        f"no file matches the pattern `{pattern}`",
        place=at_path(document, at).extent.place,
        label="matches nothing",
        help="correct or remove it; `**` stands for any folders",
        severity=Severity.WARNING,
    )


def code_not_uploaded(path: str, task: Map, *, is_missing: bool) -> Diagnostic:
    """Code of this machine that is nowhere else: an error when it is not even here, else a warning."""
    place = at_path(task, ("spec", "code", "originPath")).extent.place
    if not is_missing:
        return Diagnostic(
            "JS336",
            f"the code at `{path}` is not uploaded: jobspec uploads none",
            place=place,
            label="on this machine only",
            help="upload it yourself, and add `tosPath: tos://BUCKET/PATH`",
            severity=Severity.WARNING,
        )
    return Diagnostic(
        "JS336",
        f"the code at `{path}` does not exist",
        place=place,
        label="no such file or folder, seen from the project file",
        help="correct the path; for code that is uploaded already, add `tosPath: tos://BUCKET/PATH`",
    )


def selects_nothing(shown: str) -> Diagnostic:
    """A path on the command line that none of the project's manifests is in."""
    return Diagnostic(
        "JS321",
        f"`{readable(shown)}` holds no manifest of the project",
        help=f"name a manifest's file or folder, or add it to `spec.manifests` in `{PROJECT_FILE}`",
    )
