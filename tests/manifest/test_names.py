"""A task with names becomes a task with ids, by a pure function; its final hash contains the ids alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.manifest.payload.create import resolve
from jobspec.manifest.payload.names import NameProblem, id_of, not_offered, queue_names, with_ids
from jobspec.manifest.task import Task
from jobspec.manifest.values import NameRef
from jobspec.reconcile.declared import declare
from tests.reconcile.world import planned, run, task

QUEUE, DATA = NameRef("queue", "research"), NameRef("vepfs", "data")


def named(queue: Any = None, storage: dict[str, Any] | None = None, **fields: Any) -> Task:
    spec: dict[str, Any] = {"resourceQueue": {"name": "research"} if queue is None else queue}
    mount = {"type": "Vepfs", "mountPath": "/data", **(storage or {"name": "data"})}
    return task(spec={**spec, "storages": [mount]}, **fields)


def with_written_ids(queue: str, vepfs: str, **fields: Any) -> Task:
    return named(queue, {"vepfsId": vepfs}, **fields)


IDS = st.text("abcdefgh-0123456789", min_size=1, max_size=20)


@given(queue=IDS, vepfs=IDS, rerun=st.sampled_from(["", "2"]), ignored=st.booleans())
def test_a_name_that_was_looked_up_is_the_same_spec_as_its_id(
    queue: str, vepfs: str, rerun: str, *, ignored: bool
) -> None:
    fields: dict[str, Any] = {"rerun": rerun, "ignoreChanges": ["spec.env"] if ignored else []}
    found = with_ids(named(**fields), {QUEUE: queue, DATA: vepfs})
    written = with_written_ids(queue, vepfs, **fields)
    assert found.fingerprint == written.fingerprint
    assert found.payload == written.payload
    assert found.compared == written.compared
    assert (found.names, found.named_payload) == ((), None)


@given(first=IDS, second=IDS)
def test_only_another_id_is_another_spec(first: str, second: str) -> None:
    hashes = {with_ids(named(), {QUEUE: one, DATA: "v"}).fingerprint.spec for one in (first, second)}
    assert len(hashes) == len({first, second})


@given(queue=IDS, name=st.text("abc示例 -_", min_size=1, max_size=9).map(str.strip).filter(bool))
def test_a_renamed_queue_submits_nothing_again(queue: str, name: str) -> None:
    """A run of the task under one name of its queue matches the manifest that uses the other name."""
    before = with_ids(named(), {QUEUE: queue, DATA: "v"})
    renamed = named({"name": name})
    after = with_ids(renamed, {NameRef("queue", name): queue, DATA: "v"})
    assert planned([after], [run(before, "Running")]).is_empty


def test_a_task_whose_names_were_not_looked_up_is_never_planned_or_submitted() -> None:
    with pytest.raises(ValueError, match="was not looked up"):
        declare(named())
    with pytest.raises(ValueError, match="was not looked up"):
        planned([named()], [])
    with pytest.raises(TypeError, match="was not looked up"):
        resolve(named().payload, lambda _: "")


def test_a_missing_id_is_an_error() -> None:
    with pytest.raises(KeyError):
        with_ids(named(), {QUEUE: "q-1"})


def test_a_task_is_found_by_the_name_and_the_id_of_its_queue() -> None:
    assert queue_names(named()) == {"research"}
    assert queue_names(with_ids(named(), {QUEUE: "q-1", DATA: "v"})) == {"research", "q-1"}
    assert queue_names(task()) == {"default"}


@pytest.mark.parametrize(
    ("things", "expected"),
    [
        ([("research", "q-1")], "q-1"),
        ([("research", "q-1"), ("Research", "q-2"), ("", "q-3")], "q-1"),
        ([("research", "q-1"), ("research", "q-1")], "q-1"),
        ([("research", "q-1"), ("research", "q-2")], "JS441"),
        ([("Research", "q-1")], "JS440"),
        ([], "JS440"),
    ],
)
def test_a_name_is_exact_and_has_one_id(things: list[tuple[str, str]], expected: str) -> None:
    found = id_of(QUEUE, things)
    assert (found.code if isinstance(found, NameProblem) else found) == expected


def test_the_help_of_an_unknown_name_lists_close_ones() -> None:
    found = id_of(NameRef("queue", "reserch"), [("research", "q-1"), ("production", "q-2")])
    assert isinstance(found, NameProblem)
    assert found.help == "did you mean `research`? the names are: `production`, `research`"


def test_a_name_that_cannot_be_looked_up_asks_for_the_id() -> None:
    assert not_offered(QUEUE, "why").help == "write its id: `resourceQueue: q-…`"
    assert not_offered(DATA, "why").help == "write its id: `vepfsId: vepfs-…`"


def test_a_foreign_name_is_one_short_line_without_secrets() -> None:
    token = "ghp_" + "canary" * 5
    found = id_of(QUEUE, [(f"x\n\x1b[31m{'y' * 900}", "q-1"), (f"token={token}", "q-2"), (token, "q-3")])
    assert isinstance(found, NameProblem)
    assert token not in found.help
    assert "\n" not in found.help
    assert "\x1b" not in found.help
    assert len(found.help) < 900
