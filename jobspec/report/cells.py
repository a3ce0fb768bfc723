"""The order of the tasks of a set for a person: by the values of their cells, numbers as numbers. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgspec import UnsetType

Natural: TypeAlias = "tuple[str | int, ...]"
_DIGITS = re.compile(r"([0-9]{1,18})")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")


def natural(text: str) -> Natural:
    """Return a key that sorts `shard-2` before `shard-10`."""
    return tuple(int(part) if place % 2 else part for place, part in enumerate(_DIGITS.split(text)))


def of_value(text: str) -> tuple[int, float, Natural]:
    """Return a key for the value of an axis: numbers first, by their value."""
    return (0, float(text), ()) if is_number(text) else (1, 0.0, natural(text))


def is_number(text: str) -> bool:
    """Return whether the value of an axis is a number."""
    return _NUMBER.fullmatch(text) is not None


def of_task(name: str, cell: Mapping[str, str] | UnsetType) -> tuple[object, ...]:
    """Return a key for a task of a set: by its cell, or first, without one, by its name."""
    return (tuple(map(of_value, cell.values())), ()) if cell else ((), natural(name))
