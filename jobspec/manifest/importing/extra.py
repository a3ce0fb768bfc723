"""Carry over the fields of a live task that a manifest has no name for, as `extra`. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jobspec.manifest.importing.document import is_writable
from jobspec.redaction.masking import is_masked
from jobspec.redaction.shapes import hide_shapes
from jobspec.redaction.values import may_hold_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORD = re.compile(r"\S+")


def passed_on(fields: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the fields that can be written as `extra`, and the names of those that cannot.

    A field that may hold a secret is not carried over.
    """
    extra = {key: value for key, value in fields.items() if _can_pass(key, value)}
    return extra, [key for key in fields if key not in extra]


def _can_pass(key: str, value: object) -> bool:
    is_open = not may_hold_secrets(key, value) and not _is_hidden({key: value})
    return is_open and _WORD.fullmatch(key) is not None and is_writable({key: value})


def _is_hidden(value: object) -> bool:
    """Whether a value, or one inside it, was masked or looks like a credential."""
    if isinstance(value, dict):
        return any(_is_hidden(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(map(_is_hidden, value))
    return isinstance(value, str) and (is_masked(value) or hide_shapes(value) != value)
