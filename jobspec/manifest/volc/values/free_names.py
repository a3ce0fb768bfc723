"""Find a name that is not used yet. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def first_free(
    stem: str, is_taken: Callable[[str], bool], *, separator: str = "_", longest: int | None = None
) -> str:
    """Return the stem, or the stem with the first number, from 2 on, that gives a name which is not taken."""
    name, number = stem, 1
    while is_taken(name):
        number += 1
        suffix = f"{separator}{number}"
        head = stem if longest is None else stem[: longest - len(suffix)]
        name = f"{head}{suffix}"
    return name
