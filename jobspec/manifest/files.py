"""Which files hold the manifests of a project, and what is in them: the file system side of loading."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobspec.diagnostics import Diagnostic
from jobspec.manifest.filenames import PROJECT_FILE, joined, readable, whole
from jobspec.manifest.glob import EXCLUDES, Patterns, excludes, glob

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

READ_LIMIT = 2 * 1024 * 1024 + 1
"""One byte more than a manifest may have, so that a larger one is noticed and not read whole."""


@dataclass(slots=True)
class Found:
    """The files below a folder that patterns ask for, as paths relative to it, and what was in the way."""

    files: list[str] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    """Files that a pattern with `!` leaves out."""


def project_root(path: str) -> str | None:
    """The folder of the nearest project file in or above a path."""
    folder = path if os.path.isdir(path) else os.path.dirname(path)  # noqa: PTH112, PTH120 - measured: fast
    while True:
        if os.path.isfile(os.path.join(folder, PROJECT_FILE)):  # noqa: PTH113, PTH118
            return folder
        above = os.path.dirname(folder)  # noqa: PTH120
        if above == folder:
            return None
        folder = above


def read(path: str, shown: str) -> bytes | Diagnostic:
    """The content of a regular file, or why there is none. Never waits for a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return unreadable(shown, error)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return _not_a_file(shown)
        return _read_all(descriptor)
    except OSError as error:
        return unreadable(shown, error)
    finally:
        os.close(descriptor)


def _read_all(descriptor: int) -> bytes:
    content = os.read(descriptor, READ_LIMIT)
    while len(content) < READ_LIMIT and (more := os.read(descriptor, READ_LIMIT - len(content))):
        content += more
    return content


def manifests_below(root: str, patterns: Iterable[str], shown: str) -> Found:
    """Files that the patterns ask for, sorted; `shown` is how the user would type the root.

    Hidden folders that no pattern names and folders of other projects are left out; links to folders are
    followed.
    """
    found, wanted = Found(), Patterns.of(patterns)
    for relative in _walk(_Folder(root, shown), wanted, found):
        if wanted.ask_for(relative):
            found.files.append(relative)
        elif any(excludes(one, relative) for one in wanted.excluded):
            found.excluded.append(relative)
    found.files.sort()
    return found


def unmatched_patterns(patterns: Iterable[str], found: Found) -> list[str]:
    """The patterns that no file matches."""
    return [pattern for pattern in patterns if not _matches_any(pattern, found)]


def _matches_any(pattern: str, found: Found) -> bool:
    if pattern.startswith(EXCLUDES):
        excluded = glob(pattern.removeprefix(EXCLUDES).removesuffix("/"))
        return any(excludes(excluded, file) for file in found.excluded)
    included = glob(pattern, spells_dots=True)
    return any(map(included.matches, (*found.files, *found.excluded)))


@dataclass(slots=True)
class _Folder:
    """A folder on the walk. `above` is the folder it is in, to notice a circle of links."""

    path: str
    shown: str
    relative: str = ""
    above: _Folder | None = None
    identity: tuple[int, int] | None = None

    def entry(self, name: str) -> str:
        return f"{self.relative}/{name}" if self.relative else name

    def below(self, entry: os.DirEntry[str]) -> _Folder:
        return _Folder(entry.path, joined(self.shown, entry.name), self.entry(entry.name), self)

    def enter(self, identity: tuple[int, int]) -> bool:
        """Take the folder's identity; False when a folder above it has the same."""
        self.identity, folder = identity, self.above
        while folder is not None and folder.identity != identity:
            folder = folder.above
        return folder is None


def _walk(top: _Folder, wanted: Patterns, found: Found) -> Iterator[str]:
    """Relative paths of the files below a folder, however deep."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        for entry in _entries(folder, wanted, found):
            if entry.is_dir():
                waiting.append(folder.below(entry))
            else:
                yield folder.entry(entry.name)


def _entries(folder: _Folder, wanted: Patterns, found: Found) -> Iterator[os.DirEntry[str]]:
    """What is in a folder, but for hidden names, another project, and a circle of links."""
    try:
        with os.scandir(folder.path) as listing:
            entries = list(listing)
            status = os.stat(folder.path)  # noqa: PTH116
    except OSError as error:
        found.problems.append(unreadable(folder.shown, error))
        return
    if not folder.enter((status.st_dev, status.st_ino)):
        found.problems.append(_circle(folder.shown))
        return
    if folder.relative and any(entry.name == PROJECT_FILE for entry in entries):
        return
    yield from (entry for entry in entries if wanted.may_enter(entry.name))


def unreadable(shown: str, error: OSError) -> Diagnostic:
    """A file or folder that cannot be read, with the system's reason."""
    reason = (error.strerror or "unknown reason").lower()
    return Diagnostic(
        "JS115", f"`{readable(shown)}` cannot be read: {reason}", place=whole(shown), help=_ADVICE_UNREADABLE
    )


_ADVICE_UNREADABLE = "make it readable, remove it, or leave it out of `spec.manifests`"


def _not_a_file(shown: str) -> Diagnostic:
    return Diagnostic(
        "JS115", f"`{readable(shown)}` is not a regular file", place=whole(shown), help=_ADVICE_UNREADABLE
    )


def _circle(shown: str) -> Diagnostic:
    return Diagnostic(
        "JS115",
        f"the link `{readable(shown)}` leads to a folder it is in",
        place=whole(shown),
        help="remove the link",
    )
