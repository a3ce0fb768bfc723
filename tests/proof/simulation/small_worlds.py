"""The small worlds that are explored exhaustively, and how many eventful choices each run may have."""

from __future__ import annotations

from collections.abc import Mapping

from tests.proof.simulation.explore import SMALL
from tests.proof.simulation.machines import Powers
from tests.proof.simulation.runs import Setting
from tests.proof.simulation.situations import SITUATIONS

Explored = tuple[Setting, int]
_ONCE, _EDITED = ((0,),), ((0, 1),)
_RACES = (((0,), (0,)), ((0,), (1,)), ((0, 1), (0,)))
_CRASHES = Powers(faults=False)
_ANYTHING = Powers(crashes=1, deeds=True)
_TROUBLE = Powers(crashes=1)
_PEACE = Powers(faults=False, crashes=0)
_FAULTS = Powers(crashes=0)
_ONE_CRASH = Powers(faults=False, crashes=1)
_WRITING = ("new", "spec changed", "duplicates", "removed with its records", "relabelled", "failed")


def _worlds(
    names: tuple[str, ...], applies: tuple[tuple[int, ...], ...], powers: Powers
) -> tuple[Setting, ...]:
    return tuple(Setting((name,), applies, powers, SMALL) for name in names)


def _all() -> Mapping[str, tuple[Explored, ...]]:
    everyone = tuple(SITUATIONS)
    once, edited = (_worlds(everyone, applies, _CRASHES) for applies in (_ONCE, _EDITED))
    anything = (*_worlds(everyone, _ONCE, _ANYTHING), *_worlds(everyone, _EDITED, _ANYTHING))
    races = tuple(world for applies in _RACES for world in _worlds(_WRITING, applies, _PEACE))
    crashing = tuple(world for applies in _RACES for world in _worlds(_WRITING, applies, _ONE_CRASH))
    faulty = tuple(world for applies in _RACES for world in _worlds(_WRITING, applies, _FAULTS))
    two = tuple(Setting(("new", name), _ONCE, _TROUBLE, SMALL) for name in _WRITING)
    return {
        "one crash, one applier": tuple((world, 1) for world in (*once, *edited)),
        "one fault, crash or deed": tuple((world, 1) for world in anything),
        "two crashes, one applier": tuple((world, 2) for world in (*once, *edited)),
        "two appliers, every interleaving": tuple((world, 0) for world in races),
        "three appliers, every interleaving": tuple(
            (world, 0) for world in _worlds(("new", "duplicates"), ((0,), (0,), (0,)), _PEACE)
        ),
        "two appliers and a crash": tuple((world, 1) for world in crashing),
        "two appliers and a fault": tuple((world, 1) for world in faulty),
        "two tasks and a fault": tuple((world, 1) for world in two),
        "two faults": tuple((world, 2) for world in _worlds(_WRITING, _ONCE, _TROUBLE)),
    }


SMALL_WORLDS = _all()
