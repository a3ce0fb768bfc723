"""One row of the table: where a canary is put, through which commands it is driven, and where it may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tests.proof.secrets.world import World

Plant: TypeAlias = Callable[[World], None]
Reached: TypeAlias = Callable[[World], bool]


@dataclass(frozen=True, slots=True)
class Run:
    """A command, how it ends, and words that it says only if it came to where the canary is."""

    line: str
    exits: int = 0
    says: str = ""


def at_hand(_: World) -> bool:
    """The canary is in what was planted; that the commands ended as they should says the rest."""
    return True


def was_sent(world: World) -> bool:
    """The canary went where it is meant to go: to the platform, in a create."""
    return world.is_sent()


@dataclass(frozen=True, slots=True)
class Placement:
    """`shown` are the sinks in which the canary is, as documented; `why` says where that is written.

    `frame` gives the canary a shape. `covers` names the fields of a manifest that the row is for.
    """

    name: str
    plant: Plant
    runs: tuple[Run, ...]
    reached: Reached = at_hand
    frame: str = "{}"
    covers: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    why: str = ""


def runs(*lines: str, exits: int = 0, says: str = "") -> tuple[Run, ...]:
    """Commands that all end alike; the words are looked for in what the last one says."""
    *first, last = lines
    return (*(Run(line, exits) for line in first), Run(last, exits, says))
