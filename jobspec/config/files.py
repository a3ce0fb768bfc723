"""The configuration files of the user and of the machine: their paths, and whether they can be trusted.

A file is trusted if only this user or root can write to it and to its folder.
"""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.errors import ConfigurationError
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

MACHINE_FILE = Path("/etc/jobspec/config.yaml")
_MAX_BYTES = 1024 * 1024
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def user_file(environ: Mapping[str, str], home: Path) -> Path:
    """Return the path of the user's file. A relative folder is ignored, as the XDG specification requires."""
    base = Path(environ.get("XDG_CONFIG_HOME", ""))
    return (base if base.is_absolute() else home / ".config") / "jobspec" / "config.yaml"


def read_trusted(path: Path) -> bytes | None:
    """Return the content of a configuration file, or None if it does not exist.

    Raises `ConfigurationError` if other users may write to it, or if it cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or type(error).__name__) from error
    try:
        _check(path, path, os.fstat(descriptor))
        for folder in {path.parent, Path(os.path.realpath(path)).parent}:  # a link leads to another folder
            _check(path, folder, folder.stat())
        with os.fdopen(os.dup(descriptor), "rb") as file:
            content = file.read(_MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > _MAX_BYTES:
        raise _unreadable(path, f"it is larger than {_MAX_BYTES // 1024**2} MiB")
    return content


def _check(path: Path, checked: Path, found: os.stat_result) -> None:
    what = f"{quote(path)} cannot be trusted"
    if checked == path and not stat.S_ISREG(found.st_mode):
        raise _unreadable(path, "it is not a regular file")
    if found.st_uid not in {0, os.geteuid()}:
        which = "it" if checked == path else f"its folder {quote(checked)}"
        raise ConfigurationError(
            f"{what}: {which} belongs to another user",
            help=f"run: chown $(id -u) {shlex.quote(str(checked))}",
        )
    if found.st_mode & _OTHERS_WRITE:
        which = "it" if checked == path else f"its folder {quote(checked)}"
        raise ConfigurationError(
            f"{what}: {which} is writable by other users", help=f"run: chmod go-w {shlex.quote(str(checked))}"
        )


def _unreadable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{quote(path)} cannot be read: {why}", help="replace it with a readable regular file, or remove it"
    )
