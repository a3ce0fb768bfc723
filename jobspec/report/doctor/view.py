"""The findings of the doctor: the content of the JSON and the source of the text."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from jobspec.report.view import PlatformView, View

Version = Literal["jobspec/doctor.v1"]
CheckStatus: TypeAlias = Literal["ok", "warning", "problem"]


class CheckView(View):
    """One check. A problem keeps commands from working, a warning does not."""

    name: str = Field(description="What was checked: `endpoint`, `clock`, an action, …")
    status: CheckStatus = Field(description="ok, warning or problem.")
    message: str = Field(description="What was found.")
    help: str = Field(default="", description="What to do about it; empty when it is ok.")


class DoctorView(View):
    """What `jobspec doctor --output json` prints."""

    version: Version = Field(default="jobspec/doctor.v1", description="Name of this format.")
    scope: str | None = Field(default=None, description="The scope of the project; null without one.")
    platform: PlatformView | None = Field(default=None, description="Where tasks run; null if unknown.")
    checks: tuple[CheckView, ...] = Field(description="The checks.")

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
