"""The spec hash: a fingerprint of everything that defines a run, and of nothing else.

It must not change from one release to the next: a run is recognised by it. Golden tests pin it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from jobspec.manifest.payload import payload
from jobspec.manifest.payload_fields import without_fields
from jobspec.manifest.scalars import SecretRef

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.manifest.task import Task

_VERSION = "1"
_LABELS = frozenset({"Name", "Description", "Tags"})


def spec_hash(task: Task) -> str:
    """Return the hash of what a run of the task would be: the version, then 16 hex digits."""
    return _fingerprint(payload(task), task.lifecycle.rerun)


def core_hash(task: Task) -> str:
    """Return the same hash without the fields of `ignoreChanges`; empty when it ignores none."""
    ignored = task.lifecycle.ignore_changes
    if not ignored:
        return ""
    return _fingerprint(without_fields(payload(task), ignored), task.lifecycle.rerun)


def run_id(scope: str, task: str, spec: str, seen: Iterable[str]) -> str:
    """Return the name of one intention to submit: the same for every applier with the same view."""
    return _digest([scope, task, spec, sorted(seen)])


def _fingerprint(body: dict[str, object], rerun: str) -> str:
    definition = {key: value for key, value in body.items() if key not in _LABELS}
    if rerun:
        definition["rerun"] = rerun
    return _VERSION + _digest(definition)


def _digest(value: object) -> str:
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def canonical_json(value: object) -> str:
    """Return JSON with sorted keys and no insignificant space; secrets stand as their references."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_reference
    )


def _reference(value: object) -> object:
    if isinstance(value, SecretRef):
        return value.reference
    raise TypeError(f"a payload cannot hold a {type(value).__name__}")
