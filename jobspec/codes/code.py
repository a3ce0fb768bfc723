"""One diagnostic code and what there is to say about it."""

from __future__ import annotations

from msgspec import Struct


class DiagnosticCode(Struct, frozen=True):
    """A code: what it says, why it matters, an example of what leads to it, and what to do."""

    code: str
    title: str
    explanation: str
    example: str
    remedy: str
