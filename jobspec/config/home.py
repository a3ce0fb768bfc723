"""The user's home folder. An unset, empty or relative `HOME` never leads into the working directory."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_HOME = Path("/nonexistent")
"""The home of a user without one, as Debian names it. Nothing can be read or written below it."""


def home_of(environ: Mapping[str, str]) -> Path:
    """Return the absolute home folder: `HOME`, else the one in the user database, else `NO_HOME`."""
    for home in (environ.get("HOME", ""), _recorded()):
        if Path(home).is_absolute():
            return Path(home)
    return NO_HOME


def _recorded() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""
