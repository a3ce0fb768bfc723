"""Check plain values against the published JSON Schemas: fast, and silent about what is wrong. Pure.

A schema describes documents as they are written. Where it accepts more than the models do, `accepts` returns
False, and the models decide.
"""

from __future__ import annotations

import json
import math
import pkgutil
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from jsonschema_rs import Draft202012Validator

from jobspec.manifest.payload.fields import STORAGE_KEYS
from jobspec.manifest.schema.limits import MAX_INTEGER
from jobspec.manifest.schema.units import is_large

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Part = Literal["Task", "TaskSet", "Project", "Defaults", "Templates"]
_LAYERS: Mapping[Part, str] = {"Defaults": "defaults", "Templates": "templates"}
"""The parts of a project that are checked on their own: each is a map with one field of its spec."""
_FILES: Mapping[Part, str] = {"Task": "task", "TaskSet": "taskset"}
_REQUIRED_OF_A_MERGED_SPEC = ("image", "entrypoint", "roles")


def accepts(part: Part, values: object) -> bool:
    """Whether a document is certainly valid by itself; False if the models have to decide.

    For a task, the defaults of its project are part of `values`.
    """
    if is_in_doubt(_expanded(values) if part == "Templates" else values):
        return False
    if part == "Task":
        return is_valid_task(values)
    return _validator(part)(values) and all(map(_has_usual_storages, _layers(part, values)))


def _expanded(value: Any) -> Any:
    """Return templates without the texts whose expressions have a value only in a cell of a set."""
    if isinstance(value, str):
        return None if "${{" in value else value
    if isinstance(value, dict):
        return {key: _expanded(part) for key, part in value.items()}
    return list(map(_expanded, value)) if isinstance(value, list) else value


def _layers(part: Part, values: Any) -> Iterator[Any]:
    """Yield the layers in a valid part of a project."""
    if part == "Defaults":
        yield values["defaults"] or {}
    elif part == "Templates":
        yield from (layer for layer in values["templates"].values() if layer is not None)


def _has_usual_storages(layer: Any) -> bool:
    """Whether the storages of a valid layer have no key that only the models judge."""
    return all(map(STORAGE_KEYS.issuperset, (layer.get("spec") or {}).get("storages") or ()))


def is_valid_task(values: Any) -> bool:
    """Whether values in which nothing is in doubt are a valid task with the defaults of its project."""
    if not _validator("Task")(values):
        return False
    spec = values["spec"]
    is_complete = all(spec.get(key) is not None for key in _REQUIRED_OF_A_MERGED_SPEC)
    return (
        is_complete
        and all(map(_is_complete_role, spec["roles"]))
        and all(map(_is_complete_storage, spec.get("storages") or ()))
    )


def _is_complete_role(role: Any) -> bool:
    has_one_size = (role.get("flavor") is None) != (role.get("resources") is None)
    return has_one_size and role.get("replicas") is not None


def _is_complete_storage(storage: Any) -> bool:
    return storage.get("type") is not None and STORAGE_KEYS.issuperset(storage)


@cache
def _validator(part: Part) -> Callable[[object], bool]:
    name = _FILES.get(part, "project")
    schema = json.loads(pkgutil.get_data("jobspec", f"schemas/{name}.v1.json") or b"")
    if part == "TaskSet":  # its template is checked as the tasks that are made of it
        schema["$defs"]["TaskSetSpec"]["properties"]["template"] = {"type": "object"}
    if part in _LAYERS:
        field = _LAYERS[part]
        layer = schema["$defs"]["ProjectSpec"]["properties"][field]
        schema = {"type": "object", "properties": {field: layer}, "$defs": schema["$defs"]}
    return Draft202012Validator(schema).is_valid


def is_in_doubt(value: Any) -> bool:
    """Whether a value contains what the schemas and the models may judge differently."""
    if isinstance(value, str):
        return "${{" in value or is_large(value) or not _is_whole(value)
    if isinstance(value, dict):
        return any(
            not isinstance(key, str) or not _is_whole(key) or is_in_doubt(part) for key, part in value.items()
        )
    if isinstance(value, list):
        return any(map(is_in_doubt, value))
    if isinstance(value, float):
        return not math.isfinite(value) or value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_INTEGER


def _is_whole(text: str) -> bool:
    """Whether a text has no half of a surrogate pair, which the validator cannot take."""
    return text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text)
