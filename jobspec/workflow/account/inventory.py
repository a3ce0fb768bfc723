"""Reads the inventory of a local platform: a YAML or JSON file with its queues, flavors and mounts."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.errors import LocalPlatformError
from jobspec.local.errors import LocalError
from jobspec.local.inventory import Inventory, inventory_of
from jobspec.local.settings import INVENTORY
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_BYTES = 2 * 1024 * 1024
_FEWER = "keep only the queues, flavors and mounts that the tasks need"


def inventory_of_environment(environ: Mapping[str, str]) -> Inventory | None:
    """Return the inventory in the file that the environment names, if it names one."""
    named = environ.get(INVENTORY, "").strip()
    return read_inventory(Path(named), named_by=f"`{INVENTORY}`") if named else None


def read_inventory(path: Path, *, named_by: str) -> Inventory:
    """Return the inventory in a file. Raises `LocalPlatformError` if the file or its content is wrong."""
    try:
        content = _read(path)
    except OSError as error:
        why = error.strerror or "it is not a regular file"
        raise LocalPlatformError(
            f"the inventory {quote(path)} cannot be read: {why}", help=f"check the path in {named_by}"
        ) from error
    return _parsed(content, str(path))


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError
        return file.read(_MAX_BYTES + 1)


def _parsed(content: bytes, file: str) -> Inventory:
    from jobspec.manifest.yaml.source import parse  # noqa: PLC0415 - few platforms have an inventory
    from jobspec.manifest.yaml.tree import plain  # noqa: PLC0415

    source = parse(content, file)
    for problem in source.diagnostics:
        start = problem.place.span.start if problem.place else None
        where = f"{file}:{start.line}:{start.column}" if start else file
        raise LocalPlatformError(
            f"the inventory {quote(where)} is invalid: {problem.message}",
            help=_FEWER if problem.code == "JS109" else problem.help,
        )
    if len(source.documents) > 1:
        raise LocalPlatformError(
            f"the inventory {quote(file)} has several documents", help="write all of it in one document"
        )
    try:
        return inventory_of(plain(source.documents[0]) if source.documents else {}, file)
    except LocalError as error:
        raise LocalPlatformError(error.message, help=error.help) from error
