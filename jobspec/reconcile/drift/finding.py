"""One finding of `jobspec drift`, and its identity."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, get_args

from msgspec import Struct

from jobspec.manifest.values import DriftKind, PendingKind

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS: tuple[DriftKind, ...] = get_args(DriftKind)
PENDING: frozenset[str] = frozenset(get_args(PendingKind))
"""The kinds of findings that an apply is expected to resolve: a manifest was changed and not applied yet."""
UNDECIDED = frozenset({"unknown-state", "inconsistent-tags"})
"""The kinds after which nothing else is known about the task."""


class DriftFinding(Struct, frozen=True, kw_only=True):
    """A task that is not in its declared state. `observed` and `declared` are JSON values without secrets.

    `file` and `line` are the place of the manifest; empty and 0 if no manifest declares the task.
    """

    kind: DriftKind
    task: str
    run: str = ""
    field: str = ""
    observed: object = None
    declared: object = None
    detail: str = ""
    file: str = ""
    line: int = 0

    @property
    def is_pending(self) -> bool:
        """Whether it is only not applied yet."""
        return self.kind in PENDING

    @property
    def id(self) -> str:
        """The identity: equal as long as the same value is observed at the same run; without any time."""
        parts = [self.kind, self.task, self.run, self.field, comparable(self.observed)]
        text = json.dumps(parts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def kind_named(name: str) -> DriftKind | None:
    """Return the kind with a name; None if there is none."""
    return next((kind for kind in KINDS if kind == name), None)


def comparable(value: object) -> object:
    """Return an observed value in a form in which the order of a list has no meaning."""
    return sorted(value, key=str) if isinstance(value, (list, tuple)) else value


def ordered(findings: Iterable[DriftFinding]) -> tuple[DriftFinding, ...]:
    """Return the findings without repetitions: drift before what is pending, then by kind, task and run."""
    by_id = {finding.id: finding for finding in findings}
    return tuple(sorted(by_id.values(), key=_key))


def _key(finding: DriftFinding) -> tuple[object, ...]:
    return (KINDS.index(finding.kind), finding.task, finding.run, finding.field, finding.id)
