"""The optional actions about queues, flavors and mounts: every key of an answer may be missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.cloud.answers import resources as answers
from jobspec.cloud.resources import get_flavor, get_queue, list_flavors, list_mounts, list_queues
from jobspec.cluster import Flavor, Mount, Queue, Quota
from jobspec.errors import BadAnswer, ListingIncomplete, UnknownAction
from tests.cloud.platform import api_error, client, ok, script

if TYPE_CHECKING:
    from collections.abc import Callable

QUEUE = {
    "Id": "q-1",
    "Name": "示例队列",
    "State": "Running",
    "Role": "User",
    "ZoneId": "cn-beijing-a",
    "QuotaCapability": {"VCPU": 96, "Memory": 1900.5, "GPUResources": {"A100": 24}, "RdmaEniCount": 4},
    "QuotaAllocated": {"VCPU": 32, "GPUResources": {"A100": "8"}},
}
FLAVOR = {"Id": "ml.g", "Deprecated": True, "vCPU": 96, "Memory": 1900, "GPUType": "A100", "GPUNum": 8}


def paged(queues: list[dict[str, Any]], size: int, total: int | None) -> Callable[[httpx.Request], Any]:
    """A platform that returns at most `size` queues a page, whatever the request asks for."""

    def answer(request: httpx.Request) -> httpx.Response:
        start = json.loads(request.content)["Offset"]
        extra = {} if total is None else {"Total": total}
        return ok({"List": queues[start : start + size], **extra})

    return answer


def test_a_queue_is_read_with_its_quota() -> None:
    found = get_queue(client(script(ok(QUEUE))), "q-1")
    assert found == Queue(
        "q-1",
        "示例队列",
        "Running",
        "User",
        "cn-beijing-a",
        Quota(96, 1900.5, {"A100": 24}),
        Quota(32, None, {"A100": 8}),
    )


def test_a_queue_without_any_key_is_a_queue_of_which_nothing_is_known() -> None:
    assert get_queue(client(script(ok({}))), "q-1") == Queue("")


def test_another_queue_or_flavor_than_the_requested_one_is_refused() -> None:
    with pytest.raises(BadAnswer):
        get_queue(client(script(ok({"Id": "q-2"}))), "q-1")
    with pytest.raises(BadAnswer):
        get_flavor(client(script(ok({"Id": "b"}))), "a")


@pytest.mark.parametrize("size", [1, 2, 7, 100])
@pytest.mark.parametrize("knows_total", [True, False])
def test_every_page_of_the_queues_is_read(size: int, knows_total: bool) -> None:
    queues = [{"Id": f"q-{n}"} for n in range(7)]
    found = list_queues(client(script(paged(queues, size, 7 if knows_total else None))))
    assert [queue.id for queue in found] == [f"q-{n}" for n in range(7)]


def test_a_platform_that_ignores_the_offset_is_read_once() -> None:
    asked = script(ok({"List": [{"Id": "q-1"}]}))
    assert [queue.id for queue in list_queues(client(asked))] == ["q-1"]
    assert len(asked.requests) == 2


def test_a_total_that_counts_what_the_key_does_not_see_is_believed_after_a_second_reading() -> None:
    asked = script(paged([{"Id": "q-1"}], 100, 3))
    assert [queue.id for queue in list_queues(client(asked))] == ["q-1"]
    assert len(asked.requests) == 4


def test_a_list_that_changes_while_it_is_read_is_no_list() -> None:
    pages = [ok({"Total": 9, "List": [{"Id": f"q-{n}"}]}) for n in range(3) for _ in range(2)]
    with pytest.raises(ListingIncomplete):
        list_queues(client(script(*pages)))


def test_an_entry_without_an_id_is_left_out() -> None:
    found = list_queues(client(script(paged([{"Name": "odd"}, {"Id": "q-1"}], 10, 2))))
    assert [queue.id for queue in found] == ["q-1"]


def test_flavors_are_read_by_zone_and_type() -> None:
    listed = {"cn-a": {"GPU": [FLAVOR, "odd", {}]}, "cn-b": {"GPU": None, "CPU": [{"Id": "ml.c"}]}}
    assert list_flavors(client(script(ok({"List": listed})))) == (
        Flavor("ml.g", "cn-a", is_deprecated=True, gpus=8, gpu_type="A100", vcpu=96, memory=1900),
        Flavor("ml.c", "cn-b"),
    )


@pytest.mark.parametrize("key", ["List", "MountPoints", "Items"])
def test_mounts_are_read_with_their_directories(key: str) -> None:
    asked = script(ok({key: [{"VepfsId": "v-1", "VepfsName": "data", "ReadOnlyDirectories": ["/a"]}, {}]}))
    assert list_mounts(client(asked), "q-1") == (Mount("v-1", "data", None, ("/a",)),)
    assert asked.bodies == [{"StorageType": "Vepfs", "ResourceQueueId": "q-1"}]


def test_an_unknown_action_is_reported_as_one() -> None:
    with pytest.raises(UnknownAction):
        list_queues(client(script(api_error(404, "InvalidActionOrVersion"))))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(
            st.sampled_from(["List", "Id", "Name", "QuotaCapability", "GPUResources", "VCPU", "Total", "z"]),
            part,
            max_size=4,
        )
    ),
    max_leaves=20,
)


def test_no_answer_is_read_beyond_its_limit() -> None:
    entries = [{"Id": f"q-{n}", "VepfsId": f"v-{n}"} for n in range(answers.MOST_ENTRIES + 1)]
    assert len(answers.read_queue_page({"List": entries}).queues) == 20_000
    assert len(answers.read_mounts({"List": entries})) == 20_000
    assert len(answers.read_flavors({"List": {"zone-a": {"GPU": entries}}})) == 20_000
    directories = [{"VepfsId": "v", "ReadWriteDirectories": ["/a"] * (answers.MOST_ENTRIES + 1)}]
    [mount] = answers.read_mounts({"List": directories})
    assert len(mount.read_write or ()) == 20_000


@given(st.dictionaries(st.sampled_from(["List", "Total", "Id", "QuotaCapability", "GPUNum"]), JSON))
def test_any_answer_is_read_without_an_error(result: dict[str, Any]) -> None:
    readers = (
        answers.read_queue_page,
        answers.read_queue,
        answers.read_flavors,
        answers.read_flavor,
        answers.read_mounts,
    )
    for read in readers:
        read(result)
