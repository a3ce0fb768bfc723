"""What a notification says about a check: one digest of the findings that were not sent yet. Pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta, to_builtins

from jobspec.cloud.notify.digest import ChatDigest
from jobspec.report.drift import words
from jobspec.report.drift.view import FindingView
from jobspec.report.text import count, printable
from jobspec.report.view import PlatformView, View

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from jobspec.report.drift.view import DriftView

MOST_FINDINGS = 200
"""The findings that a plain webhook receives; the others are counted."""
Version = Literal["jobspec/drift-notification.v1"]


class DriftNotificationView(View, frozen=True, kw_only=True):
    """What a plain webhook receives from `jobspec drift --notify`."""

    version: Annotated[Version, Meta(description="Name of this format.")] = "jobspec/drift-notification.v1"
    title: Annotated[str, Meta(description="The scope and the counts, in one line.")]
    key: Annotated[str, Meta(description="Equal for the same findings: a receiver can drop repetitions.")]
    scope: Annotated[str, Meta(description="The scope: project or project/environment.")]
    platform: Annotated[PlatformView, Meta(description="Where the tasks run.")]
    status: Annotated[str, Meta(description="clean, pending or drifted.")]
    findings: Annotated[tuple[FindingView, ...], Meta(description="Drift that was not sent before.")] = ()
    resolved: Annotated[tuple[FindingView, ...], Meta(description="Findings that no longer exist.")] = ()
    more: Annotated[int, Meta(description="Number of findings that are left out.")] = 0


def unsent(view: DriftView, before: Collection[str]) -> tuple[FindingView, ...]:
    """Return the drift that no notification was sent about: what is new, and what was unsent `before`.

    What is pending is not sent.
    """
    known = (one for one in (*view.known, *view.carried) if one.id in before)
    return (*view.findings, *(one for one in known if not words.is_pending(one)))


def ended(
    view: DriftView, before: Collection[str], earlier: Iterable[FindingView]
) -> tuple[FindingView, ...]:
    """Return the resolved drift, of this check and `earlier`, about whose end no notification was sent.

    Findings that were unsent `before` are left out: no notification was ever sent about them.
    """
    silenced = (one.finding for one in view.acknowledged)
    again = {one.id for one in (*view.findings, *view.known, *view.carried, *silenced)}
    found = {one.id: one for one in (*earlier, *view.resolved) if not words.is_pending(one)}
    return tuple(one for one in found.values() if one.id not in before and one.id not in again)


def digest_of(view: DriftView) -> ChatDigest | None:
    """Return the digest about what is unsent: findings, or the end of all drift; None if there is nothing."""
    listed = (*view.findings, *view.known, *view.carried)
    findings = tuple(one for one in listed if one.id in frozenset(view.unsent))
    resolved = view.unsent_resolved
    if not findings and (not resolved or view.status == "drifted"):
        return None
    title = f"jobspec drift: {printable(view.scope)} {_title(findings, resolved)}"
    key = _key(view, findings, resolved)
    document = DriftNotificationView(
        title=title,
        key=key,
        scope=view.scope,
        platform=view.platform,
        status=view.status,
        findings=findings[:MOST_FINDINGS],
        resolved=resolved[:MOST_FINDINGS],
        more=len(findings[MOST_FINDINGS:]),
    )
    lines = (*map(_line, findings), *(f"resolved: {one.kind} {words.subject(one)}" for one in resolved))
    return ChatDigest(title, lines, key, _plain(document))


def _title(findings: Collection[FindingView], resolved: Collection[FindingView]) -> str:
    return (
        f"has {count(len(findings), 'finding')}"
        if findings
        else f"has no more drift: {len(resolved)} resolved"
    )


def _line(finding: FindingView) -> str:
    about = f"{finding.kind} {words.subject(finding)}"
    return ": ".join(filter(None, (about, words.difference(finding))))


def _key(view: DriftView, findings: Iterable[FindingView], resolved: Iterable[FindingView]) -> str:
    """Return a text of stable parts only: no time, no count of attempts, no id of a request."""
    parts = [view.scope, view.platform.kind, view.platform.region]
    parts += sorted(one.id for one in findings) + sorted(f"-{one.id}" for one in resolved)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _plain(view: DriftNotificationView) -> dict[str, Any]:
    plain: dict[str, Any] = to_builtins(view)
    return plain
