"""Writes to single tasks: the changes of tags, the requests, and the reported results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.errors import GuardError, UsageError
from jobspec.reconcile.protocol.outcome import DONE, Result, Status
from jobspec.workflow.account.task_writes import (
    Changes,
    TagChange,
    cancel,
    check_cancel,
    check_delete,
    delete,
    find_tasks,
    update,
    write_each,
)
from tests.cloud.platform import api_error, html, ok
from tests.cloud.records import task
from tests.workflow.accounts import account

if TYPE_CHECKING:
    from jobspec.cloud.answers.wire import TaskRecord

OURS = ("jobspec-scope_demo", "jobspec-task_train", "jobspec-spec_1abc", "jobspec-run_def")
PROTECTED = (*OURS, "jobspec-keep_protect")


class World:
    """One task on a platform: records each write, and overrides the answer to one action."""

    def __init__(self, state: str = "Running", tags: tuple[str, ...] = (), **answers: httpx.Response) -> None:
        self.record = {"Id": "t-1", "Name": "train", "Description": "", "State": state, "Tags": list(tags)}
        self.answers = answers
        self.wrote: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        action, body = request.url.params["Action"], json.loads(request.content)
        if action == "GetCustomTask":
            return ok(self.record)
        self.wrote.append((action, body))
        if action in self.answers:
            return self.answers[action]
        if action == "UpdateCustomTask":
            self.record.update(body)
        if action == "StopCustomTask":
            self.record["State"] = "Killing"
        return ok({})

    @property
    def seen(self) -> TaskRecord:
        return task("t-1", **{key: value for key, value in self.record.items() if key != "Id"})

    @property
    def actions(self) -> list[str]:
        return [action for action, _ in self.wrote]


def test_a_cancel_of_a_managed_run_first_marks_it_as_cancelled_by_a_person() -> None:
    world = World(tags=("mine", *OURS))
    assert cancel(account(world), world.seen).status is Status.DONE
    assert world.actions == ["UpdateCustomTask", "StopCustomTask"]
    assert set(world.wrote[0][1]["Tags"]) == {"mine", *OURS, "jobspec-stop_user"}


def test_a_managed_run_whose_tags_changed_meanwhile_is_left_alone() -> None:
    world = World(tags=OURS)
    before = world.seen
    world.record["Tags"] = [*OURS[:3], "jobspec-run_other"]
    result = cancel(account(world), before)
    assert (result.status, result.help) == (Status.SKIPPED, "check it: jobspec task get t-1")
    assert world.wrote == []


@pytest.mark.parametrize("tags", [(), OURS[:2]], ids=["unmanaged", "inconsistent"])
@pytest.mark.parametrize("state", ["Queue", "Running", "SuccessHolding", "Unheard"])
def test_a_cancel_of_any_other_task_only_stops_it(state: str, tags: tuple[str, ...]) -> None:
    world = World(state, tags)
    assert cancel(account(world), world.seen).status is Status.DONE
    assert world.actions == ["StopCustomTask"]


@pytest.mark.parametrize("state", ["Killing", "Success", "Failed", "Killed"])
def test_a_task_that_has_ended_or_is_ending_is_not_stopped_again(state: str) -> None:
    world = World(state)
    result = cancel(account(world), world.seen)
    assert (result.status, world.wrote) == (Status.DONE, [])
    assert result.detail.startswith("already")


ANSWERS = {
    "refused": (api_error(403, "AccessDenied"), Status.FAILED, "JS523"),
    "gone": (api_error(404, "ResourceNotFound"), Status.DONE, ""),
    "html": (html(200), Status.UNKNOWN, "JS514"),
}


@pytest.mark.parametrize(("answer", "status", "code"), ANSWERS.values(), ids=ANSWERS.keys())
def test_the_result_of_a_stop_or_a_delete_is_reported(
    answer: httpx.Response, status: Status, code: str
) -> None:
    world = World(StopCustomTask=answer, DeleteCustomTask=answer)
    for write in (cancel, delete):
        result = write(account(world), world.seen)
        assert (result.status, result.code) == (status, code)


def test_a_protected_task_is_never_stopped() -> None:
    with pytest.raises(GuardError, match="protected") as caught:
        check_cancel([task("t-0", State="Running"), task("t-1", State="Running", Tags=list(PROTECTED))])
    assert caught.value.code == "JS404"
    check_cancel([task("t-1", State="Success", Tags=list(PROTECTED))])


@pytest.mark.parametrize("state", ["Queue", "Running", "Killing", "SuccessHolding"])
def test_the_record_of_an_active_task_is_not_deleted(state: str) -> None:
    with pytest.raises(UsageError, match="only finished tasks") as caught:
        check_delete([task("t-0", State="Success"), task("t-1", State=state)])
    assert caught.value.help == "stop it first: jobspec task cancel t-1"


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("Suspended", "is in the unknown state `Suspended`"),
        (None, "is not readable"),
        (["x"], "is not readable"),
    ],
)
def test_the_record_of_a_task_in_an_unknown_state_is_not_deleted(state: object, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        check_delete([task("t-1", State=state)])
    assert caught.value.help == "check it: jobspec task get t-1"


def test_a_task_that_is_named_twice_is_written_to_once() -> None:
    assert len(find_tasks(account(World()), ["t-1", "t-1"])) == 1


TAGS = st.lists(st.sampled_from(["a", "b", "c", "d", *OURS]), unique=True).map(tuple)
FREE = st.lists(st.sampled_from(["a", "b", "c", "e"]), unique=True).map(tuple)


@given(TAGS, FREE, FREE)
def test_adding_and_removing_touches_no_other_tag(
    present: tuple[str, ...], added: tuple[str, ...], removed: tuple[str, ...]
) -> None:
    after = TagChange(None, added, removed).apply(present)
    assert set(after) == (set(present) | set(added)) - set(removed)
    assert len(after) == len(set(after))


@given(TAGS, FREE)
def test_setting_tags_keeps_those_of_jobspec(present: tuple[str, ...], anew: tuple[str, ...]) -> None:
    after = TagChange(anew).apply(present)
    assert after[: len(anew)] == anew
    assert set(after[len(anew) :]) == set(present) & set(OURS)


REFUSED = {
    "nothing": (Changes(), "nothing to change"),
    "both-ways": (Changes(tags=TagChange((), added=("a",))), "cannot be combined"),
    "ours-added": (Changes(tags=TagChange(added=("jobspec-stop_user",))), "is reserved for jobspec"),
    "ours-removed": (Changes(tags=TagChange(removed=("jobspec-scope_demo",))), "is reserved for jobspec"),
    "ours-set": (Changes(tags=TagChange(("x", "jobspec-new"))), "is reserved for jobspec"),
    "empty": (Changes(tags=TagChange(added=("",))), "a tag is empty"),
    "no-name": (Changes(name=" "), "`--name` needs a value"),
    "to-and-fro": (Changes(tags=TagChange(added=("x", "y"), removed=("y",))), "`y` is both"),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_change_that_makes_no_sense_is_refused(changes: Changes, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        changes.check()


SENT = {
    "name": (Changes(name="new"), {"Name": "new"}),
    "no-description": (Changes(description="", name="new"), {"Name": "new"}),
    "tag": (Changes(tags=TagChange(added=("b",))), {"Tags": ["a", "b", *OURS]}),
    "no-tags": (Changes(tags=TagChange(())), {"Tags": [*OURS]}),
}


@pytest.mark.parametrize(("changes", "sent"), SENT.values(), ids=SENT.keys())
def test_an_update_sends_only_what_differs(changes: Changes, sent: dict[str, object]) -> None:
    world = World(tags=("a", *OURS))
    assert update(account(world), world.seen, changes).status is Status.DONE
    assert world.wrote == [("UpdateCustomTask", {"Id": "t-1", **sent})]


def test_an_update_uses_the_tags_at_the_time_of_the_write() -> None:
    world = World(tags=("a",))
    before = world.seen
    world.record["Tags"] = ["a", "meanwhile"]
    update(account(world), before, Changes(tags=TagChange(added=("b",))))
    assert world.wrote[0][1]["Tags"] == ["a", "meanwhile", "b"]


def test_a_value_that_does_not_change_is_not_written() -> None:
    world = World(tags=("a",))
    result = update(account(world), world.seen, Changes(name="train", tags=TagChange(added=("a",))))
    assert (result.status, result.detail, world.wrote) == (Status.DONE, "already up to date", [])


UPDATES = {
    "ignored": (ok({}), Status.FAILED, "JS532"),
    "unknown-action": (api_error(404, "InvalidActionOrVersion"), Status.FAILED, "JS525"),
    "html": (html(200), Status.UNKNOWN, "JS514"),
}


@pytest.mark.parametrize(("answer", "status", "code"), UPDATES.values(), ids=UPDATES.keys())
def test_an_update_that_does_not_show_is_reported(answer: httpx.Response, status: Status, code: str) -> None:
    world = World(UpdateCustomTask=answer)
    result = update(account(world), world.seen, Changes(name="new"))
    assert (result.status, result.code) == (status, code)


def test_an_unclear_answer_is_resolved_by_reading() -> None:
    world = World(UpdateCustomTask=html(200))
    world.record["Name"] = "train"
    shown = iter(["train", "new"])

    def lagging(request: httpx.Request) -> httpx.Response:
        if request.url.params["Action"] == "GetCustomTask":
            world.record["Name"] = next(shown)
        return world(request)

    assert update(account(lagging), world.seen, Changes(name="new")).status is Status.DONE


BLIND = {
    "answered": (ok({}), "written, but the result could not be read", "JS513"),
    "lost": (html(200), "is not from the platform", "JS514"),
}


@pytest.mark.parametrize(("answer", "message", "code"), BLIND.values(), ids=BLIND.keys())
def test_an_update_that_cannot_be_checked_is_unknown(answer: httpx.Response, message: str, code: str) -> None:
    world = World(UpdateCustomTask=answer)

    def failing(request: httpx.Request) -> httpx.Response:
        return api_error(503, "ServiceUnavailable") if world.wrote else world(request)

    result = update(account(failing), world.seen, Changes(name="new"))
    assert (result.status, result.code) == (Status.UNKNOWN, code)
    assert message in result.detail
    assert result.help == "check it: jobspec task get t-1"


def test_an_update_of_a_task_that_is_gone_by_then_has_failed() -> None:
    world = World()

    def vanishing(request: httpx.Request) -> httpx.Response:
        return api_error(404, "ResourceNotFound") if world.wrote else world(request)

    result = update(account(vanishing), world.seen, Changes(name="new"))
    assert (result.status, result.code) == (Status.FAILED, "JS521")


@pytest.mark.parametrize("order", [("b", "a"), ("a", "b")])
def test_tags_in_another_order_are_the_same_tags(order: tuple[str, ...]) -> None:
    assert Changes(tags=TagChange(order)).of(task("t-1", Tags=["a", "b"])) == Changes()


@pytest.mark.parametrize(
    ("at", "statuses"),
    [
        (0, [Status.UNKNOWN, Status.SKIPPED, Status.SKIPPED]),
        (1, [Status.DONE, Status.UNKNOWN, Status.SKIPPED]),
        (3, [Status.DONE] * 3),
    ],
)
def test_an_interruption_keeps_the_record_of_every_task(at: int, statuses: list[Status]) -> None:
    records = [task(f"t-{number}") for number in range(3)]
    reported: list[tuple[str, Status]] = []

    def write(record: TaskRecord) -> Result:
        if record.id == f"t-{at}":
            raise KeyboardInterrupt
        return DONE

    is_complete = write_each(
        records, write, lambda record, result: reported.append((record.id, result.status))
    )
    assert reported == list(zip(["t-0", "t-1", "t-2"], statuses, strict=True))
    assert is_complete == (at == 3)


def test_an_interruption_during_the_report_keeps_completed_results() -> None:
    reported: list[Status] = []

    def tell(_: TaskRecord, result: Result) -> None:
        reported.append(result.status)
        if len(reported) == 1:
            raise KeyboardInterrupt

    write_each([task("t-0"), task("t-1")], lambda _: DONE, tell)
    assert reported == [Status.DONE, Status.SKIPPED]


def test_a_private_value_of_a_task_is_not_shown_with_the_changes() -> None:
    private = {"Name": "T", "Value": "a-private-value", "IsPrivate": True}
    record = task("t-1", Description="with a-private-value", Tags=["a-private-value"], Envs=[private])
    rows = Changes(description="new", tags=TagChange(added=("b",))).differences(record)
    assert rows == (("description", "with ***", "new"), ("tags", "***", "***, b"))


def test_all_tags_of_jobspec_can_be_removed_and_the_users_are_kept() -> None:
    world = World(tags=("mine", *OURS, "jobspec-task_other"))
    changes = Changes(tags=TagChange(is_released=True))
    assert [field for field, _, _ in changes.differences(world.seen)] == ["tags of jobspec"]
    assert update(account(world), world.seen, changes).status is Status.DONE
    assert world.record["Tags"] == ["mine"]
    assert update(account(world), world.seen, changes).detail == "already up to date"
