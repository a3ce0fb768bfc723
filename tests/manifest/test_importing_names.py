"""Names of imported tasks and their files stay in their folder and never collide."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.manifest.importing.names import distinct, file_name, manifest_name
from jobspec.manifest.schema.scalars import NAME_PATTERN

ID = "t-20261123140229-abcde"


@pytest.mark.parametrize(
    ("live", "name"),
    [
        ("resnet50_cifar-10", "resnet50_cifar-10"),
        ("训练", "训练"),
        ("a/b", "a-b"),
        ("../../etc/passwd", "etc-passwd"),
        ("..", "task"),
        (".hidden", "hidden"),
        ("a\nb", "a-b"),
        ("", "task"),
        ("テスト", "task"),
        ("a" * 300, "a" * 200),
    ],
)
def test_a_name_becomes_one_that_a_manifest_can_have(live: str, name: str) -> None:
    assert manifest_name(live) == name


@given(st.text())
def test_any_name_becomes_a_valid_one(live: str) -> None:
    name = manifest_name(live)
    assert re.fullmatch(NAME_PATTERN, name)
    assert len(name) <= 200


@given(st.text(), st.text(), st.sets(st.text()))
def test_a_distinct_name_is_valid_and_not_taken(live: str, task_id: str, taken: set[str]) -> None:
    name = distinct(manifest_name(live), task_id, {*taken, manifest_name(live)})
    assert name not in taken
    assert re.fullmatch(NAME_PATTERN, name)
    assert len(name) <= 200


def test_a_taken_name_gets_a_part_of_the_id() -> None:
    assert distinct("train", ID, {"train"}) == "train-abcde"
    assert distinct("train", ID, {"train", "train-abcde"}) == f"train-{ID}"
    assert distinct("train", ID, {"train", "train-abcde", f"train-{ID}"}) == f"train-{ID}-2"


@given(st.text())
def test_a_file_name_stays_in_its_folder_and_fits(live: str) -> None:
    name = file_name(manifest_name(live), ID)
    assert "/" not in name
    assert not name.startswith(".")
    assert len(name.encode()) <= 255


@pytest.mark.parametrize("name", ["jobspec", "JobSpec"])
def test_a_task_never_takes_the_name_of_the_project_file(name: str) -> None:
    assert file_name(name, ID) == f"{name}-task.yaml"


def test_two_long_names_have_two_files() -> None:
    names = {file_name("训" * 200, "t-1-a"), file_name("训" * 199 + "练", "t-1-b")}
    assert len(names) == 2
