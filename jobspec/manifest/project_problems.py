"""What can be wrong with a project as a whole, or with what was asked of it, in words; pure."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic, Severity
from jobspec.manifest.filenames import PROJECT_FILE, joined, readable, whole
from jobspec.manifest.tree import MAX_WRITTEN_OUT, at_path

if TYPE_CHECKING:
    from jobspec.manifest.tree import Mapping as Map
    from jobspec.manifest.tree import Node


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
    return Diagnostic(
        "JS319",
        f"a `Project` stands outside of `{PROJECT_FILE}`",
        place=at_path(document, ("kind",)).extent.place,
        label="not in the project file",
        help=f"move it to a `{PROJECT_FILE}` of its own folder, or remove it",
    )


def other_scope(wanted: str, scope: str, document: Map) -> Diagnostic:
    """A scope on the command line that is not the project's."""
    return Diagnostic(
        "JS319",
        f"the project's scope is `{scope}`, not `{wanted}`",
        place=at_path(document, ("metadata", "name")).extent.place,
        label=f"makes the scope `{scope}`",
        help="leave `--scope` out; it is for manifests without a project file",
    )


def unknown_environment(wanted: str, known: list[str], document: Map) -> Diagnostic:
    """An environment on the command line that the project does not have."""
    close = get_close_matches(wanted, known, 1)
    if not wanted:
        advice = "the name behind `-e` is empty; name an environment, or leave `-e` out"
    elif close:
        advice = f"did you mean `-e {close[0]}`?"
    elif known:
        advice = "known are " + ", ".join(f"`{name}`" for name in known)
    else:
        advice = f"leave `-e` out, or add `environments: {{{wanted}: {{}}}}` under `spec`"
    found = at_path(document, ("spec", "environments") if known else ("metadata", "name"))
    place = (found.key.at if found.key and known else found.extent).place
    return Diagnostic(
        "JS315",
        f"the environment `{wanted}` is not known",
        place=place,
        label="not among these" if known else "this project declares no environments",
        help=advice,
    )


def outside_pattern(pattern: str, index: int, document: Map) -> Diagnostic:
    """A pattern that leads out of the project's folder."""
    return Diagnostic(
        "JS318",
        f"the pattern `{pattern}` leaves the project's folder",
        place=at_path(document, ("spec", "manifests", index)).extent.place,
        label="outside",
        help=f"write it relative to `{PROJECT_FILE}`, without `..`",
    )


def unmatched_pattern(pattern: str, index: int, document: Map) -> Diagnostic:
    """A pattern that finds nothing; a warning."""
    return Diagnostic(
        "JS318",
        f"no file matches the pattern `{pattern}`",
        place=at_path(document, ("spec", "manifests", index)).extent.place,
        label="matches nothing",
        help="correct or remove it; `**` stands for any folders",
        severity=Severity.WARNING,
    )


def code_not_uploaded(path: str, task: Map, *, is_there: bool) -> Diagnostic:
    """Code of this machine that is nowhere else: an error when it is not even here, else a warning."""
    place = at_path(task, ("spec", "code", "originPath")).extent.place
    if is_there:
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
