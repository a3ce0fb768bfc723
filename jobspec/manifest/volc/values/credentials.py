"""Decide which values of a task file are credentials. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from jobspec.manifest.volc.values.variables import defaults_in, with_defaults
from jobspec.manifest.yaml.tree import Scalar
from jobspec.redaction.masking import SHORTEST, is_masked
from jobspec.redaction.names import is_secretive, may_be_secretive
from jobspec.redaction.shapes import is_public, looks_secret, shapes_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.manifest.yaml.tree import Node


def is_private_text(node: Node | None) -> bool:
    """Whether `IsPrivate` is set."""
    return isinstance(node, Scalar) and node.text.strip().lower() in ("true", "yes", "on", "1")


def is_credential(name: str, value: str, *, is_private: bool) -> bool:
    """Whether a variable holds a credential, by its name or its value, or by the default in its value."""
    if is_masked(value) or any(is_secret_default(*one, value) for one in defaults_in(value)):
        return True
    if is_private:
        has_name = may_be_secretive(name) and (not is_public(value) or value.startswith("$"))
        return has_name or has_shape(value) or looks_random(with_defaults(value))
    has_name = is_secretive(name) and (not is_public(value) or value.startswith("$"))
    return has_name or looks_secret(name, with_defaults(value)) or has_shape(value)


def is_secret_default(name: str, default: str, text: str) -> bool:
    """Whether the default of a placeholder is a credential: by itself, or with the text around it."""
    if is_public(default):
        return False
    if is_secretive(name) or looks_secret(name, default):
        return True
    return any(default in secret or secret in default for secret in _filled(text))


@lru_cache(maxsize=4)  # a text may have many placeholders
def _filled(text: str) -> tuple[str, ...]:
    """Return the credentials in a text whose placeholders have their defaults."""
    return tuple(secret for _, secret in shapes_in(with_defaults(text)))


def repeats(text: str, known: Iterable[str]) -> bool:
    """Whether a text contains a known credential, except a short one, which may be any word."""
    return any(len(one) >= SHORTEST and one in text for one in known)


def has_shape(value: str) -> bool:
    """Whether a value contains a credential of a known form."""
    return next(shapes_in(value), None) is not None


def looks_random(value: str) -> bool:
    """Whether a private value looks like a key: long, one word, with letters and digits."""
    is_mixed = any(char.isdigit() for char in value) and any(char.isalpha() for char in value)
    return len(value) >= 20 and value.replace("-", "").replace("_", "").isalnum() and is_mixed
