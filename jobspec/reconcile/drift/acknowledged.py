"""Which findings a project acknowledges, and which of its acknowledgements no longer apply. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.reconcile.drift.finding import DriftFinding, comparable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from jobspec.manifest.values import Acknowledgement


class Silenced(Struct, frozen=True):
    """A finding, and the acknowledgement that silences it."""

    finding: DriftFinding
    by: Acknowledgement


class Stale(Struct, frozen=True):
    """An acknowledgement that silences nothing, and why."""

    entry: Acknowledgement
    why: str


class Judged(Struct, frozen=True):
    """Findings that are reported, findings that are acknowledged, and acknowledgements without effect."""

    reported: tuple[DriftFinding, ...]
    silenced: tuple[Silenced, ...]
    stale: tuple[Stale, ...]


def judge(
    findings: Sequence[DriftFinding],
    entries: Iterable[Acknowledgement],
    today: date,
    undecided: Collection[str] = (),
) -> Judged:
    """Separate the findings that an entry silences today, in UTC.

    An entry about a task in `undecided`, about which not everything is known, is not called stale.
    """
    entries, day = tuple(entries), today.isoformat()
    active = [entry for entry in entries if entry.until >= day]
    by = {finding.id: _first(active, finding) for finding in findings}
    silenced = tuple(Silenced(one, entry) for one in findings if (entry := by[one.id]) is not None)
    stale = (
        Stale(entry, why)
        for entry in entries
        if entry.task not in undecided and (why := _why_stale(entry, findings, day))
    )
    return Judged(tuple(one for one in findings if by[one.id] is None), silenced, tuple(stale))


def _first(entries: Iterable[Acknowledgement], finding: DriftFinding) -> Acknowledgement | None:
    return next((entry for entry in entries if matches(entry, finding)), None)


def matches(entry: Acknowledgement, finding: DriftFinding) -> bool:
    """Return whether an entry is about the finding, whatever the date."""
    is_observed = entry.observed is None or comparable(entry.observed) == comparable(finding.observed)
    return _is_about(entry, finding) and is_observed and entry.run in {None, finding.run}


def _is_about(entry: Acknowledgement, finding: DriftFinding) -> bool:
    return (
        entry.task == finding.task
        and entry.kind in {None, finding.kind}
        and entry.field in {None, finding.field}
    )


def _why_stale(entry: Acknowledgement, findings: Iterable[DriftFinding], day: str) -> str:
    """Return why an entry silences nothing; empty if it silences a finding."""
    about = [finding for finding in findings if _is_about(entry, finding)]
    if not about:
        return "it matches nothing"
    if not any(matches(entry, finding) for finding in about):
        return "another value or run is observed"
    return "" if entry.until >= day else "it has expired"
