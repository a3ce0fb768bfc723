"""Notifies about a check, at an address from outside the checkout. It never fails the check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.cloud.notify.address import WebhookAddress, read_address
from jobspec.cloud.notify.sending import send
from jobspec.errors import JobspecError, ManifestError
from jobspec.report.drift.chat import digest_of, unsent
from jobspec.report.drift.view import NotificationView
from jobspec.workflow.project.configuration import read_configuration

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from jobspec.report.drift.view import DriftView
    from jobspec.workflow.surroundings import Surroundings

URL, SECRET = "JOBSPEC_NOTIFY_URL", "JOBSPEC_NOTIFY_SECRET"
NOWHERE = "none"


class NotifyTarget(Struct, frozen=True):
    """An address, or why the configured one cannot be used; both empty if there is none."""

    address: WebhookAddress | None = None
    problem: str = ""


def find_target(typed: str | None, surroundings: Surroundings) -> NotifyTarget:
    """Return where notifications go: the option, else the environment, else the configuration.

    Raises `UsageError` for an option that is not an address; a wrong setting elsewhere is a problem that does
    not fail the check.
    """
    environ = surroundings.environ
    if typed == NOWHERE:
        return NotifyTarget()
    if typed is not None:
        return NotifyTarget(read_address(typed, environ.get(SECRET, "")))
    try:
        return _configured(surroundings)
    except JobspecError as error:
        return NotifyTarget(problem=_why(error))


def _why(error: JobspecError) -> str:
    if not isinstance(error, ManifestError):
        return f"{error.message}; {error.help}"
    first = error.diagnostics[0]
    at = f"{first.place.file}:{first.place.span.start.line}: " if first.place else ""
    return f"{at}{first.message}"


def _configured(surroundings: Surroundings) -> NotifyTarget:
    environ = surroundings.environ
    url, secret = environ.get(URL, "").strip(), environ.get(SECRET, "")
    if not url:
        found = read_configuration(environ, surroundings.home).notify
        if found is None:
            return NotifyTarget()
        url, secret = found.url, secret or found.secret
    return NotifyTarget() if url == NOWHERE else NotifyTarget(read_address(url, secret))


def notified(view: DriftView, destination: NotifyTarget, before: Collection[str], now: datetime) -> DriftView:
    """Send what is not sent yet, and return the view with the result.

    `before` are the ids of earlier findings about which no notification could be sent.
    """
    address, problem = destination.address, destination.problem
    if address is None:
        failed = NotificationView(status="failed", service="json", host="", error=problem)
        return replace(view, notification=failed) if problem else view
    findings = unsent(view, before)
    digest = digest_of(view, findings)
    result = NotificationView(status="nothing-to-send", service=address.service, host=address.host)
    if digest is None:
        return replace(view, notification=result)
    error = send(address, digest, now)
    ids = tuple(finding.id for finding in findings)
    result = replace(result, status="failed" if error else "sent", key=digest.key, error=error)
    return replace(view, notification=replace(result, unsent=ids if error else ()))
