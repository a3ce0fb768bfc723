"""The functions of expressions, from nodes to nodes. Pure.

A value inserted into text is spelled as its file spells it: `0.10` stays `0.10`, and `1e-1` stays `1e-1`.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.manifest.yaml.tree import NO_EXTENT, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_SLUG = 50
"""The longest result of `slug`, in characters."""
_HASH = 8
_NOT_IN_NAMES = re.compile("[^A-Za-z0-9_\u3400-\u4dbf\u4e00-\u9fff-]+")
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


class Unfit(Struct, frozen=True):
    """A function does not take an argument: its number, its kind, and what is needed."""

    argument: int
    kind: str
    needed: str


def kind_of(node: Node) -> str:
    """Return what a value is, as a person would call it."""
    if isinstance(node, Mapping):
        return "a map"
    if isinstance(node, Sequence):
        return "a list"
    return "null" if node.value is None else "a scalar"


def spelled(node: Scalar) -> str:
    """Return a scalar as it is inserted into text."""
    return node.value if isinstance(node.value, str) else node.text


def to_json(node: Node) -> str:
    """Return a value as JSON on one line, in the order of the file. Raises ValueError for infinity."""
    if isinstance(node, Mapping):
        members = (
            f"{json.dumps(key, ensure_ascii=False)}:{to_json(value)}"
            for key, (_, value) in node.entries.items()
        )
        return "{" + ",".join(members) + "}"
    if isinstance(node, Sequence):
        return "[" + ",".join(map(to_json, node.items)) + "]"
    if isinstance(node.value, float | int) and not isinstance(node.value, bool):
        if not math.isfinite(node.value):
            raise ValueError(node.text)
        return node.text if _JSON_NUMBER.fullmatch(node.text) else json.dumps(node.value)
    return json.dumps(node.value, ensure_ascii=False)


@lru_cache(maxsize=4096)  # a cell's name is expanded several times, and cells share values
def slug_of(text: str) -> str:
    """Return a word for the name of a task; a changed or cut one ends in a hash of the text."""
    stem = _NOT_IN_NAMES.sub("-", text)
    if stem == text and 0 < len(text) <= LONGEST_SLUG:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
    stem = stem.strip("-")[: LONGEST_SLUG - _HASH - 1].rstrip("-")
    return f"{stem}-{digest}" if stem else digest


def call(function: str, arguments: tuple[Node, ...]) -> Node | Unfit:
    """Return the result of a function. Null stays null, except in `toJSON`, which writes it."""
    if function == "toJSON":
        return _json(arguments[0])
    if any(isinstance(one, Scalar) and one.value is None for one in arguments):
        return Scalar(None, "null", "", NO_EXTENT)
    return FUNCTIONS[function][1](*arguments)


def parameters_of(function: str) -> tuple[str, ...]:
    """Return the names of a function's parameters."""
    return FUNCTIONS[function][0]


def _text(value: str) -> Scalar:
    return Scalar(value, value, "'", NO_EXTENT)


def _lower(value: Node) -> Node | Unfit:
    if not isinstance(value, Scalar):
        return Unfit(0, kind_of(value), "a scalar")
    return _text(spelled(value).lower())


def _slug(value: Node) -> Node | Unfit:
    if not isinstance(value, Scalar):
        return Unfit(0, kind_of(value), "a scalar")
    return _text(slug_of(spelled(value)))


def _join(items: Node, separator: Node) -> Node | Unfit:
    if not isinstance(items, Sequence):
        return Unfit(0, kind_of(items), "a list")
    if not isinstance(separator, Scalar):
        return Unfit(1, kind_of(separator), "a text")
    parts = []
    for item in items.items:
        if not isinstance(item, Scalar) or item.value is None:
            return Unfit(0, f"a list that contains {kind_of(item)}", "a list of scalars")
        parts.append(spelled(item))
    return _text(spelled(separator).join(parts))


def _json(value: Node) -> Node | Unfit:
    try:
        return _text(to_json(value))
    except ValueError:
        return Unfit(0, "infinite or not a number", "a value that JSON can express")


FUNCTIONS: dict[str, tuple[tuple[str, ...], Callable[..., Node | Unfit]]] = {
    "lower": (("VALUE",), _lower),
    "slug": (("VALUE",), _slug),
    "join": (("LIST", "SEPARATOR"), _join),
    "toJSON": (("VALUE",), _json),
}
"""The parameters of each function, and the function."""
