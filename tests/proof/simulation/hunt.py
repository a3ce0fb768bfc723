"""Hunting a broken variant of the code: run after run, in a fixed order, until a checker notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain

from tests.proof.simulation.explore import SMALL, by_seed, everything, setting_of
from tests.proof.simulation.fate import Ordered, Seeded, Source, Written
from tests.proof.simulation.faults import SLEEP_CRASH
from tests.proof.simulation.machines import Powers
from tests.proof.simulation.mutants import Mutant, applied
from tests.proof.simulation.runs import BROKEN, Ending, Setting, reference, run
from tests.proof.simulation.situations import IN_ORDER, SITUATIONS

GROUND_RUNS = 6000
_QUIET = Powers(faults=False, crashes=0)


@dataclass(frozen=True, slots=True)
class Caught:
    """By which checker, in which run, or that nothing was noticed in so many."""

    mutant: str
    by: str
    runs: int


def hunt(mutant: Mutant, *, most: int) -> Caught:
    """Run worlds with the broken code until something is noticed: peace, its own ground, then seeds."""
    runs = 0
    for source, setting in chain(_peace(), _told(mutant.ground)):
        _know_reference(setting)
        runs += 1
        by = _noticed(mutant, partial(run, setting, source))
        if by:
            return Caught(mutant.name, by, runs)
    for setting, eventful in GROUNDS.get(mutant.ground, ()):
        found = _searched(mutant, setting, eventful, GROUND_RUNS)
        runs += found.runs
        if found.by:
            return Caught(mutant.name, found.by, runs)
    for seed in range(most):
        _know_reference(setting_of(seed))
        runs += 1
        by = _noticed(mutant, partial(by_seed, seed))
        if by:
            return Caught(mutant.name, by, runs)
    return Caught(mutant.name, "", runs)


def _searched(mutant: Mutant, setting: Setting, eventful: int, most: int) -> Caught:
    """A small world explored with the broken code."""
    _know_reference(setting)
    with applied(mutant):
        tally = everything(setting, eventful=eventful, is_enough=lambda tally: tally.runs >= most)
    broken = tally.failed[1].broken if tally.failed else None
    return Caught(mutant.name, broken.invariant if broken else "", tally.runs)


def _noticed(mutant: Mutant, try_: Callable[[], Ending]) -> str:
    """Which checker says so."""
    with applied(mutant):
        ending = try_()
    return ending.broken.invariant if ending.broken else ""


@cache
def _know_reference(setting: Setting) -> None:
    """What a sound run comes to is found with the sound code, before."""
    reference(setting)


def _peace() -> Iterator[tuple[Source, Setting]]:
    for name in SITUATIONS:
        for applies in (((0,),), ((0, 1),)):
            yield Written(()), Setting((name,), applies, _QUIET)


def _told(ground: str) -> Iterator[tuple[Source, Setting]]:
    """What is told of a ground: its stories, and its worlds at random."""
    for setting, events in STAGED.get(ground, ()):
        yield Ordered([*events]), setting
    for setting, seeds in AT_RANDOM.get(ground, ()):
        yield from ((Seeded(seed), setting) for seed in seeds)


def _small(situation: str, powers: Powers, *, applies: tuple[tuple[int, ...], ...] = ((0,),)) -> Setting:
    return Setting((situation,), applies, powers, SMALL)


_FAULTS, _DEEDS = Powers(crashes=0), Powers(faults=False, crashes=0, deeds=True)
_CRASHES = Powers(faults=False)
GROUNDS: Mapping[str, tuple[tuple[Setting, int], ...]] = {
    "faults of new": ((_small("new", _FAULTS), 1),),
    "faults of stops": tuple(
        (_small(name, _FAULTS), 1) for name in ("removed", "removed with its records", "duplicates")
    ),
    "faults of steps": tuple((_small(name, _FAULTS), 1) for name in ("renamed", "spec changed")),
    "crash of new": ((_small("new", _CRASHES), 1),),
    "crashes of new": ((_small("new", _CRASHES), 2), (_small("new", Powers(crashes=1)), 2)),
    "faults and crashes of two": (
        (Setting(("new", "new"), ((0,),), Powers(faults=False, crashes=1), SMALL), 1),
    ),
    "shifting pages": ((Setting(("history",), ((0,),), _DEEDS, replace(SMALL, page_size=2)), 1),),
    "cut pages": ((Setting(("history", "spec changed"), ((0,),), _FAULTS, replace(SMALL, page_size=5)), 1),),
    "races": ((_small("new", _QUIET, applies=((0,), (0,))), 0),),
    "races of two tasks": ((Setting(("new", "new"), ((0,), (0,)), _QUIET, SMALL), 0),),
    "a fault in a race": ((_small("new", _FAULTS, applies=((0,), (0,))), 1),),
    "race of two commits": ((_small("new", _QUIET, applies=((0,), (1,))), 0),),
    "a deed and a retry": ((_small("failed", _DEEDS), 1),),
    "a deed and labels": ((_small("relabelled", _DEEDS), 1),),
    "deeds": tuple(
        (_small(name, _DEEDS), 1)
        for name in ("duplicates", "spec changed", "removed", "removed with its records")
    ),
    "two deeds": ((_small("failed", _DEEDS), 2),),
    "signals": ((_small("new", Powers(crashes=0, signals=True), applies=((0, 0),)), 2),),
    "order": tuple(
        (_small(name, powers, applies=applies), eventful)
        for powers, applies, eventful in (
            (_QUIET, ((0,),), 0),
            (_QUIET, ((0,), (0,)), 0),
            (_DEEDS, ((0, 0),), 1),
        )
        for name in IN_ORDER
    ),
    "race for a slot": ((_small("half full", _QUIET, applies=((0,), (1,))), 0),),
    "mistakes": ((_small("new", _QUIET, applies=((BROKEN, 0),)), 0),),
}
"""Small worlds by what may happen in them, and how many eventful choices to explore there."""

_LATE = "executed at the end of the window, the answer lost"
STAGED: Mapping[str, tuple[tuple[Setting, tuple[str, ...]], ...]] = {
    "a late create, a throttled one, a crash": (
        (Setting(("new", "new"), ((0,),), Powers(crashes=1), SMALL), (_LATE, "throttled", SLEEP_CRASH)),
    ),
}
"""Stories that take more events than can be explored, each event as soon as it can be."""

AT_RANDOM: Mapping[str, tuple[tuple[Setting, range], ...]] = {
    "faults of opposed cancels": (
        (_small("three of two specs", _FAULTS, applies=((0,), (1,))), range(GROUND_RUNS)),
    ),
}
"""Small worlds too wide to be explored in order: chance meets there soon what they are for."""
