from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.reconcile import tags
from jobspec.reconcile.tags import Inconsistent, Keep, Marks, TagKey

SAFE = re.compile(r"[A-Za-z0-9_-]{1,63}")
MARKS = Marks(scope="vision", task="train", spec="1" + "a" * 16, run="b" * 16)

encoded = st.builds(tags.encoding, st.sampled_from(TagKey), st.text(min_size=1))
all_marks = st.builds(
    Marks,
    scope=st.text(min_size=1).map(lambda value: tags.encoding(TagKey.SCOPE, value)),
    task=st.text(min_size=1).map(lambda value: tags.encoding(TagKey.TASK, value)),
    spec=st.just("1" + "0" * 16),
    run=st.just("f" * 16),
    core=st.sampled_from(["", "1" + "c" * 16]),
    keep=st.sampled_from(Keep),
    stop=st.sampled_from(["", "replace", "user"]),
)


def test_a_plain_value_is_not_encoded() -> None:
    assert tags.encode(TagKey.TASK, "resnet50-cifar") == "jobspec-task_resnet50-cifar"


def test_a_scope_with_a_slash_keeps_a_readable_stem() -> None:
    assert tags.encode(TagKey.SCOPE, "vision/prod").startswith("jobspec-scope_vision-prod--")


@given(st.sampled_from(TagKey), st.text(min_size=1, max_size=300))
def test_every_tag_is_short_and_plain(key: TagKey, value: str) -> None:
    assert SAFE.fullmatch(tags.encode(key, value))


@given(st.sampled_from(TagKey), st.text(min_size=1), st.text(min_size=1))
def test_different_values_never_share_a_tag(key: TagKey, one: str, other: str) -> None:
    assert (tags.encode(key, one) == tags.encode(key, other)) == (one == other)


@given(st.text(min_size=1))
def test_a_value_that_looks_encoded_does_not_take_the_tag_of_another(value: str) -> None:
    taken = tags.encoding(TagKey.TASK, value)
    if taken != value:
        assert tags.encoding(TagKey.TASK, taken) != taken


@given(all_marks, st.lists(st.text(min_size=1).filter(lambda tag: not tags.is_ours(tag)), unique=True))
def test_written_marks_are_read_back_and_the_users_tags_are_kept(marks: Marks, user: list[str]) -> None:
    written = tags.write(marks, user)
    assert tags.read(written) == marks
    assert tags.user_tags(written) == tuple(user)


@given(st.lists(st.text()))
def test_foreign_tags_are_left_alone(foreign: list[str]) -> None:
    theirs = [tag for tag in foreign if not tags.is_ours(tag)]
    assert tags.read(theirs) is None
    assert tags.user_tags(theirs) == tuple(theirs)


def test_two_values_for_one_key_are_inconsistent() -> None:
    read = tags.read([*tags.write(MARKS, ()), "jobspec-task_other"])
    assert isinstance(read, Inconsistent)
    assert read.tasks == {"train", "other"}


def test_a_repeated_tag_is_one_tag() -> None:
    written = tags.write(MARKS, ())
    assert tags.read([*written, *written]) == MARKS


def test_a_run_without_its_scope_tag_is_inconsistent() -> None:
    read = tags.read(tag for tag in tags.write(MARKS, ()) if "scope" not in tag)
    assert isinstance(read, Inconsistent)
    assert "no `jobspec-scope_…` tag" in read.reason


def test_an_unknown_kept_policy_is_inconsistent() -> None:
    assert isinstance(tags.read([*tags.write(MARKS, ()), "jobspec-keep_sometimes"]), Inconsistent)


def test_many_tags_of_one_key_take_no_time() -> None:
    began = time.process_time()
    assert isinstance(tags.read(f"jobspec-task_{number}" for number in range(100_000)), Inconsistent)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("value", "known", "expected"),
    [
        ("vision", (), "vision"),
        ("research/dev", (), "research/dev"),
        ("my-team/prod-eu", (), "my-team/prod-eu"),
        ("研究/dev", ("vision", "研究/dev"), "研究/dev"),
        ("研究/dev", (), None),
    ],
)
def test_the_value_of_a_tag_is_decoded_if_the_hash_proves_it(
    value: str, known: tuple[str, ...], expected: str | None
) -> None:
    assert tags.decoded(TagKey.SCOPE, tags.encoding(TagKey.SCOPE, value), known) == expected
