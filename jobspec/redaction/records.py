"""Make the platform's records safe to display: without secrets and values that JSON cannot hold. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite

from jobspec.redaction.answers import encodable, mask_text
from jobspec.redaction.masking import MASK, Mask
from jobspec.redaction.names import is_secretive
from jobspec.redaction.shapes import hide_shapes, is_public
from jobspec.redaction.values import is_secret, secrets_in


def mask_record(record: Mapping[str, object]) -> dict[str, object]:
    """Return a record with `***` for private variables and credentials, including inside other text."""
    return _mask_object(record, secrets_in(record))


def mask_field(value: object, mask: Mask) -> object:
    """Return a value of a record with known secrets, credential shapes and secretive fields masked."""
    if isinstance(value, str):
        return hide_shapes(mask.over(value))
    if isinstance(value, Mapping):
        parts = value.items()
        return {key: MASK if is_secret(key, part, value) else mask_field(part, mask) for key, part in parts}
    return [mask_field(item, mask) for item in value] if isinstance(value, list) else value


def mask_json(text: str) -> str:
    """Return the text with `***` for the texts below secretive keys, if it is a JSON map or list."""
    if text[:1] not in ("{", "["):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    masked = _mask_texts("", value)
    return text if masked == value else json.dumps(masked, ensure_ascii=False, separators=(",", ":"))


def _mask_texts(name: str, value: object) -> object:
    if isinstance(value, str):
        return MASK if is_secretive(name) and not is_public(value) else value
    if isinstance(value, dict):
        return {key: _mask_texts(key, part) for key, part in value.items()}
    return [_mask_texts(name, item) for item in value] if isinstance(value, list) else value


def _mask_object(record: Mapping[str, object], secrets: tuple[str, ...]) -> dict[str, object]:
    return {
        encodable(str(key)): MASK if is_secret(key, value, record) else _mask_part(value, secrets)
        for key, value in record.items()
    }


def _mask_part(value: object, secrets: tuple[str, ...]) -> object:
    if isinstance(value, str):
        return mask_text(value, secrets)
    if isinstance(value, Mapping):
        return _mask_object(value, secrets)
    if isinstance(value, (list, tuple)):
        return [_mask_part(item, secrets) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value
