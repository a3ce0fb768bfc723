"""Selecting tasks of a plan by name, glob, tag, queue and file."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from jobspec.errors import UsageError
from jobspec.reconcile.planning.selection import Selection, select, traits
from jobspec.reconcile.runs import Run
from tests.reconcile.world import SCOPE, planned, run, task

SMALL = task("small", tags=["team-x"], spec={"resourceQueue": "q-1"})
LARGE = task("large", tags=["team-y"])
GONE = task("gone", tags=["team-x"], spec={"args": "other"})
TASKS = [SMALL, LARGE]
RUNS: list[Run] = [replace(run(GONE, "Running"), queue="q-2")]


def chosen(only: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> set[str]:
    known = traits(SCOPE, TASKS, RUNS)
    plan, left_out = select(planned(TASKS, RUNS), known, Selection(only, exclude))
    names = {change.task for change in plan.changes}
    assert names | left_out == {"small", "large", "gone"}
    assert not names & left_out
    return names


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("small", {"small"}),
        ("name:small", {"small"}),
        ("*a*", {"small", "large"}),
        ("g*", {"gone"}),
        ("tag:team-x", {"small", "gone"}),
        ("tag:team-*", {"small", "large", "gone"}),
        ("queue:q-1", {"small"}),
        ("queue:default", {"large"}),
        ("queue:q-2", {"gone"}),
        ("file:tasks/*.yaml", {"small", "large"}),
        ("file:train.yaml", {"small", "large"}),
    ],
)
def test_a_selector_chooses(selector: str, expected: set[str]) -> None:
    assert chosen(only=(selector,)) == expected
    assert chosen(exclude=(selector,)) == {"small", "large", "gone"} - expected


def test_selectors_add_up_and_exclude_takes_precedence() -> None:
    assert chosen(only=("small", "large")) == {"small", "large"}
    assert chosen(only=("*",), exclude=("tag:team-x",)) == {"large"}


@pytest.mark.parametrize("text", ["smal", "tag:team-z", "queue:Q-1", "file:other.yaml", "tag:jobspec-*"])
def test_selecting_nothing_is_an_error(text: str) -> None:
    with pytest.raises(UsageError, match=r"`--only .*` matches no task") as caught:
        chosen(only=(text,))
    assert caught.value.help
    with pytest.raises(UsageError, match=r"`--exclude .*` matches no task"):
        chosen(exclude=(text,))


@pytest.mark.parametrize(
    ("selection", "is_kept"),
    [
        (Selection(only=("new",)), True),
        (Selection(only=("old",)), True),
        (Selection(exclude=("new",)), False),
        (Selection(exclude=("old",)), False),
    ],
)
def test_a_rename_has_both_names(selection: Selection, is_kept: bool) -> None:
    tasks, runs = [task("new")], [run(task("old"), "Running")]
    plan, _ = select(planned(tasks, runs), traits(SCOPE, tasks, runs), selection)
    assert bool(plan.pending) is is_kept


def test_an_unknown_kind_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="not a selector") as caught:
        chosen(exclude=("label:x",))
    assert "`queue:`" in caught.value.help
