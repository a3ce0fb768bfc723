"""Two plans for the same runs: what only the present one contains is of this change, unless it is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.reconcile.attribution import Attribution, BasePlan, attribute
from tests.reconcile.world import planned, run, task

if TYPE_CHECKING:
    from jobspec.manifest.task import Task
    from jobspec.reconcile.runs import Run

OLD = "1" + "0" * 16


def attributed(
    before: list[Task], after: list[Task], runs: list[Run], sound: frozenset[str] | None = None
) -> Attribution:
    return attribute(planned(after, runs), BasePlan(planned(before, runs), sound=sound))


def words(found: Attribution) -> list[str | None]:
    return [one.cause.value if one else None for one in found.causes]


def test_the_same_manifests_cause_nothing() -> None:
    for runs in ([], [run(task(), "Running", spec=OLD)], [run(task(), "Failed")], [run(task(), "Killed")]):
        found = attributed([task()], [task()], runs)
        assert words(found) == ["before"]
        assert found.prevented == ()
    assert words(attributed([task()], [task()], [run(task(), "Running")])) == [None]


def test_another_value_of_a_change_that_was_pending_is_of_this_change() -> None:
    live = [run(task(), "Running", spec=OLD)]
    found = attributed([task(spec={"args": "1"})], [task(spec={"args": "2"})], live)
    assert words(found) == ["this-change"]
    assert found.causes[0] is not None
    assert [one.action for one in found.causes[0].otherwise] == ["replace"]
    assert found.prevented == ()


def test_going_back_to_what_runs_prevents_the_pending_change() -> None:
    live = [run(task(), "Running")]
    found = attributed([task(spec={"args": "1"})], [task()], live)
    assert words(found) == [None]
    assert [(one.task, one.action) for one in found.prevented] == [("train", "replace")]


def test_a_wait_that_only_this_change_needs_is_of_this_change() -> None:
    live = [run(task(onChange="Manual"), "Running")]
    found = attributed([task(onChange="Manual")], [task(onChange="Manual", spec={"args": "2"})], live)
    assert words(found) == ["this-change"]


def test_with_a_part_of_the_base_unread_only_what_it_cannot_affect_is_attributed() -> None:
    live = [run(task("old"), "Running")]
    sound = frozenset({"new", "other"})
    now = [task("new"), task("other", spec={"args": "2"})]
    # The base revision also declares `old`, in a manifest with errors: its own plan only seems to rename it.
    found = attributed(now, now, live, sound)
    assert words(found) == ["unknown", "before"]
    found = attributed(
        [task("other", spec={"args": "2"})], [*now, task("third", spec={"args": "3"})], live, sound
    )
    assert words(found) == ["unknown", "before", "unknown"]
    assert found.prevented == ()
