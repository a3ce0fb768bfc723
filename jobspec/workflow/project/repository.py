"""The Git repository around the working directory, without Git: paths relative to it, and its commit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.regular import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jobspec.diagnostics import Diagnostic

WORKSPACE = "GITHUB_WORKSPACE"


def placed_in_repository(
    diagnostics: Iterable[Diagnostic], cwd: Path, environ: Mapping[str, str]
) -> tuple[Diagnostic, ...]:
    """Return the diagnostics with file paths relative to the checkout, as GitHub names them.

    The checkout is `GITHUB_WORKSPACE`, or else the root of the Git repository; paths outside it are
    unchanged.
    """
    roots = checkouts(cwd, environ)
    return tuple(_placed(diagnostic, cwd, roots) for diagnostic in diagnostics)


def checkouts(cwd: Path, environ: Mapping[str, str]) -> list[Path]:
    """Return the folders that contain the checkout: `GITHUB_WORKSPACE`, and the root of the repository."""
    return [root for root in (_workspace(environ), _git_root(cwd)) if root is not None]


def folder_in_checkout(cwd: Path, environ: Mapping[str, str]) -> str:
    """Return the path of the folder in the checkout, and its full path outside of one."""
    here = cwd.resolve()
    roots = [root for root in checkouts(cwd, environ) if here.is_relative_to(root)]
    return (here.relative_to(roots[0]) if roots else here).as_posix()


def detached_commit(cwd: Path) -> str:
    """Return the commit that is checked out without a branch, as CI systems do; empty if a branch is."""
    root = _git_root(cwd)
    try:
        head = read_regular(root / ".git" / "HEAD", at_most=200, follow_links=False) if root else b""
    except OSError:
        return ""
    return head.decode("ascii", "replace").strip()


def _workspace(environ: Mapping[str, str]) -> Path | None:
    named = environ.get(WORKSPACE, "").strip()
    return Path(named).resolve() if named and Path(named).is_absolute() else None


def _git_root(cwd: Path) -> Path | None:
    here = cwd.resolve()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)


def _placed(diagnostic: Diagnostic, cwd: Path, roots: Iterable[Path]) -> Diagnostic:
    if diagnostic.place is None:
        return diagnostic
    file = Path(os.path.normpath(cwd.resolve() / diagnostic.place.file))  # keep links
    for root in roots:
        if file.is_relative_to(root):
            named = file.relative_to(root).as_posix()
            return replace(diagnostic, place=replace(diagnostic.place, file=named))
    return diagnostic
