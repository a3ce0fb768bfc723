"""A finding of the preflight: one fact about what a plan needs, and what it means. Values only."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

QUEUE_UNUSABLE, FLAVOR_UNUSABLE, QUOTA_TOO_SMALL, DIRECTORY_REFUSED = "JS443", "JS444", "JS445", "JS446"


class FactStatus(StrEnum):
    """What a finding means, the most severe first. Stable: machine output uses these words."""

    REFUSED = "refused"
    WARNING = "warning"
    NOTE = "note"
    NOT_CHECKED = "not-checked"
    VERIFIED = "verified"


class FactFinding(Struct, frozen=True):
    """A fact about one thing that `tasks` need. `code` is the diagnostic code if it is or may be refused."""

    status: FactStatus
    subject: str
    """The thing: `queue q-1`, `flavor ml.g1e.large`."""
    message: str
    tasks: tuple[str, ...]
    code: str = ""
