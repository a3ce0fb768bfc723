"""The optional actions of the local platform: queues, flavors and mounts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from msgspec.structs import replace

from jobspec.local.api.app import LocalPlatform, application
from jobspec.local.errors import LocalError
from jobspec.local.inventory import Inventory, inventory_of
from tests.local.calls import call, create, ended, result, roles, until_state
from tests.local.conftest import QUICK
from tests.local.places import place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = Path(__file__).parents[2] / "docs" / "platforms.md"
CONTENT: dict[str, Any] = {
    "queues": [
        {
            "Id": "q-a100",
            "Name": "示例队列",
            "ZoneId": "cn-beijing-a",
            "QuotaCapability": {"VCPU": 300, "Memory": 4000, "GPUResources": {"A100-80G": 24}},
            "QuotaAllocated": {"GPUResources": {"A100-80G": 8}},
        },
        {"Id": "q-closed", "Name": "closed", "State": "Closed", "ZoneId": "cn-beijing-b"},
        {"Id": "q-foreign", "Name": "foreign", "Role": "", "ZoneId": "cn-beijing-b"},
    ],
    "flavors": [
        {
            "Id": "ml.pni2.28xlarge",
            "vCPU": 112,
            "Memory": 1960,
            "GPUType": "A100-80G",
            "GPUNum": 8,
        },
        {"Id": "ml.old.large", "Deprecated": True, "Zones": ["cn-beijing-b"]},
    ],
    "mounts": [
        {"VepfsId": "vepfs-1", "VepfsName": "data", "ReadWriteDirectories": ["/team"], "Price": 3},
        {"VepfsId": "vepfs-2", "ResourceQueueIds": ["q-closed"]},
    ],
}
ACTIONS = ("ListResourceQueues", "GetResourceQueue", "ListFlavorsV2", "GetFlavor", "ListMountPoints")


@pytest.fixture
def start(root: Path) -> Iterator[Callable[..., LocalPlatform]]:
    started: list[LocalPlatform] = []

    def begin(content: object = CONTENT, **settings: Any) -> LocalPlatform:
        inventory = inventory_of(content, "cluster.yaml")
        started.append(application(place(root), settings=replace(QUICK, inventory=inventory, **settings)))
        return started[-1]

    yield begin
    for platform in started:
        platform.close()


def test_the_machine_is_one_queue_with_its_slots(app: LocalPlatform) -> None:
    listed = result(app, "ListResourceQueues")
    assert listed["Total"] == 1
    (queue,) = listed["List"]
    assert (queue["Id"], queue["Name"], queue["State"], queue["ZoneId"]) == (
        "q-local",
        "local",
        "Running",
        "local",
    )
    assert queue["Role"]
    assert queue["QuotaCapability"]["VCPU"] == 4
    assert queue["QuotaAllocated"] == {"VCPU": 0, "Memory": 0, "GPUResources": {}, "RdmaEniCount": 0}
    assert result(app, "GetResourceQueue", Id="q-local") == queue


def test_a_running_task_holds_what_its_flavor_has(app: LocalPlatform) -> None:
    running = create(app, command="sleep 60", ResourceQueueId="q-any", TaskRoleSpecs=[roles("worker", 3)])
    waiting = create(app, command="true", TaskRoleSpecs=[roles("worker", 2)])
    until_state(app, running, "Running")
    queue = result(app, "GetResourceQueue", Id="q-local")
    flavor = result(app, "GetFlavor", Id="ml.g1e.large")
    assert queue["QuotaAllocated"]["VCPU"] == 3 * flavor["vCPU"]
    assert queue["QuotaAllocated"]["Memory"] == 3 * flavor["Memory"]
    result(app, "StopCustomTask", Id=waiting)
    result(app, "StopCustomTask", Id=running)
    ended(app, running)
    ended(app, waiting)
    assert result(app, "GetResourceQueue", Id="q-local")["QuotaAllocated"]["VCPU"] == 0


def test_an_amount_that_the_inventory_leaves_out_is_unknown(start: Callable[..., LocalPlatform]) -> None:
    app = start({"queues": [{"Id": "q-1", "QuotaCapability": {"VCPU": 336, "Memory": None}}, {"Id": "q-2"}]})
    quotas = [one["QuotaCapability"] for one in result(app, "ListResourceQueues")["List"]]
    assert quotas == [{"VCPU": 336}, {}]


def test_all_slots_fit_the_quota(app: LocalPlatform) -> None:
    quota = result(app, "GetResourceQueue", Id="q-local")["QuotaCapability"]
    flavor = result(app, "GetFlavor", Id="ml.in-house.large")
    assert quota["VCPU"] == 4 * flavor["vCPU"]
    assert quota["Memory"] == 4 * flavor["Memory"]


def test_known_flavors_are_listed_by_zone_and_type(app: LocalPlatform) -> None:
    listed = result(app, "ListFlavorsV2", DisplayType="Scheduling")["List"]
    names = [one["Id"] for one in listed["local"]["通用型"]]
    assert "ml.g1e.large" in names
    assert all(one["GPUNum"] == 0 and not one["Deprecated"] for one in listed["local"]["通用型"])


def test_an_inventory_is_answered_with_what_runs_added(start: Callable[..., LocalPlatform]) -> None:
    app = start()
    role = {"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": "ml.pni2.28xlarge"}
    claim = {
        "RoleName": "head",
        "RoleReplicas": 1,
        "FlexibleResourceClaim": {"GpuCount": 2, "GpuType": "A100-80G"},
    }
    running = create(app, command="sleep 60", ResourceQueueId="q-a100", TaskRoleSpecs=[role, claim])
    until_state(app, running, "Running")
    (queue,) = result(app, "ListResourceQueues", Name="示例队列")["List"]
    assert queue["QuotaCapability"]["GPUResources"] == {"A100-80G": 24}
    assert queue["QuotaAllocated"] == {
        "VCPU": 112,
        "Memory": 1960,
        "GPUResources": {"A100-80G": 18},
        "RdmaEniCount": 0,
    }
    assert result(app, "GetResourceQueue", Id="q-closed")["QuotaAllocated"]["VCPU"] == 0
    result(app, "StopCustomTask", Id=running)


def test_queues_are_paged(start: Callable[..., LocalPlatform]) -> None:
    app = start()
    page = result(app, "ListResourceQueues", Offset=1, Limit=1)
    assert (page["Total"], [one["Id"] for one in page["List"]]) == (3, ["q-closed"])
    assert len(result(app, "ListResourceQueues", Limit=-1)["List"]) == 3
    assert result(app, "ListResourceQueues", Name="none") == {"Total": 0, "List": []}


def test_a_flavor_is_in_its_zones(start: Callable[..., LocalPlatform]) -> None:
    listed = result(start(), "ListFlavorsV2")["List"]
    assert [one["Id"] for one in listed["cn-beijing-a"]["GPU型"]] == ["ml.pni2.28xlarge"]
    (old,) = listed["cn-beijing-b"]["通用型"]
    assert (old["Id"], old["Deprecated"], old["Name"]) == ("ml.old.large", True, "ml.old.large")
    assert "Zones" not in old


def test_mounts_are_those_of_the_queue(start: Callable[..., LocalPlatform]) -> None:
    app = start()
    (mount,) = result(app, "ListMountPoints", StorageType="Vepfs", ResourceQueueId="q-a100")["List"]
    assert (
        mount["VepfsId"],
        mount["ReadWriteDirectories"],
        mount["ReadOnlyDirectories"],
        mount["Price"],
    ) == (
        "vepfs-1",
        ["/team"],
        [],
        3,
    )
    assert result(app, "ListMountPoints", ResourceQueueId="q-closed")["Total"] == 2
    permitted = result(app, "GetUserVepfsFilesetPermission", VepfsIds=["vepfs-1", "vepfs-none"])
    assert permitted["VepfsIdToDirectories"] == {
        "vepfs-1": {"ReadWriteDirectories": ["/team"], "ReadOnlyDirectories": []}
    }
    assert result(app, "ListMountPoints", StorageType="Nas")["List"] == []


@pytest.mark.parametrize(
    ("action", "body", "code"),
    [
        ("GetResourceQueue", {"Id": "q-none"}, "ResourceNotFound"),
        ("GetResourceQueue", {}, "MissingParameter"),
        ("GetFlavor", {"Id": "ml.none"}, "ResourceNotFound"),
        ("ListMountPoints", {"ResourceQueueId": "q-none"}, "ResourceNotFound"),
        ("ListResourceQueues", {"Limit": "ten"}, "InvalidParameter"),
        ("ListResourceQueues", {"Offset": -1}, "InvalidParameter"),
    ],
)
def test_what_does_not_exist_is_refused(
    start: Callable[..., LocalPlatform], action: str, body: dict[str, object], code: str
) -> None:
    assert call(start(), action, body).error == code


@pytest.mark.parametrize(
    ("queue", "code"),
    [("q-none", "InvalidParameter"), ("q-closed", "InvalidParameter"), ("q-foreign", "AccessDenied")],
)
def test_a_task_needs_a_queue_of_the_inventory(
    start: Callable[..., LocalPlatform], queue: str, code: str
) -> None:
    task = {
        "Name": "demo",
        "ImageSpec": {"Id": "i"},
        "EntrypointPath": "true",
        "TaskRoleSpecs": [roles("worker")],
        "ResourceQueueId": queue,
    }
    assert call(start(), "CreateCustomTask", task).error == code
    assert call(start({}), "CreateCustomTask", task).status == 200


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("ListResourceQueues", {"Name": "示例队列", "Offset": 0, "Limit": 1}),
        ("GetResourceQueue", {"Id": "q-a100"}),
        ("ListFlavorsV2", {"DisplayType": "Scheduling"}),
        ("GetFlavor", {"Id": "ml.pni2.28xlarge"}),
        ("ListMountPoints", {"StorageType": "Vepfs", "ResourceQueueId": "q-closed"}),
        ("GetUserVepfsFilesetPermission", {"VepfsIds": ["vepfs-1"]}),
    ],
)
def test_the_case_of_the_keys_of_optional_actions_does_not_matter_if_a_setting_says_so(
    start: Callable[..., LocalPlatform], action: str, body: dict[str, Any]
) -> None:
    lower = {key.lower(): value for key, value in body.items()}
    app = start(keys_in_any_case=True)
    assert result(app, action, **lower) == result(app, action, **body)


@pytest.mark.parametrize("action", ACTIONS)
def test_the_optional_actions_can_be_turned_off(start: Callable[..., LocalPlatform], action: str) -> None:
    assert call(start(optional_actions=False), action, {"Id": "q-a100"}).error == "InvalidActionOrVersion"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "must be an object"),
        ({"queues": {}}, "`queues` must be a list"),
        ({"queues": [{}]}, "`queues[0].Id` is required"),
        ({"queues": [{"Id": "q"}, {"Id": "q"}]}, "repeats `q`"),
        ({"Queues": []}, "`Queues` is written `queues`"),
        ({"quotas": []}, "`quotas` is not a part"),
        ({"queues": [{"Id": "q", "zoneId": "a"}]}, "`queues[0].zoneId` is written `ZoneId`"),
        ({"queues": [{"Id": "q", "QuotaCapability": {"GPUResources": {"A100": "8"}}}]}, "GPUResources.A100"),
        ({"flavors": [{"Id": "f", "GPUNum": 1.5}]}, "`flavors[0].GPUNum`"),
        ({"flavors": [{"Id": "f", "Deprecated": "no"}]}, "`flavors[0].Deprecated`"),
        ({"mounts": [{"VepfsId": "v", "ReadOnlyDirectories": "/"}]}, "ReadOnlyDirectories"),
    ],
)
def test_a_wrong_inventory_is_refused_with_the_field(content: object, message: str) -> None:
    with pytest.raises(LocalError, match=r"cluster\.yaml") as refused:
        inventory_of(content, "cluster.yaml")
    assert message in refused.value.message


def test_the_example_of_the_page_is_valid() -> None:
    [example] = re.findall(r"^```yaml\n(queues:\n.+?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    inventory = inventory_of(yaml.safe_load(example), "example")
    assert all((inventory.queues, inventory.flavors, inventory.mounts))


def test_a_null_part_is_none() -> None:
    assert inventory_of({"queues": None}, "f") == Inventory()
