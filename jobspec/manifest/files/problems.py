"""Diagnostics for files and folders of a checkout that are not read. Pure."""

from __future__ import annotations

import shlex

from jobspec.diagnostics import Diagnostic
from jobspec.manifest.files.budget import (
    OverBudgetError,
    Part,
)
from jobspec.manifest.files.filenames import PROJECT_FILE, readable, whole
from jobspec.quoting import quote

_ADVICE_UNREADABLE = "make it readable, remove it, or exclude it in `spec.manifests`"
_FEWER = (
    "list the folders of manifests in `spec.manifests`, such as `tasks/**/*.yaml`, or exclude some with `!`"
)
_ADVICE = {
    Part.BYTES: "move data out of the manifests, or split the project",
    Part.ADDED: "move large values from `defaults` and `vars` into a file that the tasks read",
    Part.LINKS: "replace links with files, or exclude folders with `!`, such as `!**/node_modules`",
    Part.PATTERNS: "use fewer and shorter patterns in `spec.manifests`",
    Part.COMPARISONS: "use fewer and simpler patterns in `spec.manifests`",
    Part.SECONDS: "split the project, or list fewer folders in `spec.manifests`",
}


def unreadable(shown: str, error: OSError) -> Diagnostic:
    """Return the problem of a file or folder that cannot be read, with the system's reason."""
    reason = (error.strerror or "unknown reason").lower()
    return Diagnostic(
        "JS115",
        f"{quote(readable(shown))} cannot be read: {reason}",
        place=whole(shown),
        help=_ADVICE_UNREADABLE,
    )


def not_a_file(shown: str) -> Diagnostic:
    """Return the problem of a folder, pipe, socket or device with the name of a manifest."""
    return Diagnostic(
        "JS115",
        f"{quote(readable(shown))} is not a regular file",
        place=whole(shown),
        help=_ADVICE_UNREADABLE,
    )


def circle(shown: str) -> Diagnostic:
    """Return the problem of a link to a folder that contains it."""
    return Diagnostic(
        "JS115",
        f"the link {quote(readable(shown))} points to a folder that contains it",
        place=whole(shown),
        help="remove the link",
    )


def leaving_link(shown: str, relative: str) -> Diagnostic:
    """Return the problem of a link out of the project, whose target was not read.

    `relative` is the path of the link in the project.
    """
    name = readable(shown)
    if relative in {"", PROJECT_FILE}:
        advice = "replace the link with the file itself"
    else:
        left_out = f"`!{readable(relative)}`"
        advice = f"replace the link with its target, or add {left_out} to `spec.manifests` to exclude it"
    return Diagnostic(
        "JS121",
        f"the link {quote(name)} points outside the project or into `.git`",
        place=whole(shown),
        help=advice,
    )


def leaving_path(shown: str) -> Diagnostic:
    """Return the problem of a command-line path that leads out of the working directory or into `.git`."""
    name = readable(shown)
    return Diagnostic(
        "JS121",
        f"{quote(name)} points outside the working directory through a link, or into `.git`",
        place=whole(shown),
        help=f"pass the real path of a file outside: realpath {shlex.quote(name)}",
    )


def over_budget(error: OverBudgetError) -> Diagnostic:
    """Return the problem of a project that exceeds the budget of one load."""
    return Diagnostic(
        "JS120",
        f"the project is too large to read: {error.counted:,} {error.part}; the limit is {error.limit:,}",
        help=_ADVICE.get(error.part, _FEWER),
    )
