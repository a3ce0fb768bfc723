"""Small checks of JSON values, and how to combine them.

A check returns, or raises an `ApiError` that names the field by its path in the request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from jobspec.local.errors import ApiError

Check: TypeAlias = Callable[[object, str], None]


def invalid(path: str, wanted: str) -> ApiError:
    """Return the error for a field with a wrong value."""
    return ApiError("InvalidParameter", f"`{path}` must be {wanted}")


def missing(path: str) -> ApiError:
    """Return the error for a missing required field."""
    return ApiError("MissingParameter", f"`{path}` is required")


def text(*, least: int = 0, most: int = 1_000_000) -> Check:
    """Check for a string with a length in this range, without NUL, which no process or file name contains."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, str) or not least <= len(value) <= most or "\0" in value:
            raise invalid(path, f"a string of {least} to {most} characters without NUL")

    return check


def matching(pattern: str, described: str) -> Check:
    """Check for a string that matches `pattern` completely; `described` is the pattern in words.

    It is compiled when it is first needed: a command that only lists needs none.
    """

    def check(value: object, path: str) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise invalid(path, described)

    return check


def integer(least: int, most: int = 2**31 - 1) -> Check:
    """Check for an integer between two bounds, both allowed."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise invalid(path, f"an integer from {least} to {most}")

    return check


def number(above: float, below: float) -> Check:
    """Check for a number strictly between two bounds."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool) or not above < value < below:
            raise invalid(path, f"a number above {above} and below {below}")

    return check


def boolean(value: object, path: str) -> None:
    """Check for a boolean."""
    if not isinstance(value, bool):
        raise invalid(path, "true or false")


def one_of(*allowed: str | int) -> Check:
    """Check for one of a few values of the same type."""
    words = ", ".join(repr(one) if one == "" else str(one) for one in allowed)

    def check(value: object, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, str | int) or value not in allowed:
            raise invalid(path, f"one of {words}")

    return check


def items(each: Check, *, least: int = 0, most: int | None = None) -> Check:
    """Check for a list with a length in this range whose values all pass `each`; no `most` means no limit."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, list):
            raise invalid(path, "a list")
        if len(value) < least:
            raise invalid(path, f"a list of at least {least}")
        if most is not None and len(value) > most:
            raise invalid(path, f"a list of at most {most}")
        for index, one in enumerate(value):
            each(one, f"{path}[{index}]")

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    """Check for an object with these fields.

    Others pass, since newer clients send more. A null is an absent field.
    """

    def check(value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise invalid(path, "an object")
        for name, part in required.items():
            if value.get(name) is None:
                raise missing(_join(path, name))
            part(value[name], _join(path, name))
        for name, part in optional.items():
            if value.get(name) is not None:
                part(value[name], _join(path, name))

    return check


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
