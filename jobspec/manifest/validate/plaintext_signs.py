"""Rule out credentials in plain values, which is far cheaper than to find them. Pure."""

from __future__ import annotations

from typing import Any

from jobspec.redaction.names import VARIABLE_NAME, may_be_secretive
from jobspec.redaction.shapes import may_have_assignment, may_have_shape

COMMANDS = frozenset({"entrypoint", "args"})
"""The fields with a command, which may assign a secret."""


def may_hold_plaintext(value: Any, name: str = "") -> bool:
    """Whether `find_plaintext` may find anything in a document; `name` is the key that the value is below."""
    if isinstance(value, str):
        is_suspicious = may_have_shape(value) or (name in COMMANDS and may_have_assignment(value))
        return is_suspicious or (name == "endpoint" and "@" in value)
    if isinstance(value, dict):
        for key, part in value.items():  # measured: twice as fast as `any`
            if may_be_secretive(key) and not (_is_reference(part) or _is_source(key, value)):
                return True
            if may_hold_plaintext(part, key):
                return True
        return False
    if isinstance(value, list):
        return any(may_hold_plaintext(item, name) for item in value)
    return False


def _is_reference(value: object) -> bool:
    """Whether a value is `{secret: {env: NAME}}` or `{secret: {file: path}}`, and nothing else."""
    return isinstance(value, dict) and len(value) == 1 and _is_source("secret", value)


def _is_source(key: str, beside: dict[str, Any]) -> bool:
    """Whether a key is the one of a reference."""
    source = beside.get("secret")
    if key != "secret" or len(beside) != 1 or not isinstance(source, dict) or len(source) != 1:
        return False
    [(kind, named)] = source.items()
    is_named = isinstance(named, str)
    return is_named and (kind == "file" or (kind == "env" and VARIABLE_NAME.fullmatch(named) is not None))
