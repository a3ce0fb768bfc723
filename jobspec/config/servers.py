"""The keys of running local platforms: `jobspec serve` writes each to the state folder of the same user."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, ClassVar

from jobspec import bounded_json
from jobspec.concealing import Concealing
from jobspec.config.state_folder import (
    StateFolder,
    check_private,
)
from jobspec.errors import StateFolderError
from jobspec.quoting import quote

if TYPE_CHECKING:
    from pathlib import Path


_MAX_BYTES = 64 * 1024
_SAME = {
    "localhost": ("localhost", "127.0.0.1", "::1"),
    "127.0.0.1": ("127.0.0.1", "localhost"),
    "::1": ("::1", "localhost"),
}
"""The hosts whose server an endpoint may refer to."""


class ServerKey(Concealing, frozen=True):
    """The key of a running server. `secret_key` is empty if it accepts only the user's own key."""

    concealed: ClassVar[frozenset[str]] = frozenset({"secret_key"})
    access_key: str
    secret_key: str
    file: Path


def find_server_key(state: StateFolder, host: str, port: int) -> ServerKey | None:
    """Return the key of the server at an address of this machine, or None if no server left one.

    It may be the key of a server that has died: only a response that proves the key comes from that server.
    Raises `StateFolderError` for a file that other users can access.
    """
    if not check_private(state, state.servers):
        return None
    for name in _SAME.get(host, (host,)):
        file = state.servers / f"{name}_{port}.json"
        content = _read(file)
        if content is not None:
            return _key(file, content)
    return None


def _read(file: Path) -> bytes | None:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        why = "is a link" if error.errno == errno.ELOOP else f"cannot be read: {error.strerror}"
        raise _refused(file, why) from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise _refused(file, "is not owned and writable by you alone")
        return os.read(descriptor, _MAX_BYTES)
    finally:
        os.close(descriptor)


def _key(file: Path, content: bytes) -> ServerKey:
    try:
        found = bounded_json.parse(content)
    except ValueError:
        raise _refused(file, "is not JSON") from None
    access_key, secret_key = (
        found.get(name, "") if isinstance(found, dict) else None
        for name in ("accessKeyId", "secretAccessKey")
    )
    if not isinstance(access_key, str) or not isinstance(secret_key, str):
        raise _refused(file, "contains no key")
    return ServerKey(access_key, secret_key, file)


def _refused(file: Path, why: str) -> StateFolderError:
    return StateFolderError(
        f"{quote(file)}, the key file of a server, {why}", help="remove the file, and restart `jobspec serve`"
    )
