"""A secret made to be looked for: its value, and every form in which it or an unkeyed hash of it may show."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

SHORTEST = 12
"""Characters of a part of a canary, or of a hash, that cannot stand in an output by chance."""
_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_256")
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    lambda value: json.dumps(value)[1:-1],
    lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    lambda value: repr(value)[1:-1],
    lambda value: value.replace("'", "''"),
    lambda value: quote(value, safe="", errors="surrogatepass"),
    lambda value: quote(value, errors="surrogatepass"),
    lambda value: quote_plus(value, errors="surrogatepass"),
    html.escape,
    shlex.quote,
)


@dataclass(frozen=True, slots=True)
class Canary:
    """A secret. Different names have different canaries; the same name has the same one in every run."""

    value: str

    @classmethod
    def named(cls, name: str, frame: str = "{}") -> Canary:
        """A canary of letters and digits, put into `frame`, which gives it a shape."""
        digits = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode().lower()
        return cls(frame.replace("{}", f"Zq7{digits[:25]}"))

    def needles(self) -> frozenset[bytes]:
        """What may be found nowhere, in lower case: a search that ignores case finds more."""
        found = {needle for spelled in _values(self.value) for needle in _needles(spelled)}
        return frozenset(needle.lower() for needle in found if needle.strip())


def _values(value: str) -> tuple[str, ...]:
    """The value, and the value as a careless reader of a file has it."""
    return (value, f"{value}\n") if value == value.rstrip() else (value, f"{value}\n", value.strip())


def _needles(value: str) -> Iterator[bytes]:
    for spell in _SPELLINGS:
        yield from _parts(spell(value.rstrip("\n")))
    data = value.encode("utf-8", "surrogatepass")
    yield data.hex().encode()
    yield from _base64_forms(data)
    yield from _hashes(data)


def _parts(text: str) -> Iterator[bytes]:
    """The whole; its beginning, its halves and its words, if long enough to tell anything."""
    yield _bytes(text)
    middle = len(text) // 2
    pieces = (text[:SHORTEST], text[:middle], text[middle:], *re.split(r"\s+", text))
    yield from (_bytes(piece) for piece in pieces if len(piece) >= SHORTEST and not _is_common(piece))


def _is_common(piece: str) -> bool:
    """What every private key has in common says nothing."""
    return re.fullmatch(r"[A-Z -]+", piece) is not None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _base64_forms(data: bytes) -> Iterator[bytes]:
    """Base64 of the value by itself, and wherever it begins in a longer text."""
    for offset in range(3):
        if len(data) < SHORTEST:
            continue
        # The first and the last characters depend on the neighbours.
        inner = base64.b64encode(b"\0" * offset + data)[4 if offset else 0 :].rstrip(b"=")[:-2]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def _hashes(data: bytes) -> Iterator[bytes]:
    """The beginning of each hash: tags and digests are cut."""
    for name in _HASHES:
        digest = hashlib.new(name, data).digest()
        yield digest.hex()[:SHORTEST].encode()
        yield base64.b64encode(digest)[:SHORTEST]
        yield base64.urlsafe_b64encode(digest)[:SHORTEST]
