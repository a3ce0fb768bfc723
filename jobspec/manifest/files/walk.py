"""Find the files of a project that its patterns select: the only code that lists folders of a checkout."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct, field

from jobspec.manifest.files.budget import (
    Budget,
    Part,
)
from jobspec.manifest.files.filenames import PROJECT_FILE, joined
from jobspec.manifest.files.patterns import (
    Patterns,
    Reached,
)
from jobspec.manifest.files.problems import circle, leaving_link, unreadable
from jobspec.manifest.files.reading import real_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jobspec.diagnostics import Diagnostic


class FoundFiles(Struct):
    """The files in a folder that patterns select, and the problems of the search."""

    paths: dict[str, str] = field(default_factory=dict)
    """The real path of each file by its path relative to the folder, in order."""
    problems: list[Diagnostic] = field(default_factory=list)
    matched: set[str] = field(default_factory=set)
    """The patterns that match anything, or may match something in a folder that was skipped."""


def manifests_below(root: str, patterns: Iterable[str], shown: str, budget: Budget) -> FoundFiles:
    """Return the files that the patterns select; `root` is a real path, `shown` the path as typed.

    Folders that no pattern leads into are not listed, nor are those of other projects. Links inside the root
    are followed; links out of it are problems. Raises `OverBudgetError`.
    """
    wanted = Patterns.of(patterns)
    walk = _Walk(root, wanted, budget)
    waiting = [_Folder(root, shown, wanted.begin())]
    while waiting:
        waiting += walk.look_into(waiting.pop())
    walk.found.paths = dict(sorted(walk.found.paths.items()))
    return walk.found


class _Folder(Struct):
    """A folder on the walk, by its real path. `above` is its parent on the walk, to detect link cycles."""

    path: str
    shown: str
    reached: Reached
    relative: str = ""
    above: _Folder | None = None
    identity: tuple[int, int] | None = None

    def entry(self, name: str) -> str:
        return f"{self.relative}/{name}" if self.relative else name

    def enter(self, identity: tuple[int, int]) -> bool:
        """Set the folder's identity; return False if a folder above it has the same one."""
        self.identity, folder = identity, self.above
        while folder is not None and folder.identity != identity:
            folder = folder.above
        return folder is None


class _Walk(Struct):
    root: str
    wanted: Patterns
    budget: Budget
    found: FoundFiles = field(default_factory=FoundFiles)

    def look_into(self, folder: _Folder) -> Iterator[_Folder]:
        """Collect the files of a folder, and yield the folders in it."""
        for entry in self._entries(folder):
            if entry.is_symlink():
                yield from self._follow(entry, folder)
            elif entry.is_dir(follow_symlinks=False):
                yield from self._folder(entry.path, entry.name, folder)
            elif self.wanted.may_match(entry.name):
                self._take(entry.path, self._reached(folder, entry.name), folder.entry(entry.name))

    def _follow(self, entry: os.DirEntry[str], folder: _Folder) -> Iterator[_Folder]:
        reached, relative = self._reached(folder, entry.name), folder.entry(entry.name)
        if reached.is_excluded or not (reached.is_selected or reached.leads_on):
            self.found.matched.update(reached.matching, reached.going_on if reached.is_excluded else ())
            return
        self.budget.take(Part.LINKS)
        real = real_path(entry.path, self.root)
        is_folder = os.path.isdir(entry.path)  # noqa: PTH112 - paths are text here, see files
        if real is None:
            if reached.is_selected or is_folder:
                self.found.problems.append(leaving_link(joined(folder.shown, entry.name), relative))
        elif is_folder:
            yield from self._folder(real, entry.name, folder)
        else:
            self._take(real, reached, relative)

    def _folder(self, path: str, name: str, above: _Folder) -> Iterator[_Folder]:
        reached = self._reached(above, name)
        if reached.leads_on:
            yield _Folder(path, joined(above.shown, name), reached, above.entry(name), above)
        else:
            self.found.matched.update(reached.matching, reached.going_on)

    def _take(self, path: str, reached: Reached, relative: str) -> None:
        self.found.matched.update(reached.matching)
        if reached.is_selected:
            self.found.paths[relative] = path

    def _reached(self, folder: _Folder, name: str) -> Reached:
        self.budget.take(Part.COMPARISONS, folder.reached.cost)
        return self.wanted.after(folder.reached, name)

    def _entries(self, folder: _Folder) -> list[os.DirEntry[str]]:
        """Return the entries without excluded hidden ones; none for another project or a link cycle."""
        self.budget.take(Part.FOLDERS)
        self.budget.check_time()
        try:
            with os.scandir(folder.path) as listing:
                entries = list(self._counted(listing))
                status = os.stat(folder.path)  # noqa: PTH116
        except OSError as error:
            self.found.problems.append(unreadable(folder.shown, error))
            return []
        if not folder.enter((status.st_dev, status.st_ino)):
            self.found.problems.append(circle(folder.shown))
            return []
        if folder.relative and any(entry.name == PROJECT_FILE for entry in entries):
            return []
        return [entry for entry in entries if self.wanted.may_enter(entry.name)]

    def _counted(self, listing: Iterable[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        for entry in listing:
            self.budget.take(Part.ENTRIES)
            yield entry
