"""The identity of an intention to submit a run. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.payload.spec_hash import digest

if TYPE_CHECKING:
    from collections.abc import Iterable


def run_id(scope: str, task: str, spec: str, seen: Iterable[str]) -> str:
    """Return the id of one intention to submit: the same for every applier with the same view."""
    return digest([scope, task, spec, sorted(seen)])
