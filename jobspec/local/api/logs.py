"""The logs of replicas: where a request may read, which part, and the token that lets a link be followed."""

from __future__ import annotations

import codecs
import hashlib
import hmac
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

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
    """The path under which a replica's log is served."""
    return f"/logs/{task_id}/{replica}"


def located(folder: Folder, path: str) -> Path | None:
    """The file that a URL path asks for; None for any path that is not a log's, `..` and links included."""
    match = _PATH.fullmatch(path)
    if match is None or not has_log_folder(folder, match["task"]):
        return None
    return folder.log(match["task"], match["replica"])


@dataclass(frozen=True, slots=True)
class Links:
    """The tokens that let the address of a log be followed without a signature.

    A token is for one path and ends an hour after it was made; all end with the server, whose `secret` is
    never written down, and that of a deleted task leads nowhere.
    """

    secret: bytes = field(default_factory=lambda: os.urandom(32), repr=False)

    def token(self, path: str, now: datetime) -> str:
        """What a link to `path` carries from now on."""
        return self._token(path, int(now.timestamp()) + _LINK_SECONDS)

    def admits(self, path: str, given: str, now: datetime) -> bool:
        """Whether `given` is a token of `path` that has not ended."""
        match = _TOKEN.fullmatch(given)
        if match is None or int(match["end"]) < now.timestamp():
            return False
        return hmac.compare_digest(self._token(path, int(match["end"])), given)

    def _token(self, path: str, end: int) -> str:
        mac = hmac.new(self.secret, f"{end}\n{path}".encode(), hashlib.sha256)
        return f"{end}-{mac.hexdigest()}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a log of `size` bytes: `length` bytes from `start` on, which are at `offset` of the file.

    `skipped` bytes before it were asked for and are dropped. `is_whole` if no part was asked for.
    """

    start: int
    offset: int
    length: int
    size: int
    skipped: int = 0
    is_whole: bool = False

    @property
    def content_range(self) -> str:
        """The header that says which part it is."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{self.size}"


def stretch(header: str, layout: Layout) -> Stretch | None:
    """What a `Range` header asks for; None if the log has nothing there. Other forms mean the whole.

    It ends where the log is interrupted, however much is asked for: who goes on reading gets the rest.
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
    """The log, opened without following a link; None if there is none (yet)."""
    try:
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
    except OSError:
        return None


def chunks(file: BinaryIO, part: Stretch) -> Iterator[bytes]:
    """The bytes of `part`, a piece at a time; `file` is closed at the end."""
    with file:
        file.seek(part.offset)
        left = part.length
        while left and (piece := file.read(min(left, _CHUNK))):
            left -= len(piece)
            yield piece


def read_text(path: Path, *, offset: int, limit: int) -> tuple[str, int]:
    """At most `limit` bytes from byte `offset` as text, and the offset to go on from.

    A character that is not complete yet is left for the next time.
    """
    file = open_log(path)
    if file is None:
        return "", offset
    with file:
        layout = layout_of(file.fileno())
        if offset >= layout.end:  # so far that it cannot even be sought, perhaps
            return "", offset
        offset, place, end = layout.stretch(offset)
        file.seek(place)
        data = file.read(min(limit, end - place))
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    content = decoder.decode(data)
    pending = len(decoder.getstate()[0])
    if pending == len(data):  # a limit below one character would never get on
        return data.decode("utf-8", "replace"), offset + len(data)
    return content, offset + len(data) - pending
