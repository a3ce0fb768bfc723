"""Facts about a type that its checks do not contain: name, unit, rule, and how to write a value. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic.fields import FieldInfo

PLACEHOLDER = "NAME"


class TypeInfo(Struct, frozen=True):
    """An annotation of a type.

    `rule` follows the name of a field whose value breaks the rule. `example` describes a valid value; `fit`
    changes a text so that it follows the rule.
    """

    name: str = ""
    unit: str = ""
    rule: str = ""
    example: str = ""
    fit: Callable[[str], str] | None = None


def type_info(info: FieldInfo | None) -> TypeInfo:
    """Return the information about the type of a field, of its items or of its keys."""
    if info is None:
        return TypeInfo()
    return next((found for part in (*info.metadata, info.annotation) for found in _in(part)), TypeInfo())


def _in(annotation: Any) -> Iterator[TypeInfo]:
    if isinstance(annotation, TypeInfo):
        yield annotation
    for argument in get_args(annotation):
        yield from _in(argument)


def joined(allowed: str, joint: str, pattern: str) -> Callable[[str], str]:
    """Return a function that keeps the `allowed` characters of a text, in a form that matches the pattern."""

    def fit(text: str) -> str:
        fitting = joint.join(re.findall(f"[{allowed}]+", text))
        if not fitting.strip("_-"):
            return PLACEHOLDER
        return fitting if re.search(pattern, fitting) else f"a{fitting}"

    return fit


def rooted(text: str) -> str:
    """Return the text as an absolute path."""
    return f"/{text}"


def trimmed(text: str) -> str:
    """Return the text as one line without leading or trailing spaces."""
    return " ".join(text.split())[:200].strip() or PLACEHOLDER


def web_address(text: str) -> str:
    """Return the text as an http or https URL."""
    scheme, _, rest = text.lower().rpartition("://")
    return f"{'http' if scheme == 'http' else 'https'}://{''.join(rest.split())}"
