"""The folders of the local platform, as terminal text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.text import columns, count, printable

if TYPE_CHECKING:
    from jobspec.report.state.view import StateFolderView, StateView

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def render(view: StateView) -> str:
    """Return the state folder, and one line for each folder in it."""
    head = f"state in {printable(view.path)}: {count(len(view.folders), 'folder')}"
    rows = [("ROOT", "SIZE", "LIVE", "NOTE", "FOLDER"), *map(_row, view.folders)]
    return "\n".join([head, *(columns(rows) if view.folders else ())]) + "\n"


def _row(folder: StateFolderView) -> tuple[str, str, str, str, str]:
    live = "?" if folder.live is None else str(folder.live)
    root = printable(folder.root) or "?"
    return root, size(folder.size), live, _note(folder), printable(folder.path)


def _note(folder: StateFolderView) -> str:
    if folder.machine == "another":
        return "another machine"
    if folder.machine == "unknown":
        return "unknown root"
    return "-" if folder.exists else "root is gone"


def size(of: int) -> str:
    """Format a size: `1.5 MiB`."""
    amount, unit = float(of), 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}" if unit else f"{of} B"
