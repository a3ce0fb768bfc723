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
    from collections.abc import Callable, Mapping

Part = Literal["Task", "TaskSet", "Project", "Defaults"]
_FILES: Mapping[Part, tuple[str, str]] = {
    "Task": ("task", "#"),
    "TaskSet": ("taskset", "#"),
    "Project": ("project", "#"),
    "Defaults": ("project", "#/$defs/Defaults"),
}
_REQUIRED_OF_A_MERGED_SPEC = ("image", "entrypoint", "roles")


def accepts(part: Part, values: object) -> bool:
    """Whether a document is certainly valid by itself; False if the models have to decide.

    For a task, the defaults of its project are part of `values`.
    """
    if is_in_doubt(values):
        return False
    return is_valid_task(values) if part == "Task" else _validator(part)(values)


def is_valid_task(values: Any) -> bool:
    """Whether values in which nothing is in doubt are a valid task with the defaults of its project."""
    if not _validator("Task")(values):
        return False
    spec = values["spec"]
    is_complete = all(spec.get(key) is not None for key in _REQUIRED_OF_A_MERGED_SPEC)
    return is_complete and all(map(STORAGE_KEYS.issuperset, spec.get("storages") or ()))


@cache
def _validator(part: Part) -> Callable[[object], bool]:
    name, root = _FILES[part]
    schema = json.loads(pkgutil.get_data("jobspec", f"schemas/{name}.v1.json") or b"")
    wanted = schema if root == "#" else {"$ref": root, "$defs": schema["$defs"]}
    if part == "TaskSet":  # its template is checked as the tasks that are made of it
        schema["$defs"]["TaskSetSpec"]["properties"]["template"] = {"type": "object"}
    return Draft202012Validator(wanted).is_valid


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
