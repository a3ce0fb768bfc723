"""Read the plain values of ordinary YAML, and answer "in doubt" for everything else. Pure.

In doubt means that the exact reader (`source`) decides: for syntax that parsers read differently, for errors,
and for what plain values do not show, such as whether null was written. Proof: tests/proof/fuzz.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jobspec.manifest.schema.limits import MAX_INTEGER
from jobspec.manifest.schema.units import is_large
from jobspec.manifest.yaml.tree import (
    CHARACTERS_PER_VALUE,
    MAX_VALUES,
    NO_EXTENT,
    Mapping,
    Node,
    Scalar,
    Sequence,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_ORDINARY_BYTES = bytes(set(range(32, 127)) - set(b"?%&*!")) + b"\n"
_BASES = ("0x", "0o", "0b", "0X", "0O", "0B")
"""Signs of a number in another base."""
_REFERENCE = re.compile(r"(?:^|[\s,\[{:])[&*!](?![\s&])", re.MULTILINE)
"""An anchor, an alias or a tag."""
_DIRECTIVE = re.compile(r"^%|(?:^|[\s,\[{])\?", re.MULTILINE)
"""A directive, or a complex key."""
_BLANK = re.compile(r"^ +$", re.MULTILINE)
"""A line of spaces only: at the start of a block scalar, parsers disagree about it."""
_HEADER = re.compile(r"[|>][-+0-9]*#")
"""A comment right after the sign of a block scalar: some parsers accept it, others refuse it."""
_MARKER = re.compile(r"^---(.*)$\n?", re.MULTILINE)
_CONTENT = re.compile(r"^ *[^ #\n]", re.MULTILINE)
_NUMBER = re.compile(r"[-+.0-9][0-9.eE+-]*")
_NUMERIC = "-+.0123456789"
_MAX_DIGITS = 15
_MAX_LEVELS = 50
"""Fewer than the exact reader accepts, so that it reports a deeper nesting."""
_LIKE_ASCII = "\u4e36\u4e3f"
"""The CJK characters that look like an ASCII character."""


def quick_documents(text: str) -> list[Any] | None:
    """Return the values of the documents in a file; None in doubt.

    No value is null, every key is text, no number is extreme, no float is a whole number, and no text
    contains a control or look-alike character.
    """
    import ryaml  # noqa: PLC0415 - only commands that read manifests load a parser

    if values_at_most(text) > MAX_VALUES or _is_unusual(text):
        return None
    first, *others = _MARKER.split(text) if "---" in text else (text,)
    if any(map(str.strip, others[::2])):  # text on the line of a marker
        return None
    parts = [part for part in (first, *others[1::2]) if _CONTENT.search(part)]
    try:
        documents = [ryaml.loads(part) for part in parts]
    except ValueError:
        return None
    is_escaped = "\\" in text
    is_ordinary = documents and all(_is_ordinary(one, is_escaped=is_escaped) for one in documents)
    return documents if is_ordinary else None


def values_at_most(text: str) -> int:
    """Return a number that the values of a text without aliases do not exceed, as `weight` counts them."""
    return 1 + len(text) // CHARACTERS_PER_VALUE + sum(map(text.count, "\n,:[{-"))


def bare_tree(value: Any) -> Node:
    """Return plain values as a tree without positions, for code that works on trees."""
    if isinstance(value, dict):
        entries = {key: (Scalar(key, key, "", NO_EXTENT), bare_tree(part)) for key, part in value.items()}
        return Mapping(entries, NO_EXTENT)
    if isinstance(value, list):
        return Sequence(tuple(map(bare_tree, value)), NO_EXTENT)
    return Scalar(value, str(value), "", NO_EXTENT)


def _is_unusual(text: str) -> bool:
    """Whether parsers may read the text differently, or it has syntax that is left to the exact reader."""
    unusual = text.encode("utf-8", "surrogatepass").translate(None, _ORDINARY_BYTES)
    if unusual and (_has_unusual_character(text) or _DIRECTIVE.search(text) or _REFERENCE.search(text)):
        return True
    if " \n" in text and _BLANK.search(text):
        return True
    if "#" in text and _HEADER.search(text):
        return True
    has_other_base = "0" in text and any(base in text for base in _BASES)
    return has_other_base or "\n..." in text or text.startswith("...")


def _has_unusual_character(text: str) -> bool:
    """Whether a character may be invisible, look like another, or be a line break for some parsers."""
    if text.isascii():
        return not text.replace("\n", "").isprintable()
    return not all(" " <= one <= "~" or one == "\n" or _is_cjk(one) for one in set(text))


def _is_cjk(character: str) -> bool:
    is_cjk = "\u4e00" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf"
    return is_cjk and character not in _LIKE_ASCII


def _is_ordinary(value: Any, *, is_escaped: bool, levels: int = _MAX_LEVELS) -> bool:
    kind = type(value)
    if kind is str:
        is_extreme = value[:1] in _NUMERIC and _is_extreme(value)
        return not is_extreme and not (is_escaped and _has_unusual_character(value))
    if kind is dict or kind is list:
        parts = value.values() if kind is dict else value
        return (
            levels > 0
            and (kind is list or _are_ordinary_keys(value, is_escaped=is_escaped))
            and all(_is_ordinary(part, is_escaped=is_escaped, levels=levels - 1) for part in parts)
        )
    return kind is bool or (kind is int and abs(value) <= MAX_INTEGER) or _is_ordinary_float(value)


def _are_ordinary_keys(keys: Iterable[object], *, is_escaped: bool) -> bool:
    return all(
        type(key) is str
        and not key.startswith("!")  # the parser reads a tagged value as a map from the tag to the value
        and not (is_escaped and _has_unusual_character(key))
        for key in keys
    )


def _is_ordinary_float(value: object) -> bool:
    return isinstance(value, float) and 1e-9 < abs(value) < 1e9 and not value.is_integer()


def _is_extreme(text: str) -> bool:
    """Whether a text may be a number, a duration or a size beyond what a parser or a field accepts."""
    is_long = len(text) > _MAX_DIGITS or "e" in text or "E" in text
    return (is_long and _NUMBER.fullmatch(text) is not None) or is_large(text)
