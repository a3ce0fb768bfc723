"""Draw random values that depend only on a seed, a name and the number of the draw. Pure.

The numbers come from SHA-256 and are rounded to six digits, so every machine draws the same ones.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from jobspec.manifest.yaml.tree import Extent

_BITS = 53
_DIGITS = 6


def drawn(distribution: Mapping, seed: int, axis: str, number: int) -> Node:
    """Return the value of a draw from a valid distribution."""
    share = _share(seed, axis, number)
    for kind, (_, given) in distribution.entries.items():
        if isinstance(given, Sequence):
            return _of_kind(kind, given, share)
    raise ValueError("a valid distribution has a kind")


def is_impossible(distribution: Mapping) -> str:
    """Return why nothing can be drawn from a distribution whose form is valid; empty if it can."""
    for kind, (_, given) in distribution.entries.items():
        if isinstance(given, Sequence) and kind != "choice":
            low, high = (_number(one) for one in given.items)
            if kind == "logUniform" and low <= 0:
                return "its smallest value must be greater than 0"
            if low > high or (kind == "integers" and low == high):
                return "its end must be greater than its start"
    return ""


def _share(seed: int, axis: str, number: int) -> float:
    """Return a fraction from 0 up to, but not including, 1."""
    digest = hashlib.sha256(f"{seed}/{axis}/{number}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> (64 - _BITS)) / (1 << _BITS)


def _of_kind(kind: str, given: Sequence, share: float) -> Node:
    if kind == "choice":
        return given.items[int(share * len(given.items))]
    low, high = (_number(one) for one in given.items)
    if kind == "integers":
        number = int(low) + int(share * (int(high) - int(low)))
        return Scalar(number, str(number), "", given.at)
    if kind == "logUniform":
        return _rounded(math.exp(math.log(low) + share * (math.log(high) - math.log(low))), given.at)
    return _rounded(low + share * (high - low), given.at)


def _rounded(number: float, at: Extent) -> Scalar:
    text = f"{number:.{_DIGITS}g}"
    return Scalar(float(text), text, "", at)


def _number(node: Node) -> float:
    if not isinstance(node, Scalar) or not isinstance(node.value, (int, float)):
        raise TypeError("a valid distribution has numbers")
    return node.value
