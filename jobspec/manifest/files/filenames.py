"""How the files of a project are called towards a person, and pointed at as a whole; pure."""

from __future__ import annotations

from jobspec.diagnostics import Place, Position, Span

PROJECT_FILE = "jobspec.yaml"
MISNAMED_PROJECT_FILE = "jobspec.yml"
"""What a person may call the project file by habit."""
OWN_FOLDER = ".jobspec"
"""It held state beside the project file once. It is neither read nor searched for manifests."""
_BEGINNING = Span(Position(1, 1), Position(1, 1))


def is_of_git(relative: str) -> bool:
    """Whether a path in the project leads into a `.git`: Git and CI systems keep tokens there."""
    return any(name.casefold() == ".git" for name in relative.split("/"))


def joined(shown: str, relative: str) -> str:
    """A path below a folder, as the user would type it."""
    if shown in (".", "") or not relative:
        return relative or shown or "."
    return f"{shown}/{relative}"


def readable(name: str) -> str:
    """A file's name as text that can be written anywhere: bytes that are not UTF-8 become `\\xff`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def whole(file: str) -> Place:
    """The beginning of a file: the place of what is wrong with it as a whole."""
    return Place(readable(file), _BEGINNING)
