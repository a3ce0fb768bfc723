"""The result of importing a live task: a manifest as plain values, and notes about it. Pure."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import Any

from msgspec import Struct
from pydantic import ValidationError

from jobspec.manifest.schema.limits import MAX_INTEGER
from jobspec.manifest.schema.scalars import Model
from jobspec.manifest.schema.task_model import Metadata, PartialSpec
from jobspec.redaction.shapes import hide_shapes

ORDER = {
    "metadata": tuple(Metadata.field_aliases()),
    "spec": tuple(PartialSpec.field_aliases()),
}
"""The fields of a manifest in the order of the reference."""
_REQUIRED: dict[type[Model], dict[str, object]] = {Metadata: {"name": "any"}}
_MAX_DEPTH = 32
_INT_BITS = 63
_MAX_UNITS = 999_999
_MAX_NAME = 80


class Note(Struct, frozen=True):
    """A remark about a field, such as `spec.env`; about the whole task if the path is empty."""

    path: str
    text: str
    is_loss: bool = False
    """Whether a part of the live task is missing in the manifest."""


def loss(path: str, text: str) -> Note:
    """Return the note about a part of the live task that is missing in the manifest."""
    return Note(path, text, is_loss=True)


class Imported(Struct, frozen=True):
    """A manifest as plain values, its fields in order, and the notes that become comments."""

    document: dict[str, Any]
    notes: tuple[Note, ...]


def named(foreign: object) -> str:
    """Return a foreign name as a note may contain it: short, and without credentials."""
    text = str(foreign)
    return hide_shapes(text if len(text) <= _MAX_NAME else f"{text[:_MAX_NAME]}…")


def fits(field: str, value: object) -> bool:
    """Whether a field of the spec accepts the value, and a YAML file can contain it."""
    return _fits(PartialSpec, field, _as_key(value))


def fits_metadata(field: str, value: object) -> bool:
    """Whether a field of the metadata accepts the value, and a YAML file can contain it."""
    return _fits(Metadata, field, _as_key(value))


def _as_key(value: object) -> object:
    """Return a value of a record as a key; most tasks share most of their values."""
    return value if isinstance(value, str | int) else _Text(json.dumps(value))


class _Text(Struct, frozen=True):
    """A value as JSON."""

    json: str


@lru_cache(maxsize=4096, typed=True)
def _fits(model: type[Model], field: str, key: object) -> bool:
    value = json.loads(key.json) if isinstance(key, _Text) else key
    return is_writable(value) and _is_valid(model, {**_REQUIRED.get(model, {}), field: value})


def _is_valid(model: type[Model], fields: dict[str, object]) -> bool:
    try:
        model.model_validate(fields)
    except ValidationError:
        return False
    return True


def is_writable(value: object, depth: int = 0) -> bool:
    """Whether a file can contain the value: no NUL, surrogate, infinity, huge number or deep nesting."""
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return all(is_writable(part, depth + 1) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return all(is_writable(item, depth + 1) for item in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or value.bit_length() <= _INT_BITS


def whole(value: object) -> object:
    """Return a number without a fraction as an integer: the platform may return 4.0 for 4."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def duration(seconds: object) -> object:
    """Return whole seconds as users write them, such as `120h`; anything else unchanged."""
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 0:
        return seconds
    for unit, size in (("h", 3600), ("m", 60), ("s", 1), ("d", 86400)):
        if seconds % size == 0 and seconds // size <= _MAX_UNITS and (seconds or unit == "s"):
            return f"{seconds // size}{unit}"
    return seconds if seconds <= MAX_INTEGER else str(seconds)
