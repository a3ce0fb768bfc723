"""From the findings of a check to its view. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, convert
from msgspec.structs import asdict, replace

from jobspec.reconcile.drift.finding import PENDING, DriftFinding
from jobspec.report.drift import words
from jobspec.report.drift.view import (
    AcknowledgedView,
    AcknowledgementView,
    DriftView,
    FindingView,
    StaleView,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jobspec.manifest.values import Acknowledgement
    from jobspec.reconcile.drift.acknowledged import Judged
    from jobspec.reconcile.drift.known import Compared
    from jobspec.report.drift.view import DriftStatus
    from jobspec.report.plan.view import PlanView


class Checked(Struct, frozen=True):
    """What a check found out. `labels` and `last_runs` are by the name of the task."""

    compared: Compared
    judged: Judged
    labels: Mapping[str, str]
    last_runs: Mapping[str, str]
    ignores_pending: bool = False
    is_compared: bool = False


def build_view(plan: PlanView, checked: Checked) -> DriftView:
    """Return the view of a check; the same findings give the same bytes."""
    causes = {change.task: change.cause for change in reversed(plan.changes) if change.cause}
    compared, shown = checked.compared, _Shown(plan.scope, causes)
    fields: dict[str, Any] = {key: value for key, value in asdict(plan).items() if key != "version"}
    return DriftView(
        **fields,
        status=_status(checked),
        findings=shown.all(one for one in compared.new if not one.is_pending),
        pending=shown.all(one for one in compared.new if one.is_pending),
        known=shown.all(compared.known),
        carried=shown.all(compared.carried),
        resolved=shown.all(compared.resolved),
        acknowledged=tuple(
            AcknowledgedView(finding=shown.one(silenced.finding), by=_entry(silenced.by))
            for silenced in checked.judged.silenced
        ),
        stale_acknowledgements=tuple(
            StaleView(entry=_entry(stale.entry), why=stale.why) for stale in checked.judged.stale
        ),
        ignores_pending=checked.ignores_pending,
        compared=checked.is_compared,
        labels=dict(sorted(checked.labels.items())),
        last_runs=dict(sorted(checked.last_runs.items())),
    )


class _Shown(Struct, frozen=True):
    scope: str
    causes: Mapping[str, str]
    """With `--since`: what caused the first change of each task."""

    def all(self, findings: Iterable[DriftFinding]) -> tuple[FindingView, ...]:
        return tuple(map(self.one, findings))

    def one(self, finding: DriftFinding) -> FindingView:
        cause = self.causes.get(finding.task) if finding.is_pending else None
        return replace(finding_view(finding, self.scope), cause=cause)


def finding_view(finding: DriftFinding, scope: str) -> FindingView:
    """Return the view of a finding, without what caused it."""
    return FindingView(
        id=finding.id,
        kind=finding.kind,
        task=finding.task,
        address=f"{scope}/{finding.task}",
        run=finding.run or None,
        field=finding.field or None,
        observed=finding.observed,
        declared=finding.declared,
        detail=finding.detail,
        file=finding.file or None,
        line=finding.line or None,
        help=words.advice(finding, scope),
    )


def _entry(entry: Acknowledgement) -> AcknowledgementView:
    return convert(entry, AcknowledgementView, from_attributes=True)


def _status(checked: Checked) -> DriftStatus:
    compared = checked.compared
    kinds: set[str] = {finding.kind for finding in (*compared.new, *compared.known, *compared.carried)}
    kinds -= PENDING if checked.ignores_pending else frozenset()
    if kinds - PENDING:
        return "drifted"
    return "pending" if kinds else "clean"
