"""The names of a project's files in messages, and places for whole files. Pure."""

from __future__ import annotations

from jobspec.diagnostics import Place, Position, Span

PROJECT_FILE = "jobspec.yaml"
MISNAMED_PROJECT_FILE = "jobspec.yml"
"""A name that users may give the project file by habit."""
OWN_FOLDER = ".jobspec"
"""The folder next to the project file that earlier versions kept state in. It is not read or searched."""
_BEGINNING = Span(Position(1, 1), Position(1, 1))


def is_of_git(relative: str) -> bool:
    """Whether a path in the project leads into a `.git` folder, where Git and CI systems store tokens."""
    return any(name.casefold() == ".git" for name in relative.split("/"))


def joined(shown: str, relative: str) -> str:
    """Return a path below a folder, as the user would type it."""
    if shown in (".", "") or not relative:
        return relative or shown or "."
    return f"{shown}/{relative}"


def readable(name: str) -> str:
    """Return a file name as text that can be printed anywhere: bytes that are not UTF-8 become `\\xff`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def whole(file: str) -> Place:
    """Return the start of a file: the place of a problem with the whole file."""
    return Place(readable(file), _BEGINNING)
