"""The view of a drift check: the content of its JSON, which the next check compares with, and of each format.

A report has all fields of a plan, so that a reader of earlier output finds them in the same places.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from jobspec.report.plan.view import PlanView
from jobspec.report.view import View

Version = Literal["jobspec/drift.v1"]
DriftStatus = Literal["clean", "pending", "drifted"]
UnknownVersion = Literal["jobspec/drift-unknown.v1"]


class FindingView(View, frozen=True, kw_only=True):
    """One way in which a task is not in its declared state."""

    id: Annotated[str, Meta(description="Equal in each report as long as the same value is observed.")]
    kind: Annotated[str, Meta(description="What it is, as a stable word: failed, duplicate, new, …")]
    task: Annotated[str, Meta(description="Name of the task.")]
    address: Annotated[str, Meta(description="Address of the task: the scope, `/` and its name.")]
    run: Annotated[str | None, Meta(description="Id of the run; null without one.")] = None
    field: Annotated[str | None, Meta(description="The field that differs; null for a whole run.")] = None
    observed: Annotated[object, Meta(description="What was observed; null for nothing.")] = None
    declared: Annotated[object, Meta(description="What is declared; null for nothing.")] = None
    detail: Annotated[str, Meta(description="Details, as text.")] = ""
    file: Annotated[str | None, Meta(description="The manifest's file; null without a manifest.")] = None
    line: Annotated[int | None, Meta(description="The line of the task's name in it, from 1.")] = None
    help: Annotated[str, Meta(description="What to do about it.")] = ""
    cause: Annotated[
        str | None,
        Meta(description="With --since, of what is pending: this-change, before or unknown; else null."),
    ] = None


class AcknowledgementView(View, frozen=True, kw_only=True):
    """An entry of `acknowledge` in the project file."""

    task: Annotated[str, Meta(description="Name of the task.")]
    kind: Annotated[str | None, Meta(description="Kind of finding; null for any.")] = None
    field: Annotated[str | None, Meta(description="The field; null for any.")] = None
    observed: Annotated[object, Meta(description="The observed value; null for any.")] = None
    run: Annotated[str | None, Meta(description="Id of the run; null for any.")] = None
    reason: Annotated[str, Meta(description="Why it is accepted.")]
    until: Annotated[str, Meta(description="Last day on which it is silent, in UTC.")]


class AcknowledgedView(View, frozen=True, kw_only=True):
    """A finding that an acknowledgement silences."""

    finding: Annotated[FindingView, Meta(description="The finding.")]
    by: Annotated[AcknowledgementView, Meta(description="The acknowledgement.")]


class StaleView(View, frozen=True, kw_only=True):
    """An acknowledgement that silences nothing."""

    entry: Annotated[AcknowledgementView, Meta(description="The acknowledgement.")]
    why: Annotated[str, Meta(description="Why it silences nothing.")]


class NotificationView(View, frozen=True, kw_only=True):
    """The notification of a check."""

    status: Annotated[
        Literal["sent", "failed", "nothing-to-send"],
        Meta(description="Whether it was sent. A check never fails because of it."),
    ]
    service: Annotated[str, Meta(description="slack, feishu, dingtalk, wecom or json.")]
    host: Annotated[str, Meta(description="Host of the address; no other part of it is shown.")]
    key: Annotated[str, Meta(description="Equal for the same findings; empty if nothing is sent.")] = ""
    error: Annotated[str, Meta(description="Why it failed; empty if it did not.")] = ""
    unsent: Annotated[
        tuple[str, ...],
        Meta(description="Ids of the findings that were not sent; the next check sends them again."),
    ] = ()


class DriftView(PlanView, frozen=True, kw_only=True):
    """A drift check, as `jobspec drift --output json` prints it: all fields of the plan, and the findings."""

    version: Annotated[Version, Meta(description="Name of this format.")] = "jobspec/drift.v1"  # type: ignore[assignment]  # only the name differs from the plan's
    status: Annotated[
        DriftStatus,
        Meta(
            description="drifted if a task left its declared state, pending if something only has to be "
            "applied; also for known findings, but not for acknowledged ones."
        ),
    ]
    findings: Annotated[tuple[FindingView, ...], Meta(description="Drift that the last report lacks.")] = ()
    pending: Annotated[
        tuple[FindingView, ...],
        Meta(
            description="What only has to be applied and the last report lacks; none with --ignore-pending."
        ),
    ] = ()
    known: Annotated[
        tuple[FindingView, ...], Meta(description="Findings that the report of --only-new contains.")
    ] = ()
    carried: Annotated[
        tuple[FindingView, ...],
        Meta(description="Earlier findings about which this check knows nothing; they stay known."),
    ] = ()
    resolved: Annotated[
        tuple[FindingView, ...], Meta(description="Earlier findings that no longer exist.")
    ] = ()
    acknowledged: Annotated[
        tuple[AcknowledgedView, ...], Meta(description="Findings that the project acknowledges.")
    ] = ()
    stale_acknowledgements: Annotated[
        tuple[StaleView, ...], Meta(description="Acknowledgements that silence nothing.")
    ] = ()
    ignores_pending: Annotated[bool, Meta(description="Whether --ignore-pending was given.")] = False
    compared: Annotated[
        bool, Meta(description="Whether --only-new named an existing report; false on the first run.")
    ] = False
    labels: Annotated[
        dict[str, str],
        Meta(
            description="For each task, a hash of its declared metadata: distinguishes an edit from a change "
            "of the manifest."
        ),
    ] = {}  # noqa: RUF012 - msgspec copies it
    last_runs: Annotated[
        dict[str, str], Meta(description="For each task, the id of the newest run that was ever reported.")
    ] = {}  # noqa: RUF012
    unsent: Annotated[
        tuple[str, ...],
        Meta(
            description="Ids of the drift about which no notification was sent; the next check that has an "
            "address sends one, if --only-new names this report."
        ),
    ] = ()
    unsent_resolved: Annotated[
        tuple[FindingView, ...],
        Meta(description="Resolved drift about whose end no notification was sent, although one was due."),
    ] = ()
    notification: Annotated[
        NotificationView | None, Meta(description="The notification; null without an address for it.")
    ] = None


class UnknownDriftView(View, frozen=True, kw_only=True):
    """A drift check that could not decide anything: neither clean nor drifted."""

    version: Annotated[UnknownVersion, Meta(description="Name of this format.")] = "jobspec/drift-unknown.v1"
    status: Annotated[Literal["unknown"], Meta(description="Always unknown.")] = "unknown"
    code: Annotated[str, Meta(description="Diagnostic code of the error; see `jobspec explain`.")]
    message: Annotated[str, Meta(description="Why nothing is known.")]
    help: Annotated[str, Meta(description="What to do.")] = ""
