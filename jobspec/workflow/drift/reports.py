"""The last drift report: it is read within limits, and only as far as the next check needs it."""

from __future__ import annotations

import errno
import shlex
from typing import TYPE_CHECKING

from msgspec import MsgspecError, Struct, convert, field

from jobspec import bounded_json
from jobspec.errors import UsageError
from jobspec.quoting import quote
from jobspec.reconcile.drift.finding import DriftFinding, kind_named
from jobspec.regular import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jobspec.report.view import PlatformView

_MAX_BYTES = 64 * 1024 * 1024
_VERSION = "jobspec/drift.v1"
_ADVICE = "make a new one: jobspec drift -o json --output-file {file}"


class _Lenient(Struct, frozen=True, rename="camel"):
    """A part of a report, of which later versions may have more fields."""


class _Finding(_Lenient, frozen=True, kw_only=True):
    id: str
    kind: str
    task: str
    run: str | None = None
    field: str | None = None
    observed: object = None
    declared: object = None
    detail: str = ""
    file: str | None = None
    line: int | None = None

    def finding(self) -> DriftFinding | None:
        """Return the finding; None if this version does not know its kind."""
        kind = kind_named(self.kind)
        return kind and DriftFinding(
            kind=kind,
            task=self.task,
            run=self.run or "",
            field=self.field or "",
            observed=self.observed,
            declared=self.declared,
            detail=self.detail,
            file=self.file or "",
            line=self.line or 0,
        )


class _Platform(_Lenient, frozen=True):
    kind: str
    region: str = ""
    endpoint: str = ""


class _Notification(_Lenient, frozen=True):
    unsent: tuple[str, ...] = ()


class LastReport(_Lenient, frozen=True, kw_only=True):
    """The parts of the last report that the next check compares with."""

    version: str
    scope: str
    platform: _Platform
    findings: tuple[_Finding, ...] = ()
    pending: tuple[_Finding, ...] = ()
    earlier: tuple[_Finding, ...] = field(default=(), name="known")
    carried: tuple[_Finding, ...] = ()
    labels: dict[str, str] = {}
    last_runs: dict[str, str] = {}
    notification: _Notification | None = None
    not_sent: tuple[str, ...] = field(default=(), name="unsent")
    resolved_not_sent: tuple[_Finding, ...] = field(default=(), name="unsentResolved")

    def known(self) -> tuple[DriftFinding, ...]:
        """Return the findings that were reported, and not acknowledged, when it was written."""
        reported = (*self.findings, *self.pending, *self.earlier, *self.carried)
        return _findings(reported)

    @property
    def unsent(self) -> frozenset[str]:
        """The ids of its findings about which no notification was sent."""
        return frozenset((*self.not_sent, *(self.notification.unsent if self.notification else ())))

    @property
    def unsent_resolved(self) -> tuple[DriftFinding, ...]:
        """The findings about whose end no notification was sent."""
        return _findings(self.resolved_not_sent)


def _findings(reported: Iterable[_Finding]) -> tuple[DriftFinding, ...]:
    return tuple(found for one in reported if (found := one.finding()) is not None)


def read_last(path: Path) -> LastReport | None:
    """Return the last report; None if the file does not exist yet, as on the first run.

    Raises `UsageError` for a file that is not a whole report of this format.
    """
    try:
        content = read_regular(path, at_most=_MAX_BYTES + 1, follow_links=True)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise UsageError(
            f"{quote(path)} is not a regular file",
            help="name a file that contains the last report; on the first run, it does not have to exist yet",
            code="JS430",
        ) from None
    if len(content) > _MAX_BYTES:
        raise _no_report(path, f"is larger than {_MAX_BYTES // 2**20} MiB")
    try:
        value = bounded_json.parse(content)
    except ValueError:
        raise _no_report(path, "is not JSON, or is incomplete") from None
    version = value.get("version") if isinstance(value, dict) else None
    if version != _VERSION:
        raise _no_report(path, "is not a drift report")
    try:
        return convert(value, LastReport)
    except MsgspecError:
        raise _no_report(path, "is not a valid drift report") from None


def check_same(last: LastReport, scope: str, platform: PlatformView) -> None:
    """Raise `UsageError` if the last report is about another scope or another platform."""
    then = (last.scope, last.platform.kind, last.platform.region, last.platform.endpoint)
    now = (scope, platform.kind, platform.region, platform.endpoint)
    if then != now:
        raise UsageError(
            f"the last report is about {quote(last.scope)} on {quote(_at(last.platform))}, "
            f"not about {quote(scope)} on {quote(_at(platform))}",
            help="use one file for each scope and platform",
            code="JS430",
        )


def _at(platform: _Platform | PlatformView) -> str:
    return " ".join(filter(None, (platform.kind, platform.region, platform.endpoint)))


def _no_report(path: Path, why: str) -> UsageError:
    return UsageError(f"{quote(path)} {why}", help=_ADVICE.format(file=shlex.quote(str(path))), code="JS430")
