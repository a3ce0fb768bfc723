"""Drift reports on disk: the last one is read within limits, and a new one is written as a whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import MsgspecError, Struct, convert, field

from jobspec import bounded_json
from jobspec.errors import UsageError
from jobspec.quoting import quote
from jobspec.reconcile.drift.finding import KINDS, DriftFinding
from jobspec.regular import read_regular
from jobspec.workflow.project.whole_files import write_whole

if TYPE_CHECKING:
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

    def finding(self) -> DriftFinding:
        return DriftFinding(
            kind=self.kind,
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

    def known(self) -> tuple[DriftFinding, ...]:
        """Return the findings that were reported, and not acknowledged, when it was written."""
        reported = (*self.findings, *self.pending, *self.earlier, *self.carried)
        return tuple(one.finding() for one in reported if one.kind in KINDS)

    @property
    def unsent(self) -> frozenset[str]:
        """The ids of its findings about which no notification could be sent."""
        return frozenset(self.notification.unsent if self.notification else ())


def read_last(path: Path) -> LastReport | None:
    """Return the last report; None if the file does not exist yet, as on the first run.

    Raises `UsageError` for a file that is not a whole report of this format.
    """
    try:
        content = read_regular(path, at_most=_MAX_BYTES + 1, follow_links=True)
    except FileNotFoundError:
        return None
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
    return UsageError(f"{quote(path)} {why}", help=_ADVICE.format(file=path), code="JS430")


def check_replaceable(path: Path) -> None:
    """Raise `UsageError` if the path is a link, a device or a folder: a report replaces files only."""
    if os.path.lexists(path) and (path.is_symlink() or not path.is_file()):
        raise UsageError(
            f"{quote(path)} is not a regular file; it was not overwritten",
            help="use another name, or redirect the output",
            code="JS604",
        )


def write_report(path: Path, text: str) -> None:
    """Write a file as a whole, with the usual permissions: a collector of metrics may be another user.

    Raises `OSError`.
    """
    write_whole(path, text, mode=0o666)
