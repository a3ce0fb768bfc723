"""Delivers the result of a check: to files, and as a notification, in an order in which nothing is lost."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.workflow.drift.files import write_files
from jobspec.workflow.drift.notifying import not_notified, notified

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from jobspec.errors import UsageError
    from jobspec.report.drift.formats import Form
    from jobspec.report.drift.view import DriftView
    from jobspec.workflow.drift.files import ReportFile
    from jobspec.workflow.drift.notifying import NotifyTarget

_INTERRUPTED = "the check ended before the notification was sent"
_NOT_WRITTEN = "it was not sent, because a report could not be written"


class Destinations(Struct, frozen=True):
    """Where the result goes: the files, and the address of notifications."""

    files: tuple[ReportFile, ...]
    notify: NotifyTarget


class Delivered(Struct, frozen=True):
    """The view with the result of the notification, and a problem for each file that was not written."""

    view: DriftView
    problems: tuple[UsageError, ...]


def deliver(
    view: DriftView, to: Destinations, text: Callable[[DriftView, Form], str], now: datetime
) -> Delivered:
    """Write the files, then notify, and then record in the JSON files what was sent.

    Until a notification is accepted, the report lists what it is about as unsent: if the check ends in
    between, the next one sends it. Without the files, nothing is sent: each check would send it again.
    """
    draft = not_notified(view, to.notify, to.notify.problem or _INTERRUPTED)
    problems = write_files(to.files, partial(text, draft))
    if problems:
        return Delivered(not_notified(view, to.notify, to.notify.problem or _NOT_WRITTEN), problems)
    final = notified(view, to.notify, now)
    changed = [file for file in to.files if file.form == "json" and final != draft]
    return Delivered(final, write_files(changed, partial(text, final)))
