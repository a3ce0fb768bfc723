"""Compares findings with those of the last report: what is new, known, resolved or undecided. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.reconcile.drift.finding import UNDECIDED, DriftFinding, ordered

if TYPE_CHECKING:
    from collections.abc import Iterable


class Compared(Struct, frozen=True):
    """`carried` are earlier findings about which this check says nothing: they stay known, not resolved."""

    new: tuple[DriftFinding, ...]
    known: tuple[DriftFinding, ...] = ()
    resolved: tuple[DriftFinding, ...] = ()
    carried: tuple[DriftFinding, ...] = ()


class Coverage(Struct, frozen=True):
    """What a check looked at: the names of the tasks, or None for all; and whether at pending findings.

    `undecided` are tasks about which it says nothing, although it looked at them.
    """

    tasks: frozenset[str] | None = None
    with_pending: bool = True
    undecided: frozenset[str] = frozenset()

    def decides(self, finding: DriftFinding) -> bool:
        """Return whether the check knows if an earlier finding still exists."""
        is_checked = self.tasks is None or finding.task in self.tasks
        is_decided = is_checked and finding.task not in self.undecided
        return is_decided and (self.with_pending or not finding.is_pending)


def undecided(findings: Iterable[DriftFinding]) -> frozenset[str]:
    """Return the tasks about which nothing else is known, because their runs cannot be understood."""
    return frozenset(finding.task for finding in findings if finding.kind in UNDECIDED)


def compare(
    reported: Iterable[DriftFinding],
    silenced: Iterable[DriftFinding],
    last: Iterable[DriftFinding] | None,
    coverage: Coverage,
) -> Compared:
    """Compare the findings with the earlier ones; without a last report, all are new.

    A silenced finding is neither new nor resolved: it is reported anew once it is no longer silenced.
    """
    now, silent = ordered(reported), {finding.id for finding in silenced}
    if last is None:
        return Compared(now)
    earlier = ordered(last)
    before, present = {finding.id for finding in earlier}, {finding.id for finding in now}
    absent = [one for one in earlier if one.id not in present and one.id not in silent]
    return Compared(
        new=tuple(finding for finding in now if finding.id not in before),
        known=tuple(finding for finding in now if finding.id in before),
        resolved=tuple(finding for finding in absent if coverage.decides(finding)),
        carried=tuple(finding for finding in absent if not coverage.decides(finding)),
    )
