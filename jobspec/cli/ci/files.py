"""The files with the results of a command: none of an earlier run is taken for one of this run."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from jobspec.workflow.ci.reporting import DOTENV, REPORT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

JUNIT, CODE_QUALITY = "junit.xml", "gl-code-quality-report.json"
PREFLIGHT = "preflight.json"
PLAN, APPLY, DRIFT, DRIFT_TEXT = "plan.json", "apply.json", "drift.json", "drift.md"
_OF_COMMAND = {
    "plan": (PLAN, PREFLIGHT),
    "apply": (APPLY,),
    "drift": (DRIFT, DRIFT_TEXT, JUNIT),
    "validate": (JUNIT, CODE_QUALITY),
}


class ResultFiles:
    """The files of one command in the folder of the report."""

    def __init__(self, folder: Path, command: str) -> None:
        self.folder = folder
        self._names = (*_OF_COMMAND[command], REPORT, DOTENV)
        self._kept: dict[str, tuple[int, int] | None] = {}

    def clear(self, arguments: Iterable[str], cwd: Path) -> None:
        """Remove the files of an earlier run, except those that an argument of the command names."""
        values = [(one, one.partition("=")[2], one[2:]) for one in arguments]
        named = {os.path.realpath(cwd / value) for each in values for value in each if value}
        for name in self._names:
            if os.path.realpath(self.folder / name) not in named:
                with suppress(OSError):  # what cannot be removed is not taken for a new file, either
                    (self.folder / name).unlink()
            self._kept[name] = self._identity(name)

    def new(self, name: str) -> Path | None:
        """Return the file if it was written since."""
        return self.folder / name if self._identity(name) not in (None, self._kept.get(name)) else None

    def _identity(self, name: str) -> tuple[int, int] | None:
        try:
            found = (self.folder / name).lstat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns
