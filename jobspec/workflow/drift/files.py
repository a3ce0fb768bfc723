"""The files of a drift check: the format of each, whether it can be replaced, and writing them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.errors import UsageError
from jobspec.quoting import quote
from jobspec.workflow.project.whole_files import check_writable, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jobspec.report.drift.formats import Form

_ENDINGS: dict[str, Form] = {
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xml": "junit",
    ".prom": "prometheus",
    ".txt": "text",
}
_KEPT = frozenset({"json", "prometheus"})
"""The formats of files that stay as they are if nothing is known: the last report, and the last success."""


class ReportFile(Struct, frozen=True):
    """A file for a report, and its format."""

    path: Path
    form: Form

    @property
    def is_kept(self) -> bool:
        """Whether it stays as it is if nothing is known."""
        return self.form in _KEPT


def report_files(paths: Iterable[Path], otherwise: Form) -> tuple[ReportFile, ...]:
    """Return the files with the formats of their endings, or else with another one.

    Raises `UsageError` for a file that must not be replaced, or that certainly cannot be written.
    """
    found = {path: ReportFile(path, _ENDINGS.get(path.suffix.lower(), otherwise)) for path in paths}
    for path in found:
        _check_folders(path)
        check_writable(path)
    return tuple(found.values())


def _check_folders(path: Path) -> None:
    """Raise `UsageError` for a path through a link to a folder inside a checkout."""
    link = next((folder for folder in _folders(path) if folder.is_symlink()), None)
    if link is not None:
        raise UsageError(
            f"{quote(link)} is a link to a folder; nothing was written there",
            help="use a folder that is not a link, or the absolute path of the other folder",
            code="JS604",
        )


def _folders(path: Path) -> Iterator[Path]:
    """Yield the folders of a path that a checkout may contain: those below the working directory.

    Of a relative path, these are also the ones that it leads through with `..`.
    """
    here = Path.cwd()
    if path.is_absolute() and not path.is_relative_to(here):
        return
    start, parts = (here, path.relative_to(here).parts) if path.is_absolute() else (Path(), path.parts)
    for number in range(1, len(parts)):
        yield start.joinpath(*parts[:number])


def write_files(files: Iterable[ReportFile], text: Callable[[Form], str]) -> tuple[UsageError, ...]:
    """Write each file as a whole, and return a problem for each that cannot be written."""
    return tuple(filter(None, (_written(file.path, text(file.form)) for file in files)))


def _written(path: Path, text: str) -> UsageError | None:
    """Write a file with the usual permissions: a collector of metrics may be another user."""
    try:
        write_whole(path, text, mode=0o666)
    except OSError as error:
        return UsageError(
            f"{quote(path)} cannot be written: {error.strerror or type(error).__name__}",
            help="check the permissions of its folder and the free disk space",
            code="JS604",
        )
    return None
