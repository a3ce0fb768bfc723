"""`task list --all` writes a long list while it arrives, and never a half list that looks complete."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from jobspec.cli.main import run
from jobspec.cli.tasks import streamed_tasks
from jobspec.cloud.connection import network
from tests.cloud.platform import api_error, ok

COMMAND = ["task", "list", "--all", "--platform", "volcengine"]
TAGS = [f"jobspec-{tag}" for tag in ("scope_a", "scope_b", "task_t", "spec_s", "run_r")]


@dataclass
class Tasks:
    """A platform of so many tasks, in pages of three; it refuses every list from an offset on."""

    count: int
    fails_from: int = 10**9
    asked: list[int] = field(default_factory=list)
    before: Callable[[int], None] = lambda _: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.asked.append(body["Offset"])
        self.before(body["Offset"])
        if body["Offset"] >= self.fails_from:
            return api_error(403, "AccessDenied")
        records = [self.record(number) for number in range(self.count)]
        if body["SortOrder"] == "Descend":
            records.reverse()
        return ok({"Total": self.count, "List": records[body["Offset"] :][:3]})

    def record(self, number: int) -> dict[str, object]:
        name = "a-far-longer-name" if number == 1 else f"n{number}"
        return {"Id": f"t-{number:03}", "Name": name, "State": "Running", "Tags": TAGS if number < 5 else []}


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Tasks], Tasks]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VOLC_ACCESSKEY", "a" * 20)
    monkeypatch.setenv("VOLC_SECRETKEY", "b" * 20)

    def answered_by(tasks: Tasks) -> Tasks:
        monkeypatch.setattr(network, "_transport", lambda _: httpx.MockTransport(tasks))
        return tasks

    return answered_by


Platform = Callable[[Tasks], Tasks]
FORMS = pytest.mark.parametrize("form", ["table", "wide", "json"])
ORDERS = pytest.mark.parametrize("order", ["Ascend", "Descend"])


def output(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str, str]:
    code = run([*COMMAND, *options])
    said = capsys.readouterr()
    return code, said.out, said.err


@FORMS
@ORDERS
def test_a_short_list_has_the_bytes_of_one_that_is_read_first(
    form: str, order: str, platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    platform(Tasks(20))
    streamed = output(capsys, "-o", form, "--order", order)
    read_first = output(capsys, "-o", form, "--order", order, "--sort-by", "CreateTime")
    assert streamed[0] == 0
    assert streamed == read_first  # no task has a time: the order is that of the ids


@ORDERS
def test_a_long_table_has_the_lines_of_one_that_is_written_at_once(
    order: str, platform: Platform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    platform(Tasks(20))
    at_once = output(capsys, "--order", order)
    monkeypatch.setattr(streamed_tasks, "AT_ONCE", 3)
    streamed = output(capsys, "--order", order)
    assert [line.split() for line in streamed[1].splitlines()] == [
        line.split() for line in at_once[1].splitlines()
    ]
    assert streamed[2] == at_once[2]  # the number of tasks, and the advice
    assert "and 2 more tasks with tags that contradict each other" in streamed[2]


@ORDERS
def test_a_long_json_document_has_the_same_content(
    order: str, platform: Platform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    platform(Tasks(20))
    at_once = output(capsys, "-o", "json", "--order", order)
    monkeypatch.setattr(streamed_tasks, "AT_ONCE", 3)
    streamed = output(capsys, "-o", "json", "--order", order)
    assert json.loads(streamed[1]) == json.loads(at_once[1])
    assert json.loads(streamed[1])["total"] == 20
    lines = at_once[1].replace('  "total": 20,\n', "").removesuffix("\n}\n")
    assert streamed[1] == f'{lines},\n  "total": 20\n}}\n'


@FORMS
def test_a_list_that_ends_early_is_an_error_and_no_document(
    form: str, platform: Platform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    platform(Tasks(20, fails_from=10))
    monkeypatch.setattr(streamed_tasks, "AT_ONCE", 3)
    code, out, err = output(capsys, "-o", form, "--order", "Ascend")
    assert code == 1
    assert "t-000" in out
    assert "t-019" not in out
    assert "only a part of the list" in err
    assert "error" in err
    assert "20 tasks on" not in err
    if form == "json":
        with pytest.raises(ValueError, match=r"."):
            json.loads(out)


@FORMS
def test_a_list_that_fails_at_its_beginning_writes_nothing(
    form: str, platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    platform(Tasks(20, fails_from=10))
    code, out, err = output(capsys, "-o", form)
    assert (code, out) == (1, "")
    assert "part of the list" not in err


def test_a_list_that_shifts_for_ever_ends_with_an_error(
    platform: Platform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = platform(Tasks(60))
    monkeypatch.setattr(streamed_tasks, "AT_ONCE", 3)
    names = itertools.count(100, 3)

    def shift(offset: int) -> None:
        if offset > 10:
            start = next(names)
            tasks.record = lambda number: {"Id": f"t-{start + number:08}"}  # type: ignore[method-assign]

    tasks.before = shift
    code, out, err = output(capsys, "-o", "json", "--order", "Ascend")
    assert code == 1
    assert "the list of tasks is incomplete" in err
    with pytest.raises(ValueError, match=r"."):
        json.loads(out)
