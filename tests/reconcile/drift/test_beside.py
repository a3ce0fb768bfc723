"""Twins beside managed runs, copies with their tags, and records that vanished."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from jobspec.reconcile import tags
from jobspec.reconcile.drift import beside
from tests.reconcile.test_twins import elsewhere
from tests.reconcile.world import SCOPE, run, task, unmanaged

if TYPE_CHECKING:
    from jobspec.reconcile.runs import Run

TRAIN = task()
OWN = tags.encoding(tags.TagKey.SCOPE, str(SCOPE))


def twin_kinds(*runs: Run, siblings: tuple[str, ...] = (OWN,)) -> list[str]:
    return [one.kind for one in beside.twins([TRAIN], runs, siblings)]


def test_an_active_run_of_the_same_name_without_tags_is_a_twin() -> None:
    (found,) = beside.twins([TRAIN], [run(TRAIN, "Running"), unmanaged("train", "Running", 2)], (OWN,))
    assert (found.kind, found.run, found.observed) == ("unmanaged-twin", "t-20260101000002-other", "Running")
    assert found.file == "tasks/train.yaml"


def test_a_finished_one_or_one_of_another_name_is_not() -> None:
    assert twin_kinds(unmanaged("train", "Success"), unmanaged("other", "Running")) == []


def test_the_same_spec_in_a_foreign_scope_is_reported_but_not_in_an_environment_of_the_project() -> None:
    other = elsewhere("Running")
    assert isinstance(other.marks, tags.Marks)
    assert twin_kinds(other) == ["other-scope"]
    assert twin_kinds(other, siblings=(other.marks.scope,)) == []
    assert twin_kinds(replace(other, state="Success")) == []


def copy_of(original: Run, number: int, state: str) -> Run:
    return replace(original, id=f"t-2026010100000{number}-copy", state=state)


@pytest.mark.parametrize("state", ["Running", "Success", "Cancelled", "Failed"])
def test_an_active_run_with_the_tags_of_an_earlier_one_is_a_copy(state: str) -> None:
    original = run(TRAIN, state)
    (found,) = beside.copies(SCOPE, [TRAIN], [original, copy_of(original, 5, "Queue")])
    assert (found.kind, found.run) == ("copy", "t-20260101000005-copy")
    assert original.id in found.detail


def test_the_platforms_own_retry_is_not_a_copy() -> None:
    declared = task(spec={"retry": {"enabled": True, "on": ["Failed"]}})
    original = run(declared, "Failed")
    assert list(beside.copies(SCOPE, [declared], [original, copy_of(original, 5, "Running")])) == []
    finished = run(declared, "Success")
    assert len(list(beside.copies(SCOPE, [declared], [finished, copy_of(finished, 5, "Running")]))) == 1


def test_attempts_of_their_own_are_not_copies() -> None:
    runs = [run(TRAIN, "Failed", 1), run(TRAIN, "Running", 2)]
    assert list(beside.copies(SCOPE, [TRAIN], runs)) == []


def gone(*runs: Run, last: str = "t-20260101000002-abcde") -> list[str]:
    return [one.run for one in beside.gone(SCOPE, [TRAIN], runs, {"train": last} if last else {})]


def test_a_record_that_the_last_report_lists_and_the_platform_does_not_is_gone() -> None:
    assert gone() == ["t-20260101000002-abcde"]
    assert gone(run(TRAIN, "Failed", 1)) == ["t-20260101000002-abcde"]


def test_a_record_that_exists_or_was_followed_by_a_newer_one_is_not_missing() -> None:
    assert gone(run(TRAIN, "Success", 2)) == []
    assert gone(run(TRAIN, "Success", 3)) == []


def test_without_a_last_report_nothing_is_known_of_a_missing_record() -> None:
    assert gone(last="") == []


def test_a_task_that_is_no_longer_declared_misses_nothing() -> None:
    assert list(beside.gone(SCOPE, [], [], {"train": "t-1"})) == []
