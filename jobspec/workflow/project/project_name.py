"""The name of a new project, from its folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def name_of(folder: Path) -> str:
    """Return a name for the project in a folder."""
    return (
        re.sub(r"[^A-Za-z0-9_\u3400-\u4dbf\u4e00-\u9fff-]+", "-", folder.resolve().name).strip("-")
        or "project"
    )
