"""The values of plain YAML scalars: the YAML 1.2 core schema, without the surprises of 1.1. Pure.

`NO`, `on`, `12:30`, `1_000`, dates and `010` are text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobspec.manifest.yaml.tree import ScalarValue

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+|0o[0-7]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
SPECIAL_FLOATS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
MAX_INTEGER = 2**63 - 1
MAX_DIGITS = 20
_MAY_BE_TYPED = frozenset("-+.0123456789nNtTfF~")


class TooLargeError(ValueError):
    """An integer beyond 64 bits."""


def resolve(text: str) -> ScalarValue:
    """Return the value of a plain scalar. Raises TooLargeError for an integer beyond 64 bits."""
    if text and text[0] not in _MAY_BE_TYPED:
        return text
    if text in NULLS:
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    return _number(text)


def _number(text: str) -> int | float | str:
    if INTEGER.fullmatch(text):
        return integer(text)
    if SPECIAL_FLOATS.fullmatch(text) or (FLOAT.fullmatch(text) and not LEADING_ZERO.fullmatch(text)):
        return real(text)
    return text


def integer(text: str) -> int:
    """Return the integer that a text of the core schema denotes. Raises TooLargeError beyond 64 bits."""
    # Checked before the conversion: the time of int() is quadratic in the number of digits.
    if len(text.lstrip("+-0xo")) > MAX_DIGITS:
        raise TooLargeError(text)
    value = int(text, 0)
    if not -MAX_INTEGER - 1 <= value <= MAX_INTEGER:
        raise TooLargeError(text)
    return value


def real(text: str) -> float:
    """Return the float that a text of the core schema denotes, including `.inf` and `.nan`."""
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
