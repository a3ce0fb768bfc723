"""The logs of replicas: which files a request may read, which part, and the tokens of log links."""

from __future__ import annotations

import codecs
import hashlib
import hmac
import os
import re
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from msgspec import Struct, field

from jobspec.concealing import Concealing
from jobspec.local.bounded_log import (
    Layout,
    layout_of,
)
from jobspec.local.folder import (
    Folder,
    has_log_folder,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path


_PATH = re.compile(r"/logs/(?P<task>t-[0-9]{14}-[0-9a-z]{5})/(?P<replica>[A-Za-z][A-Za-z0-9_-]*-[0-9]+)")
_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{0,15})")
_TOKEN = re.compile(r"(?P<end>[0-9]{1,12})-[0-9a-f]{64}")
_LINK_SECONDS = 3600
_CHUNK = 64 * 1024


def url_path(task_id: str, replica: str) -> str:
    """Return the path under which a replica's log is served."""
    return f"/logs/{task_id}/{replica}"


def located(folder: Folder, path: str) -> Path | None:
    """Return the file for a URL path; None for any path that is not a log's, including `..` and links."""
    match = _PATH.fullmatch(path)
    if match is None or not has_log_folder(folder, match["task"]):
        return None
    return folder.log(match["task"], match["replica"])


class Links(Concealing, frozen=True):
    """The tokens that let a log URL be opened without a signature.

    A token is valid for one path and for one hour. All tokens become invalid when the server ends, because
    its `secret` is never stored, and the token of a deleted task leads nowhere.
    """

    concealed: ClassVar[frozenset[str]] = frozenset({"secret"})
    secret: bytes = field(default_factory=lambda: os.urandom(32))

    def token(self, path: str, now: datetime) -> str:
        """Return a new token for a link to `path`."""
        return self._token(path, int(now.timestamp()) + _LINK_SECONDS)

    def admits(self, path: str, given: str, now: datetime) -> bool:
        """Return whether `given` is a valid token of `path`."""
        match = _TOKEN.fullmatch(given)
        if match is None or int(match["end"]) < now.timestamp():
            return False
        return hmac.compare_digest(self._token(path, int(match["end"])), given)

    def _token(self, path: str, end: int) -> str:
        mac = hmac.new(self.secret, f"{end}\n{path}".encode(), hashlib.sha256)
        return f"{end}-{mac.hexdigest()}"


class Stretch(Struct, frozen=True):
    """A part of a log of `size` bytes: `length` bytes from `start`, which are at `offset` in the file.

    `skipped` requested bytes before it were dropped. `is_whole` if no part was requested.
    """

    start: int
    offset: int
    length: int
    size: int
    skipped: int = 0
    is_whole: bool = False

    @property
    def content_range(self) -> str:
        """The header that states which part it is."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{self.size}"


def stretch(header: str, layout: Layout) -> Stretch | None:
    """Return the part that a `Range` header requests; None if the log has no such bytes.

    Other forms mean all of it.

    The part ends where the log has a gap, however much is requested: the next request gets the rest.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        return Stretch(0, layout.begin, layout.size - layout.begin, layout.end, is_whole=True)
    first, last = int(match[1]), int(match[2] or layout.end - 1)
    if first >= layout.end or last < first:
        return None
    start, offset, end = layout.stretch(first)
    length = min(last - first + 1, end - offset)
    return Stretch(start, offset, length, layout.end, skipped=start - first)


def open_log(path: Path) -> BinaryIO | None:
    """Return the log, opened without following a link; None if it does not exist (yet)."""
    try:
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
    except OSError:
        return None


def chunks(file: BinaryIO, part: Stretch) -> Iterator[bytes]:
    """Yield the bytes of `part` in pieces; `file` is closed at the end."""
    with file:
        file.seek(part.offset)
        left = part.length
        while left and (piece := file.read(min(left, _CHUNK))):
            left -= len(piece)
            yield piece


def read_text(path: Path, *, offset: int, limit: int) -> tuple[str, int]:
    """Return at most `limit` bytes from byte `offset` as text, and the offset of the next read.

    An incomplete character is left for the next read.
    """
    file = open_log(path)
    if file is None:
        return "", offset
    with file:
        layout = layout_of(file.fileno())
        if offset >= layout.end:  # perhaps so far that seeking fails
            return "", offset
        offset, place, end = layout.stretch(offset)
        file.seek(place)
        data = file.read(min(limit, end - place))
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    content = decoder.decode(data)
    pending = len(decoder.getstate()[0])
    if pending == len(data):  # a limit below one character would never make progress
        return data.decode("utf-8", "replace"), offset + len(data)
    return content, offset + len(data) - pending
