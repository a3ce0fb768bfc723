"""Live tasks as tables and as machine output: every column, and whatever the platform may send."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import convert
from msgspec.structs import replace

from jobspec.errors import UsageError
from jobspec.reconcile.tags import TagKey, encode
from jobspec.redaction.answers import encodable, mask_text
from jobspec.redaction.records import mask_record
from jobspec.report.table import LONGEST_CELL, Look
from jobspec.report.tasks import text as tasks_text
from jobspec.report.tasks import view as tasks_view
from jobspec.report.tasks import writes_text as task_writes_text
from jobspec.report.tasks.view import LiveTaskView, TasksView, live_task, managed
from jobspec.report.tasks.writes_view import TaskWriteView
from jobspec.report.text import escaped_json, width_of
from jobspec.report.view import PlatformView
from tests.cloud.records import task

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
PLAIN = Look(NOW)
WIDE = Look(NOW, is_wide=True)
COLOURED = Look(NOW, colour=True)
PLATFORM = PlatformView(kind="volcengine", region="cn-beijing", endpoint="https://x")
OURS = ["jobspec-scope_vision", "jobspec-task_train", "jobspec-spec_1abc", "jobspec-run_def"]

RECORD = task(
    "t-1",
    Name="train",
    Description="baseline",
    State="Killed",
    CreatorUserId=7,
    ResourceGroupId="r-1",
    ResourceQueueId="q-1",
    TaskRoleSpecs=[
        {"RoleName": "worker", "RoleReplicas": 2, "ResourceSpecId": "ml.a"},
        {"RoleName": "ps", "RoleReplicas": 1, "ResourceSpecId": "ml.b"},
    ],
    CreateTime="2026-01-31T10:00:00Z",
    LaunchTime="2026-01-31T11:00:00.5+00:00",
    FinishTime="2026-01-31T11:30:00Z",
    UpdateTime="2026-01-31T11:30:00Z",
    ExitCode=137,
    DiagInfo="stopped",
    Tags=["mine", *OURS, "jobspec-stop_user"],
)
CELLS = {
    "id": "t-1",
    "name": "train",
    "state": "Killed",
    "phase": "cancelled",
    "replicas": "3",
    "creator": "7",
    "age": "2h",
    "for": "29m59s",
    "managed": "vision/train",
    "group": "r-1",
    "queue": "q-1",
    "flavors": "ml.a,ml.b",
    "created": "2026-01-31T10:00:00Z",
    "launched": "2026-01-31T11:00:00Z",
    "finished": "2026-01-31T11:30:00Z",
    "updated": "2026-01-31T11:30:00Z",
    "exit": "137",
    "tags": "mine",
    "detail": "stopped",
    "description": "baseline",
}


def test_every_column_is_tested() -> None:
    assert CELLS.keys() == tasks_text.COLUMNS.keys()


@pytest.mark.parametrize(("name", "cell"), CELLS.items())
def test_a_column_shows(name: str, cell: str) -> None:
    assert tasks_text.tasks([live_task(RECORD)], PLAIN, [name]).splitlines() == [name.upper(), cell]


@pytest.mark.parametrize("name", sorted(CELLS.keys() - {"id", "state", "phase", "replicas"}))
def test_what_the_platform_does_not_say_is_a_dash(name: str) -> None:
    assert tasks_text.tasks([live_task(task("t-1"))], PLAIN, [name]).splitlines()[1] == "-"


def test_columns_come_in_the_order_asked_for() -> None:
    lines = tasks_text.tasks([live_task(RECORD)], PLAIN, ["state", "id"]).splitlines()
    assert [line.split() for line in lines] == [["STATE", "ID"], ["Killed", "t-1"]]


@pytest.mark.parametrize(
    ("name", "hint"), [("nmae", "did you mean `name`?"), ("xyz", "available: id, name, state")]
)
def test_an_unknown_column_is_refused_with_the_closest(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"there is no column `{name}`") as caught:
        tasks_text.tasks([live_task(RECORD)], PLAIN, [name])
    assert caught.value.help.startswith(hint)


def test_a_long_cell_is_cut_but_not_in_a_wide_table() -> None:
    view = [live_task(task("t-1", DiagInfo="x" * 300))]
    assert len(tasks_text.tasks(view, PLAIN, ["detail"]).splitlines()[1]) == LONGEST_CELL
    assert len(tasks_text.tasks(view, WIDE, ["detail"]).splitlines()[1]) == 300


def test_only_the_state_is_in_the_colour_of_its_phase() -> None:
    records = [task("t-1", Name="  Running  Killed", State="Running"), task("t-2", Name="训练", State="Odd")]
    text = tasks_text.tasks([*map(live_task, records)], COLOURED, ["name", "state", "detail"])
    _, first, second = text.splitlines()
    assert re.findall(r"\x1b\[36m(.*?)\x1b\[0m", first) == ["Running"]
    assert first.count("\x1b[36m") == 1
    assert "\x1b[31mOdd\x1b[0m" in second
    uncoloured = re.sub(r"\x1b\[\d+m", "", text)
    assert uncoloured == tasks_text.tasks([*map(live_task, records)], PLAIN, ["name", "state", "detail"])


HOSTILE = st.text(st.characters() | st.sampled_from("\x1b\n\r\t\x9b\u202e\ud800\0\u200d训")) | st.none()


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_no_text_of_the_platform_acts_on_a_terminal_or_breaks_a_table(
    name: str | None, state: str | None, detail: str | None, tag: str | None
) -> None:
    view = live_task(task("t-1", Name=name, State=state, DiagInfo=detail, Tags=[tag]))
    lines = tasks_text.tasks([view], WIDE).split("\n")
    assert len(lines) == 3
    assert all(character.isprintable() or character == "\u200d" for character in "".join(lines))


@given(HOSTILE, HOSTILE)
def test_whatever_the_platform_sends_becomes_json_that_is_safe_to_show(
    name: str | None, value: str | None
) -> None:
    record = task("t-1", Name=name, New={"x": [value, float("nan")]})
    text = escaped_json(tasks_view.detail(record, PLATFORM).to_json())
    read = json.loads(text)
    assert read["task"]["name"] == encodable(name or "")
    assert read["record"]["New"] == {"x": [None if value is None else encodable(value), None]}
    assert text.replace("\n", "").isprintable()


def test_a_secret_is_masked_at_its_place() -> None:
    shown = mask_record(
        {
            "ImageSpec": {"Credential": {"Username": "ada", "Password": "pw-1", "Token": ""}},
            "Envs": [{"Name": "A", "Value": "v-1", "IsPrivate": True}, {"Name": "B", "Value": "v-2"}],
            "Storages": [{"Type": "Nas", "SecretKey": "sk-1", "SessionToken": "st-1", "Passphrase": 17}],
            "EnableToken": True,
        }
    )
    assert shown == {
        "ImageSpec": {"Credential": {"Username": "ada", "Password": "***", "Token": ""}},
        "Envs": [{"Name": "A", "Value": "***", "IsPrivate": True}, {"Name": "B", "Value": "v-2"}],
        "Storages": [{"Type": "Nas", "SecretKey": "***", "SessionToken": "***", "Passphrase": "***"}],
        "EnableToken": True,
    }


@pytest.mark.parametrize("value", [{"Inner": "v-1"}, ["v-1"], 5, True])
def test_a_private_value_of_any_shape_is_masked(value: object) -> None:
    entry, kept = {"Value": value, "IsPrivate": True}, {"Value": "***", "IsPrivate": True}
    assert mask_record({"Envs": [entry]}) == {"Envs": [kept]}
    assert mask_record({"Envs": {"A": entry}}) == {"Envs": {"A": kept}}


def test_secrets_beside_the_known_places_are_masked() -> None:
    record = {
        "SessionToken": "st",
        "PullSecret": "ps",
        "AccessToken": ["t"],
        "Credential": {"Username": "ada"},
    }
    shown = {
        "SessionToken": "***",
        "PullSecret": "***",
        "AccessToken": "***",
        "Credential": {"Username": "ada"},
    }
    assert mask_record(record) == shown


def test_a_number_that_json_cannot_hold_is_null_in_yaml_too() -> None:
    record = {"New": [float("nan"), {"x": float("inf")}, -float("inf"), 1.5]}
    assert mask_record(record) == {"New": [None, {"x": None}, None, 1.5]}


def test_a_group_is_not_told_as_a_queue() -> None:
    view = live_task(task("t-1", ResourceGroupId="r-1"))
    assert (view.group, view.queue) == ("r-1", "")


def test_a_short_secret_hides_no_word_elsewhere() -> None:
    shown = mask_record({"Credential": {"AccessKeyId": "default"}, "ResourceGroupId": "default"})
    assert shown == {"Credential": {"AccessKeyId": "***"}, "ResourceGroupId": "default"}


LEAKING = task(
    "t-1",
    Args="--x 17-canary-17",
    Description="uses 17-canary-17",
    DiagInfo="bad 17-canary-17-long, and 17-canary-17",
    Envs=[
        {"Name": "A", "Value": "17-canary-17", "IsPrivate": True},
        {"Name": "B", "Value": "17-canary-17-long", "IsPrivate": True},
    ],
)


def test_a_long_secret_is_masked_inside_other_text_too() -> None:
    view = tasks_view.detail(LEAKING, PLATFORM)
    assert "canary" not in view.to_json() + tasks_text.detail(view, WIDE)
    assert view.record["Args"] == "--x ***"
    assert (view.task.description, view.task.detail) == ("uses ***", "bad ***, and ***")
    assert "canary" not in tasks_text.tasks([live_task(LEAKING)], WIDE, ["detail", "description"])


ASSIGNED = {
    "flag": ("run --token=S3CRET -v", "run --token=*** -v"),
    "address": ("https://x/y?token=S3CRET&z=1", "https://x/y?token=***&z=1"),
    "signature": ("https://x/y?X-Tos-Signature=abc&z=1", "https://x/y?X-Tos-Signature=***&z=1"),
    "session": ("X-Tos-Security-Token=abc", "X-Tos-Security-Token=***"),
    "digits-first": ("--token=123-abc", "--token=***"),
    "variable": ("HF_TOKEN=$TOKEN run", "HF_TOKEN=$TOKEN run"),
    "count": ("--max-token=512 --x", "--max-token=512 --x"),
    "password-in-an-address": ("git clone https://me:pw@host/x", "git clone https://me:***@host/x"),
    "port": ("https://host:80/a@b", "https://host:80/a@b"),
    "other": ("--lr=0.1", "--lr=0.1"),
}


@pytest.mark.parametrize(("text", "shown"), ASSIGNED.values(), ids=ASSIGNED.keys())
def test_what_is_assigned_as_a_secret_is_masked_wherever_it_stands(text: str, shown: str) -> None:
    assert mask_text(text) == shown
    assert mask_record({"Args": text}) == {"Args": shown}
    assert live_task(task("t-1", DiagInfo=text)).detail == shown


def listed(number: int, *, total: int | None, more: bool) -> TasksView:
    tasks = tuple(live_task(task(f"t-{index}")) for index in range(number))
    return TasksView(platform=PLATFORM, total=total, more=more, tasks=tasks)


SUMMARIES = {
    "none": (listed(0, total=0, more=False), "0 tasks on volcengine"),
    "one": (listed(1, total=None, more=False), "1 task on volcengine"),
    "more": (listed(2, total=9, more=True), "the first 2 of 9 tasks on volcengine"),
    "more-of-who-knows": (listed(2, total=None, more=True), "the first 2 tasks on volcengine"),
    "more-and-a-wrong-total": (listed(2, total=1, more=True), "the first 2 tasks on volcengine"),
}


@pytest.mark.parametrize(("view", "said"), SUMMARIES.values(), ids=SUMMARIES.keys())
def test_the_summary_says_how_many_and_whether_there_are_more(view: TasksView, said: str) -> None:
    text = tasks_text.summary(view)
    assert text.startswith(said)
    assert ("--all" in text) == view.more


@pytest.mark.parametrize("look", [PLAIN, COLOURED], ids=["plain", "coloured"])
def test_a_table_without_a_header_is_the_same_below_it(look: Look) -> None:
    views = [live_task(RECORD), live_task(task("t-22", State="Running"))]
    bare = tasks_text.tasks(views, replace(look, has_header=False), ["id", "phase"]).splitlines()
    assert [line.split() for line in bare] == [
        line.split() for line in tasks_text.tasks(views, look, ["id", "phase"]).splitlines()[1:]
    ]


def test_no_tasks_make_no_table() -> None:
    assert tasks_text.tasks([], PLAIN) == ""


def test_a_task_is_shown_a_line_each_without_what_is_not_known() -> None:
    lines = tasks_text.detail(tasks_view.detail(RECORD, PLATFORM), PLAIN).splitlines()
    assert lines[0].split() == ["ID", "t-1"]
    assert lines[-1].split(maxsplit=1) == ["ROLES", "worker: 2 of ml.a, ps: 1 of ml.b"]
    bare = tasks_text.detail(tasks_view.detail(task("t-1"), PLATFORM), PLAIN)
    assert "QUEUE" not in bare


MANAGED = {
    "unmanaged": (["mine"], None, ""),
    "managed": (OURS, ("vision", "train", False), "vision/train"),
    "protected": ([*OURS, "jobspec-keep_protect"], ("vision", "train", True), "vision/train"),
    "contradicting": ([*OURS, "jobspec-task_other"], ("vision", "other, train", False), "unclear: two"),
}


@pytest.mark.parametrize(("tags", "found", "shown"), MANAGED.values(), ids=MANAGED.keys())
def test_what_the_tags_of_jobspec_say_is_shown(
    tags: list[str], found: tuple[str, str, bool] | None, shown: str
) -> None:
    view = managed(task("t-1", Name="train", Tags=tags))
    assert (view and (view.scope, view.task, view.protected)) == found
    assert tasks_text.managed_name(view).startswith(shown)


def test_a_name_that_does_not_fit_in_a_tag_is_shown_as_it_is() -> None:
    tags = [OURS[0], encode(TagKey.TASK, "训练"), *OURS[2:]]
    view = managed(task("t-1", Name="训练", Tags=tags))
    assert view is not None
    assert view.task == "训练"


@pytest.mark.parametrize("verb", ["cancel", "delete", "update"])
def test_a_run_of_jobspec_earns_a_warning_that_names_it(verb: str) -> None:
    running = task("t-1", Name="train", State="Running", Tags=OURS)
    assert "is managed by jobspec as vision/train" in task_writes_text.caution(running, verb, colour=False)
    assert task_writes_text.caution(task("t-1", State="Running"), verb, colour=False) == ""


def test_a_finished_run_needs_no_warning_before_a_cancel() -> None:
    assert task_writes_text.caution(RECORD, "cancel", colour=False) == ""


OUTCOMES = {
    "done": (("done", "", ""), "✓ requested stop of t-1  train"),
    "already": (("done", "already up to date", ""), "✓ done t-1  train: already up to date"),
    "failed": (("failed", "no\x1b", "ask"), "✗ failed t-1  train: no␛\n    help: ask"),
    "unknown": (("unknown", "reset", ""), "? unknown t-1  train: reset"),
    "skipped": (("skipped", "changed", ""), "! skipped t-1  train: changed"),
}


@pytest.mark.parametrize(("outcome", "line"), OUTCOMES.values(), ids=OUTCOMES.keys())
def test_an_outcome_is_one_line_with_its_help(outcome: tuple[str, str, str], line: str) -> None:
    status, said, help_ = outcome
    write = convert(
        {"id": "t-1", "name": "train", "status": status, "detail": said, "help": help_}, TaskWriteView
    )
    assert task_writes_text.line(write, "requested stop of", colour=False) == line


def test_changes_are_shown_with_what_was_and_what_becomes() -> None:
    rows = [("name", "a", "b"), ("tags", "", "x\ny")]
    assert task_writes_text.changes(rows, colour=False) == "    name: a → b\n    tags: none → x␊y"
    assert task_writes_text.changes([], colour=False) == "    no changes"


def test_cells_of_wide_characters_are_aligned() -> None:
    views: list[LiveTaskView] = [live_task(task("t-1", Name="训练", State="Queue")), live_task(RECORD)]
    lines = tasks_text.tasks(views, PLAIN, ["name", "state"]).splitlines()
    starts = {width_of(line[: re.search(r"STATE|Queue|Killed", line).start()]) for line in lines}  # type: ignore[union-attr]  # each line has one
    assert len(starts) == 1


def test_tags_that_contradict_each_other_come_with_the_command_that_takes_them_away() -> None:
    ghost = [*OURS, "jobspec-task_other"]
    records = [task("t-1", State="Running", Tags=ghost), task("t-2", State="Failed", Tags=ghost)]
    views = [tasks_view.live_task(record) for record in (*records, task("t-3", Tags=OURS))]
    lines = tasks_text.advice(views, " --environment prod")
    assert lines[1].endswith("jobspec task update t-1 --remove-jobspec-tags --environment prod")
    assert lines[3].endswith("jobspec task delete t-2 --environment prod")
    assert not any("t-3" in line for line in lines)
    assert "and 7 more tasks" in tasks_text.advice(views[:1] * 10, "")[-1]
