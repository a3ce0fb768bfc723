"""The single values of a run that `jobspec get` prints. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from jobspec.reconcile.runs import Phase, Run
from jobspec.report.text import printable
from jobspec.report.view import written_time

HOST = "host"


class RunField(Struct, frozen=True):
    """A value of a run: its meaning, and how it is read; None or an empty text if it is not known.

    `goal` is the state to wait for until it is known, as in `jobspec wait --for`; empty if no wait helps.
    """

    meaning: str
    read: Callable[[Run], str | None]
    goal: str = ""


def _exit_code(run: Run) -> str | None:
    """Return no exit code of a cancelled run if it is 0: the platform returns that for any of them."""
    is_none = run.is_active or run.exit_code is None or (run.phase is Phase.CANCELLED and not run.exit_code)
    return None if is_none else str(run.exit_code)


FIELDS: Mapping[str, RunField] = {
    "id": RunField("Id of the run.", lambda run: run.id),
    "name": RunField("Name of the task on the platform.", lambda run: run.name),
    "state": RunField("State as reported by the platform, such as Running.", lambda run: run.state),
    "phase": RunField(
        "Meaning of the state: pending, running, stopping, succeeded, failed or cancelled.",
        lambda run: run.phase.value,
    ),
    HOST: RunField(
        "Address of replica 0 of the role worker, else of the first role.", lambda _run: None, "running"
    ),
    "createTime": RunField("When it was created, RFC 3339 in UTC.", lambda run: written_time(run.created)),
    "launchTime": RunField(
        "When it was launched, RFC 3339 in UTC.", lambda run: written_time(run.launched), "running"
    ),
    "finishTime": RunField(
        "When it finished, RFC 3339 in UTC.", lambda run: written_time(run.finished), "finished"
    ),
    "exitCode": RunField("Exit code of a run that ended by itself.", _exit_code, "finished"),
    "queue": RunField("Queue or resource group that it was submitted to.", lambda run: run.queue),
    "detail": RunField("Text from the platform about its state.", lambda run: run.detail),
}
_ALSO = {
    "run": "id",
    "task": "name",
    "created": "createTime",
    "launched": "launchTime",
    "finished": "finishTime",
}
"""Names of the same values in the JSON of `jobspec status`."""


def field_named(text: str) -> str | None:
    """Return the field that a text names, in any case and also as `status` or the platform writes it."""
    form = text.replace("_", "").casefold()
    by_form = {name.casefold(): name for name in FIELDS} | _ALSO
    return by_form.get(form)


def shown(value: str) -> str:
    """Return a value on one line, with nothing that could act on a terminal."""
    return printable(value)
