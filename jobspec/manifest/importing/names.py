"""Names for imported tasks and their files: not every name on the platform is valid in a manifest. Pure."""

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
    """Return the name of a live task, or the most similar one that is valid in a manifest."""
    if re.fullmatch(NAME_PATTERN, live) and len(live) <= MAX_NAME:
        return live
    return _NOT_IN_A_NAME.sub("-", live)[:MAX_NAME].strip("-") or "task"


def distinct(name: str, task_id: str, taken: Collection[str]) -> str:
    """Return the name, with as much of the task's id as is needed to make it unique."""
    whole_id = manifest_name(task_id)
    for candidate in (name, _with(name, whole_id.rpartition("-")[2]), _with(name, whole_id)):
        if candidate not in taken:
            return candidate
    numbers = (_with(name, f"{whole_id}-{number}") for number in range(2, len(taken) + 3))
    return next(candidate for candidate in numbers if candidate not in taken)


def file_name(name: str, task_id: str) -> str:
    """Return the file name for a task: never the project file, never longer than a file system allows."""
    stem = name.encode()[:MAX_FILE_BYTES].decode(errors="ignore")
    if stem != name:
        stem = _with(stem, manifest_name(task_id))
    is_project_file = f"{stem}.yaml".casefold() == PROJECT_FILE.casefold()
    return f"{stem}-task.yaml" if is_project_file else f"{stem}.yaml"


def _with(name: str, suffix: str) -> str:
    suffix = suffix[: MAX_NAME // 2]
    return f"{name[: MAX_NAME - len(suffix) - 1]}-{suffix}"
