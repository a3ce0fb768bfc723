"""A guard that refuses a plan. Values only."""

from __future__ import annotations

from msgspec import Struct


class Violation(Struct, frozen=True):
    """A guard that refuses the plan. `guard` is the name for `--force`; empty if it cannot be forced."""

    code: str
    guard: str
    message: str
    help: str
