"""Names for imported tasks and their files: what the platform allows, others may not; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobspec.manifest.files.filenames import PROJECT_FILE
from jobspec.manifest.schema.scalars import NAME_PATTERN

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_NAME = 200
MAX_FILE_BYTES = 200
_NOT_IN_A_NAME = re.compile(f"[^{NAME_PATTERN.removeprefix('^[').removesuffix(']+$')}]+")


def manifest_name(live: str) -> str:
    """The name of a live task, or the nearest to it that a manifest can have."""
    if re.fullmatch(NAME_PATTERN, live) and len(live) <= MAX_NAME:
        return live
    return _NOT_IN_A_NAME.sub("-", live)[:MAX_NAME].strip("-") or "task"


def distinct(name: str, task_id: str, taken: Collection[str]) -> str:
    """The name, or with as much of the task's id as makes it one that is not taken."""
    whole_id = manifest_name(task_id)
    for candidate in (name, _with(name, whole_id.rpartition("-")[2]), _with(name, whole_id)):
        if candidate not in taken:
            return candidate
    numbers = (_with(name, f"{whole_id}-{number}") for number in range(2, len(taken) + 3))
    return next(candidate for candidate in numbers if candidate not in taken)


def file_name(name: str, task_id: str) -> str:
    """The file for a task of that name: never the project file, never longer than a folder can hold."""
    stem = name.encode()[:MAX_FILE_BYTES].decode(errors="ignore")
    if stem != name:
        stem = _with(stem, manifest_name(task_id))
    is_project_file = f"{stem}.yaml".casefold() == PROJECT_FILE.casefold()
    return f"{stem}-task.yaml" if is_project_file else f"{stem}.yaml"


def _with(name: str, suffix: str) -> str:
    suffix = suffix[: MAX_NAME // 2]
    return f"{name[: MAX_NAME - len(suffix) - 1]}-{suffix}"
