"""The texts of a drift report that all formats share."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from jobspec.manifest.task import environment_option
from jobspec.reconcile.drift.finding import PENDING, DriftFinding
from jobspec.report.plan import attribution
from jobspec.report.plan.difference import short, shown
from jobspec.report.text import count, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.report.drift.view import AcknowledgementView, DriftView, FindingView, UnknownDriftView

_LOOK = "see the log: jobspec logs {task}; to run it again, change its spec or `lifecycle.rerun`"
_APPLY = "to apply it, run: jobspec apply{environment}"
_ADVICE = {
    "cancelled-outside": "to run it again, change its spec or `lifecycle.rerun`, then apply",
    "failed": _LOOK,
    "metadata-edited": "to restore what the manifest declares, run: jobspec apply{environment}; or edit the "
    "manifest",
    "duplicate": "to keep only the oldest run, run: jobspec apply{environment}",
    "copy": "if nobody needs it, stop it: jobspec task cancel {run}",
    "unmanaged-twin": "if nobody needs it, stop it; to manage it, stop the run of the task and run: "
    "jobspec adopt {run} {task}",
    "other-scope": "stop one of the two runs, or release that one from its scope",
    "platform-retry": "wait until it ends, or adopt it: jobspec adopt {run} {task}",
    "record-gone": "find out who deleted it; apply submits the task again: jobspec apply{environment}",
    "unknown-state": "jobspec does not act on such a run; check it in the platform's console",
    "inconsistent-tags": "jobspec never changes such a run; to stop managing it, run: "
    "jobspec task update {run} --remove-jobspec-tags",
    "protected": "to allow the change, set `lifecycle.protect: false` and apply that first",
    "unclear-rename": "list exactly one of the tasks in `lifecycle.previousNames`",
    "waits-for-completion": "it is applied once the run has ended: jobspec apply{environment}",
    "waiting": "apply submits it once it need not wait any more: jobspec apply{environment} --wait",
    "blocked-by-failure": "run the failed task again: change its spec or `lifecycle.rerun`, then apply",
    "manual": "to replace the run now, run jobspec cancel {task}, then apply",
    "stopping": "apply waits until the run has ended: jobspec apply{environment}",
    "retry": "a later apply starts the next attempt: jobspec apply{environment}",
}
_LONGEST = 300
"""Characters of an observed or a declared value that are shown."""


def advice(finding: DriftFinding, scope: str) -> str:
    """Return what to do about a finding, with commands that can be copied."""
    environment = environment_option(scope)
    name = printable(finding.task)
    return _ADVICE.get(finding.kind, _APPLY).format(
        task=(name if name == finding.task else shlex.quote(name)) + environment,
        run=printable(finding.run),
        environment=environment,
    )


def counted(view: DriftView) -> list[FindingView]:
    """Return what is out of order and not acknowledged, whether or not it is new."""
    found = (*view.findings, *view.pending, *view.known, *view.carried)
    return [one for one in found if not (view.ignores_pending and is_pending(one))]


def verdict(view: DriftView) -> str:
    """Return the counts in one line, beginning with the status."""
    unchecked = len(counted(view)) - len(view.findings) - len(view.pending) - len(view.known)
    parts = [
        count(len(view.findings), "finding") if view.findings else "",
        f"{len(view.pending)} pending" if view.pending else "",
        f"{len(view.known)} known from the last report" if view.known else "",
        f"{unchecked} known and not checked" if unchecked else "",
        f"{len(view.resolved)} resolved" if view.resolved else "",
        f"{len(view.acknowledged)} acknowledged" if view.acknowledged else "",
        f"{count(len(view.stale_acknowledgements), 'stale acknowledgement')}"
        if view.stale_acknowledgements
        else "",
    ]
    named = ", ".join(filter(None, parts)) or "nothing to report"
    left_out = f"; {count(view.left_out, 'task')} not selected" if view.left_out else ""
    return f"{view.status}: {named}{left_out}"


def unknown(view: UnknownDriftView) -> str:
    """Return the verdict of a check that decided nothing."""
    return f"unknown: {printable(view.message)} ({view.code})"


def subject(finding: FindingView) -> str:
    """Return the task, with the run and the field."""
    return " ".join(filter(None, (printable(finding.task), printable(finding.run or ""))))


def difference(finding: FindingView) -> str:
    """Return what was observed and what is declared; empty if neither says anything."""
    if finding.observed is None and finding.declared is None:
        return ""
    named = f"{printable(finding.field)}: " if finding.field else ""
    seen, wanted = (short(shown(value), _LONGEST) for value in (finding.observed, finding.declared))
    return f"{named}observed {seen}" + (f", declared {wanted}" if finding.declared is not None else "")


def place(finding: FindingView) -> str:
    """Return the file and line of the manifest; empty if there is none."""
    return f"{printable(finding.file)}:{finding.line}" if finding.file else ""


def details(finding: FindingView) -> Iterator[str]:
    """Yield the lines about a finding: what differs, why, and what to do."""
    if found := difference(finding):
        yield found
    if finding.detail and finding.detail != finding.observed:
        yield printable(finding.detail)
    if finding.cause:
        yield attribution.TITLES[finding.cause]
    if finding.help:
        yield f"help: {finding.help}"


def acknowledged(view: DriftView) -> list[str]:
    """Return a line for each acknowledged finding."""
    return [
        f"{one.finding.kind} {subject(one.finding)}, until {one.by.until}: {printable(one.by.reason)}"
        for one in view.acknowledged
    ]


def stale(view: DriftView) -> list[str]:
    """Return a line for each acknowledgement that silences nothing."""
    return [f"{acknowledgement(one.entry)}; {one.why}" for one in view.stale_acknowledgements]


def acknowledgement(entry: AcknowledgementView) -> str:
    """Return what an acknowledgement is about, until when, and why."""
    about = filter(None, (entry.kind, entry.field, entry.run))
    named = " ".join(map(printable, (entry.task, *about)))
    value = f" observed {short(shown(entry.observed), _LONGEST)}" if entry.observed is not None else ""
    return f"{named}{value}, until {entry.until}: {printable(entry.reason)}"


def is_pending(finding: FindingView) -> bool:
    """Return whether a finding is only not applied yet."""
    return finding.kind in PENDING
