"""Failures whose cause is known and not mended yet; each has a test of its own that says when it is.

A run that fails in exactly this way is counted, and does not hide another failure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.simulation.history import Kind
from tests.simulation.runs import Ending


def _hidden_from_get(ending: Ending) -> bool:
    """See `test_known.test_a_run_that_only_a_get_does_not_show_yet_is_not_gone`."""
    if ending.broken is None:
        return False
    hidden = [
        one for one in ending.world.service.records.values() if one.shows.get("id", one.born) > one.born
    ]
    words = ("told to be stopped, and is", "which the look showed as", "told to be deleted, and is")
    said = ending.broken.what
    return any(one.id in said for one in hidden) and any(word in said for word in words)


def _adopted_another(ending: Ending) -> bool:
    """See `test_known.test_of_two_runs_of_one_intention_the_younger_goes_also_after_an_unclear_answer`."""
    if ending.broken is None or "in the end" not in ending.broken.what:
        return False
    told = [event.data["outcome"].result for event in ending.events if event.kind is Kind.TOLD]
    return any("found after an unclear answer" in result.detail for result in told)


KNOWN: Mapping[str, Callable[[Ending], bool]] = {
    "the run of another applier is taken for one's own": _adopted_another,
    "a run that a get does not show yet passes for gone": _hidden_from_get,
}


def known_as(ending: Ending) -> str:
    """The name of the known failure that a broken run met; empty when it is a new one."""
    return next((name for name, fits in KNOWN.items() if fits(ending)), "")
