"""Notifies about a check, at an address from outside the checkout. It never fails the check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.cloud.notify.address import WebhookAddress, read_address
from jobspec.cloud.notify.sending import send
from jobspec.errors import JobspecError, ManifestError
from jobspec.report.drift.chat import digest_of
from jobspec.report.drift.view import NotificationView
from jobspec.workflow.project.configuration import read_configuration

if TYPE_CHECKING:
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


def notified(view: DriftView, destination: NotifyTarget, now: datetime) -> DriftView:
    """Send what is owed, and return the view with the result; without an address, it stays owed."""
    address = destination.address
    digest = digest_of(view) if address else None
    if address is None or digest is None:
        return not_notified(view, destination, destination.problem)
    error = send(address, digest, now)
    if error:
        return not_notified(view, destination, error)
    result = NotificationView(status="sent", service=address.service, host=address.host, key=digest.key)
    return replace(view, notification=result, unsent=(), unsent_resolved=())


def not_notified(view: DriftView, destination: NotifyTarget, why: str) -> DriftView:
    """Return the view of a check that sends nothing; `why` is empty if there is nothing to send."""
    address, digest = destination.address, digest_of(view)
    if address is None and not destination.problem:
        return view
    result = NotificationView(
        status="nothing-to-send",
        service=address.service if address else "json",
        host=address.host if address else "",
    )
    if address is None or digest is not None:
        key = digest.key if address and digest else ""
        result = replace(result, status="failed", key=key, error=why, unsent=view.unsent)
    return replace(view, notification=result)
