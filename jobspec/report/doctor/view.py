"""The findings of the doctor: the content of the JSON and the source of the text."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from jobspec.report.view import PlatformView, View

Version = Literal["jobspec/doctor.v1"]
CheckStatus: TypeAlias = Literal["ok", "warning", "problem"]


class CheckView(View, frozen=True):
    """One check. A problem keeps commands from working, a warning does not."""

    name: Annotated[str, Meta(description="What was checked: `endpoint`, `clock`, an action, …")]
    status: Annotated[CheckStatus, Meta(description="ok, warning or problem.")]
    message: Annotated[str, Meta(description="What was found.")]
    help: Annotated[str, Meta(description="What to do about it; empty when it is ok.")] = ""


class DoctorView(View, frozen=True, kw_only=True):
    """What `jobspec doctor --output json` prints."""

    version: Annotated[Version, Meta(description="Name of this format.")] = "jobspec/doctor.v1"
    scope: Annotated[str | None, Meta(description="The scope of the project; null without one.")] = None
    platform: Annotated[PlatformView | None, Meta(description="Where tasks run; null if unknown.")] = None
    checks: Annotated[tuple[CheckView, ...], Meta(description="The checks.")]

    def count(self, status: CheckStatus) -> int:
        """Return the number of checks with this status."""
        return sum(check.status == status for check in self.checks)


def ok(name: str, message: str) -> CheckView:
    """Return a check that passed."""
    return CheckView(name=name, status="ok", message=message)


def warning(name: str, message: str, help: str) -> CheckView:  # noqa: A002 - the name in every diagnostic
    """Return a check with a finding that matters little or not always."""
    return CheckView(name=name, status="warning", message=message, help=help)


def problem(name: str, message: str, help: str) -> CheckView:  # noqa: A002
    """Return a check with a finding that keeps commands from working."""
    return CheckView(name=name, status="problem", message=message, help=help)
