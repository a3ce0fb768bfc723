"""Renames of the tasks of sets: a new cell takes over no run of another cell, and many pairs cost little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.reconcile import tags
from jobspec.reconcile.declared import marks_of
from jobspec.reconcile.planning.plan import Action
from tests.reconcile.world import planned, run, task

if TYPE_CHECKING:
    from jobspec.manifest.task import Task
    from jobspec.reconcile.runs import Run


def cell(name: str, seed: str = "") -> Task:
    spec = {"args": seed} if seed else {}
    return replace(task(name, spec=spec), set="rep", cell=(("i", name),))


def done(one: Task, number: int) -> Run:
    found = run(one, "Success", number)
    marks = replace(marks_of(found), set="rep")
    return replace(found, marks=marks, tags=tags.write(marks, ()))


def actions(tasks: list[Task], runs: list[Run]) -> dict[str, Action]:
    return {change.task: change.action for change in planned(tasks, runs).changes}


def test_a_new_cell_takes_over_no_run_of_another_cell_with_the_same_spec() -> None:
    runs = [done(cell("r-0"), 1), done(cell("r-1"), 2)]
    found = actions([cell("r-1"), cell("r-2")], runs)
    assert found == {"r-0": Action.NONE, "r-1": Action.NONE, "r-2": Action.SUBMIT}


def test_cells_with_specs_of_their_own_are_renamed_when_an_axis_is_added_to_the_name() -> None:
    runs = [done(cell("r-0", "0"), 1), done(cell("r-1", "1"), 2)]
    found = actions([cell("r-0-adam", "0"), cell("r-1-adam", "1")], runs)
    assert found == {"r-0-adam": Action.RENAME, "r-1-adam": Action.RENAME}


def test_a_renamed_set_of_equal_specs_submits_nothing_again() -> None:
    runs = [done(cell(f"a-{number}"), number) for number in range(4)]
    changes = planned([cell(f"b-{number}") for number in range(4)], runs).changes
    assert {change.action for change in changes} == {Action.NONE}
    assert all(change.blocked for change in changes)


def test_the_explanation_of_many_unclear_names_is_short() -> None:
    runs = [done(cell(f"a-{number}"), number) for number in range(300)]
    changes = planned([cell(f"b-{number}") for number in range(300)], runs).changes
    assert max(len(change.detail) for change in changes) < 300
