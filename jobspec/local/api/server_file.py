"""The file with which the same user's commands find a running server, and the key that it accepts from them.

It is in a folder that only the user can read, is replaced atomically, and is deleted when the server ends. A
killed server leaves it behind, so a reader only trusts it if the server proves that it holds the key.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from jobspec.concealing import Concealing
from jobspec.local.clock import SystemClock, rfc3339
from jobspec.local.folder import open_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class AcceptedKey(Concealing, frozen=True):
    """An access key that a server accepts; `secret_key` is empty if it may not be stored."""

    concealed: ClassVar[frozenset[str]] = frozenset({"secret_key"})
    access_key: str
    secret_key: str = ""


def new_key() -> AcceptedKey:
    """Return a new random key."""
    return AcceptedKey(f"local-{secrets.token_hex(8)}", secrets.token_hex(32))


class ServerFile:
    """The file of one server below `folder`, which exists and is private."""

    def __init__(self, folder: Path, key: AcceptedKey, *, started: datetime | None = None) -> None:
        self._folder = folder
        self._key = key
        self._started = started or SystemClock().now()
        self._path: Path | None = None

    def write(self, endpoint: str) -> None:
        """Record that this process serves `endpoint`. Raises `OSError`."""
        path = file_of(self._folder, endpoint)
        draft = path.with_name(f"{path.name}.{os.getpid()}.new")
        draft.unlink(missing_ok=True)
        with os.fdopen(open_private(draft, os.O_WRONLY | os.O_EXCL), "w", encoding="utf-8") as file:
            json.dump(self._content(endpoint), file)
        draft.replace(path)
        self._path = path

    def remove(self) -> None:
        """Remove the file, unless another server has replaced it. Raises `OSError`."""
        if self._path is not None and _access_key(self._path) == (os.getpid(), self._key.access_key):
            self._path.unlink(missing_ok=True)

    def _content(self, endpoint: str) -> Mapping[str, object]:
        key = {"accessKeyId": self._key.access_key, "secretAccessKey": self._key.secret_key}
        return {
            "endpoint": endpoint,
            **{name: value for name, value in key.items() if value},
            "pid": os.getpid(),
            "bootId": _boot_id(),
            "startedAt": rfc3339(self._started),
        }


def file_of(folder: Path, endpoint: str) -> Path:
    """Return the file of the server at an endpoint, for example `127.0.0.1_8765.json`."""
    parts = urlsplit(endpoint)
    return folder / f"{parts.hostname}_{parts.port}.json"


def _access_key(path: Path) -> tuple[object, object]:
    try:
        content = json.loads(path.read_bytes())
        return content.get("pid"), content.get("accessKeyId")
    except (OSError, ValueError, AttributeError):
        return None, None


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:  # not on Linux
        return ""
