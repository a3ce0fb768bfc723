"""Parse JSON from other programs, within limits: at once, or when a value is needed. Pure.

The caller limits the bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import ItemsView, Iterable, Iterator, Mapping
from typing import Any, cast

from msgspec import MsgspecError, Raw
from msgspec.json import Decoder

MAX_DEPTH = 64
"""Maximum levels of nesting; safe for recursive code."""
MAX_SIGNS = 2_000_000
"""Maximum number of commas, colons and opening brackets, which limit the number of values.

The plan of 10,000 changes, the largest document that is read, has 1.5 million. 32 MiB of `{},` would need
gigabytes of memory.
"""
_DIGITS_OF_64_BITS = 19
_NO_BRACKETS = bytes(set(range(256)) - set(b"[{"))
_LONG_NUMBER = re.compile(rb"[0-9]{18}")
_FAST: Decoder[Any] = Decoder()
_TEXTS: Decoder[dict[str, Any]] = Decoder(dict[str, Any])
_PARTS: Decoder[dict[str, Raw]] = Decoder(dict[str, Raw])


class Unread(Mapping[str, object]):
    """A JSON object that stays bytes until one of its values is needed. Its representation shows none.

    `text` must be a valid object within the limits, in UTF-8.
    """

    __slots__ = ("_text", "_value")

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._value: dict[str, object] | None = None

    def __getitem__(self, key: str) -> object:
        return self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __contains__(self, key: object) -> bool:
        return key in self._read()

    def items(self) -> ItemsView[str, object]:
        """Return the items; those of the base class read one key after another."""
        return self._read().items()

    def __repr__(self) -> str:
        """Show no value: one may be a secret."""
        return f"{type(self).__name__}()"

    def __reduce__(self) -> tuple[type[Unread], tuple[bytes]]:
        """Return how to copy the object: without what was read."""
        return type(self), (self._text,)

    def only(self, keys: Iterable[str]) -> dict[str, object]:
        """Return the values of some keys, as far as they exist. The other values stay bytes."""
        if self._value is not None:
            return {key: self._value[key] for key in keys if key in self._value}
        parts = _PARTS.decode(self._text)
        return {key: _value_of(bytes(parts[key])) for key in keys if key in parts}

    def texts(self) -> Mapping[str, object]:
        """Return the object for a search of its texts: far faster to make, and numbers may be rounded."""
        try:
            return self._read() if self._value is not None else _TEXTS.decode(self._text)
        except (MsgspecError, ValueError):  # such as half a surrogate pair
            return self._read()

    def _read(self) -> dict[str, object]:
        if self._value is None:
            self._value = cast("dict[str, object]", _value_of(self._text))
        return self._value


def parse(text: bytes, *, levels: int = MAX_DEPTH) -> object:
    """Return the value of a JSON document. Raises `ValueError` if it is invalid, too deep or too large."""
    if not has_few_values(text):
        raise ValueError("too many values")
    try:
        value = _value_of(text)
    except RecursionError:
        raise ValueError("too deep") from None
    if brackets_in(text) > levels and _is_deep(value, levels):
        raise ValueError("too deep")
    return value


def brackets_in(text: bytes) -> int:
    """Return the number of opening brackets, also of those in strings: no value has more levels."""
    return len(text.translate(None, _NO_BRACKETS))


def has_few_values(text: bytes) -> bool:
    """Whether the document has at most `MAX_SIGNS` signs, so that its values fit into memory."""
    return len(text) <= MAX_SIGNS or sum(map(text.count, (b",", b":", b"[", b"{"))) <= MAX_SIGNS


def _value_of(text: bytes) -> Any:
    """Return what `json.loads` returns, but for the numbers.

    The faster decoder refuses what it would read differently, except long integers.
    """
    if _LONG_NUMBER.search(text) is None:
        try:
            return _FAST.decode(text)
        except MsgspecError:
            pass  # the other decoder decides
    return _VALUES.decode(text.decode(json.detect_encoding(text), "surrogatepass"))


def _whole_number(digits: str) -> int | float:
    """Return the number; beyond 64 bits as a float, because a far larger integer cannot become a float."""
    return int(digits) if len(digits) < _DIGITS_OF_64_BITS else float(digits)


_VALUES = json.JSONDecoder(parse_int=_whole_number)


def _is_deep(value: object, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [part for one in level for part in _parts(one)]
    return bool(level)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
