"""The platform's own retries: under the same id, or as a new task of the same name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from jobspec.local.api.app import LocalPlatform, application
from jobspec.local.api.requests import update_request
from jobspec.local.errors import StoreUnusable
from jobspec.local.settings import RetryMode
from jobspec.local.store.store import Copy, Transition
from jobspec.local.supervisor.lifecycle import IllegalMove, ReplicaExit
from tests.local.calls import call, create, ended, get, log, result, timeline, until
from tests.local.conftest import QUICK
from tests.local.places import place
from tests.local.test_schedule import Hands, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEW_ID = (RetryMode.NEW_ID_WITH_TAGS, RetryMode.NEW_ID_WITHOUT_TAGS)
TAGS = ["team-vision", "jobspec-scope_p"]


def retry(times: int = 1, interval: int = 60) -> dict[str, Any]:
    return {
        "EnableRetry": True,
        "MaxRetryTimes": times,
        "IntervalSeconds": interval,
        "PolicySets": ["Failed"],
    }


@pytest.fixture(params=NEW_ID)
def world(request: pytest.FixtureRequest) -> World:
    return World(retry_mode=request.param)


def tasks(world: World) -> list[Any]:
    with world.store._database.reading() as connection:
        return [json.loads(row[0]) for row in connection.execute("SELECT document FROM task ORDER BY id")]


def fail(world: World, task_id: str, code: int = 1) -> None:
    world.replica(task_id).end = ReplicaExit(code)
    world.step()


def test_the_failed_task_ends_and_a_new_one_of_the_same_name_waits_for_the_interval(world: World) -> None:
    task_id = world.create(RetryOptions=retry(), Tags=TAGS, Description="baseline")
    world.step()
    fail(world, task_id, 3)
    failed, copy = tasks(world)
    assert (failed["Id"], failed["State"], failed["ExitCode"]) == (task_id, "Failed", 3)
    assert failed["FinishTime"]
    assert failed["DiagInfo"] == "worker-0 exited with code 3"
    assert copy["Id"] > task_id
    assert copy["State"] == "Queue"
    assert copy["DiagInfo"] == f"retry 1 of 1 of {task_id}: worker-0 exited with code 3"
    world.step(after=59)
    assert world.shown(copy["Id"]) == "Queue"
    world.step(after=1)
    assert world.shown(copy["Id"]) == "Running"


def test_the_copy_has_the_payload_and_the_tags_only_if_they_are_copied(world: World) -> None:
    task_id = world.create(RetryOptions=retry(), Tags=TAGS, Description="baseline", Args="--lr 1")
    world.step()
    fail(world, task_id)
    failed, copy = tasks(world)
    own = {
        "Id",
        "State",
        "DiagInfo",
        "CreateTime",
        "LaunchTime",
        "FinishTime",
        "UpdateTime",
        "ExitCode",
        "Tags",
    }
    assert {key: copy[key] for key in copy if key not in own} == {
        key: failed[key] for key in failed if key not in own
    }
    has_tags = world.settings.retry_mode is RetryMode.NEW_ID_WITH_TAGS
    assert copy["Tags"] == (TAGS if has_tags else [])
    assert len(tagged(world, TAGS[0])) == (2 if has_tags else 1)


def tagged(world: World, tag: str) -> list[str]:
    with world.store._database.reading() as connection:
        return [row[0] for row in connection.execute("SELECT task_id FROM tag WHERE tag = ?", (tag,))]


def test_the_attempts_are_carried_on_until_they_are_used_up(world: World) -> None:
    world.create(RetryOptions=retry(times=2, interval=0))
    for _ in range(5):
        world.step()
        for document in tasks(world):
            if document["State"] == "Running":
                fail(world, document["Id"])
    assert [document["State"] for document in tasks(world)] == ["Failed", "Failed", "Failed"]


def test_a_task_that_was_stopped_while_it_failed_is_not_copied(world: World) -> None:
    task_id = world.create(RetryOptions=retry())
    world.step()
    world.stop(task_id)
    fail(world, task_id)
    assert [document["State"] for document in tasks(world)] == ["Cancelled"]


def test_a_stop_at_the_very_moment_of_the_failure_makes_no_copy(world: World) -> None:
    task_id = world.create(RetryOptions=retry())
    world.step()
    replica = world.replica(task_id)
    replica.poll = lambda: (world.stop(task_id), ReplicaExit(1))[1]  # type: ignore[method-assign,func-returns-value]
    world.step()
    assert [document["State"] for document in tasks(world)] == ["Killing"]


def test_a_stop_of_the_waiting_copy_ends_the_retries(world: World) -> None:
    task_id = world.create(RetryOptions=retry(times=9))
    world.step()
    fail(world, task_id)
    world.stop(tasks(world)[1]["Id"])
    for _ in range(3):
        world.step(after=120)
        for handle in world.stage.adopted.values():
            handle.end = ReplicaExit(137, 9)
    assert [document["State"] for document in tasks(world)] == ["Failed", "Cancelled"]


def test_a_supervisor_that_dies_after_the_failure_leaves_one_copy(world: World) -> None:
    task_id = world.create(RetryOptions=retry())
    world.step()
    fail(world, task_id)
    world.next_supervisor()
    for _ in range(3):
        world.step()
    assert [document["State"] for document in tasks(world)] == ["Failed", "Queue"]


def test_failure_and_copy_are_written_both_or_not_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = world.create(RetryOptions=retry())
    world.step()

    def full_disk(*_args: object, **_more: object) -> None:
        raise StoreUnusable("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr("jobspec.local.store.store._save", full_disk)  # after the copy, before the failure
        world.replica(task_id).end = ReplicaExit(1)
        with pytest.raises(StoreUnusable):
            world.schedule.step()
        assert [document["State"] for document in tasks(world)] == ["Running"]
    world.step()
    assert [document["State"] for document in tasks(world)] == ["Failed", "Queue"]


def test_a_task_that_has_ended_is_not_copied(world: World) -> None:
    task_id = world.create(RetryOptions=retry())
    world.step()
    world.replica(task_id).end = ReplicaExit(0)
    world.step()
    copy = Copy(with_tags=True, message="again", wake=0.0)
    with pytest.raises(IllegalMove):
        world.store.retry_as_new(task_id, Transition(), copy, now=Hands().now())
    assert len(tasks(world)) == 1


def test_neither_a_deadline_nor_a_lost_supervisor_is_retried(world: World) -> None:
    late = world.create(RetryOptions=retry(), ActiveDeadlineSeconds=10)
    lost = world.create(RetryOptions=retry())
    world.step()
    world.step(after=10)
    fail(world, late, 143)
    world.next_supervisor()
    world.step()
    world.stage.adopted[lost].end = ReplicaExit(137, 9)
    world.step()
    assert [document["State"] for document in tasks(world)] == ["Failed", "Exception"]


@pytest.fixture
def retrying(root: Path, request: pytest.FixtureRequest) -> Iterator[LocalPlatform]:
    platform = application(place(root), settings=replace(QUICK, retry_mode=request.param))
    yield platform
    platform.close()


def named(app: LocalPlatform, name: str = "demo") -> list[Any]:
    listed = result(app, "ListCustomTasks", Name=name, SortBy="CreateTime", SortOrder="Ascend", Limit=-1)
    return list(listed["List"])


SECRET = {"Name": "TOKEN", "Value": "s3cr3t-value", "IsPrivate": True}
TRIES = 'echo "$TOKEN"; echo try >> tries; test $(wc -l < tries) -ge 3'


@pytest.mark.parametrize("retrying", [RetryMode.SAME_ID], indirect=True)
def test_a_task_can_be_retried_within_its_id(retrying: LocalPlatform) -> None:
    task_id = create(retrying, command=TRIES, RetryOptions=retry(5, 0), Envs=[SECRET])
    assert ended(retrying, task_id)["State"] == "Success"
    attempt = ["Queue", "Staging", "Running"]
    assert timeline(retrying, task_id) == ["Initialized", *attempt * 3, "Success"]


@pytest.mark.parametrize("retrying", [RetryMode.SAME_ID], indirect=True)
def test_retries_within_an_id_are_used_up(retrying: LocalPlatform) -> None:
    task_id = create(retrying, command="exit 4", RetryOptions=retry(1, 0))
    assert ended(retrying, task_id)["ExitCode"] == 4
    assert timeline(retrying, task_id).count("Running") == 2


@pytest.mark.parametrize("retrying", NEW_ID, indirect=True)
def test_each_copy_runs_with_the_secrets_of_the_first_and_shows_none(retrying: LocalPlatform) -> None:
    create(retrying, command=TRIES, RetryOptions=retry(5, 0), Envs=[SECRET], Tags=TAGS)
    until(lambda: [one["State"] for one in named(retrying)] == ["Failed", "Failed", "Success"])
    assert [log(retrying, one["Id"]) for one in named(retrying)] == ["s3cr3t-value\n"] * 3
    assert "s3cr3t-value" not in json.dumps([get(retrying, one["Id"]) for one in named(retrying)])


def test_new_tasks_with_tags_are_the_default(app: LocalPlatform) -> None:
    create(app, command="exit 1", RetryOptions=retry(1, 600), Tags=TAGS)
    until(lambda: [one["State"] for one in named(app)] == ["Failed", "Queue"])
    assert named(app)[1]["Tags"] == TAGS
    assert call(app, "StopCustomTask", {"Id": named(app)[0]["Id"]}).status == 400
    result(app, "StopCustomTask", Id=named(app)[1]["Id"])
    until(lambda: [one["State"] for one in named(app)] == ["Failed", "Cancelled"])


def test_a_renamed_task_is_copied_under_its_present_name_and_tags(world: World) -> None:
    task_id = world.create(RetryOptions=retry(), Tags=["old"])
    world.step()
    world.store.update(
        update_request({"Id": task_id, "Name": "other", "Tags": ["new"]}), now=world.clock.now()
    )
    fail(world, task_id)
    copy = tasks(world)[1]
    assert copy["Name"] == "other"
    assert copy["Tags"] == (["new"] if world.settings.retry_mode is RetryMode.NEW_ID_WITH_TAGS else [])
