"""One comment for each job: which one is ours, and when it is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobspec.workflow.ci.comments import HostAnswer, Posted, marker, post
from jobspec.workflow.ci.job import CommentApi

API = CommentApi("https://h/c", "https://h/c", "PATCH", {"Authorization": "x"}, "bot")
KEY = "plan/-e/prod"


def body(run: int, text: str = "plan", key: str = KEY) -> str:
    return f"{text}\n{marker(key, (run, 1))}\n"


def comment(number: int, text: str, author: str = "bot") -> dict[str, Any]:
    return {"id": number, "body": text, "user": {"login": author}}


def played(
    comments: list[dict[str, Any]], run: int = 5, *, creates: bool = True, status: int = 200
) -> tuple[list[tuple[str, str]], Posted]:
    """The writes, and the result, against a host with these comments."""
    requests, writes = post(API, body(run), creates=creates), []
    call = next(requests)
    while True:
        if call.method == "GET":
            page = int(call.url.rpartition("=")[2])
            answer = HostAnswer(200, json.dumps(comments[(page - 1) * 100 : page * 100]))
        else:
            writes.append((call.method, call.url))
            answer = HostAnswer(status, "{}")
        try:
            call = requests.send(answer)
        except StopIteration as ended:
            return writes, ended.value


def test_the_first_run_creates_a_comment() -> None:
    assert played([]) == ([("POST", "https://h/c")], Posted("commented"))


def test_a_later_run_updates_it() -> None:
    assert played([comment(1, "other"), comment(2, body(4))])[0] == [("PATCH", "https://h/c/2")]


def test_the_same_run_updates_its_own() -> None:
    assert played([comment(2, body(5))])[0] == [("PATCH", "https://h/c/2")]


def test_an_older_run_does_not_overwrite_a_newer_one() -> None:
    writes, posted = played([comment(2, body(6))])
    assert writes == []
    assert "newer" in posted.done


def test_a_comment_on_a_later_page_is_found() -> None:
    others = [comment(number, "talk", "person") for number in range(1, 251)]
    assert played([*others, comment(251, body(4))])[0] == [("PATCH", "https://h/c/251")]


def test_of_duplicates_the_oldest_is_updated() -> None:
    assert played([comment(9, body(3)), comment(4, body(2))])[0] == [("PATCH", "https://h/c/4")]


@pytest.mark.parametrize(
    "other",
    [
        comment(2, body(4), "stranger"),
        comment(2, body(4, key="plan/-e/dev")),
        comment(2, body(4) + "more text"),
        comment(2, f"{marker(KEY, (999, 1))} in a quoted command"),
        {"id": 2, "body": None, "user": None},
        {"id": "2", "body": body(4), "user": {"login": "bot"}},
    ],
)
def test_what_is_not_ours_is_left_alone(other: dict[str, Any]) -> None:
    assert played([other])[0] == [("POST", "https://h/c")]


def test_a_plan_without_changes_updates_a_comment_and_makes_none() -> None:
    assert played([], creates=False)[0] == []
    assert played([comment(2, body(4))], creates=False)[0] == [("PATCH", "https://h/c/2")]


@pytest.mark.parametrize("status", [401, 403, 404, 422, 500])
def test_a_refusal_is_named(status: int) -> None:
    assert str(status) in played([], status=status)[1].problem


@pytest.mark.parametrize("text", ["{}", "nonsense", "[" * 100_000])
def test_an_answer_that_is_no_list_is_a_problem_and_nothing_is_written(text: str) -> None:
    requests = post(API, body(5), creates=True)
    next(requests)
    with pytest.raises(StopIteration) as ended:
        requests.send(HostAnswer(200, text))
    assert ended.value.value.problem


@pytest.mark.parametrize("key", ["a -->b", "a b", "--", "ä\n", "--since=x>y"])
def test_no_key_ends_the_marker(key: str) -> None:
    line = marker(key, (1, 1))
    assert line.count("-->") == 1
    assert "\n" not in line
    assert played_key(line) == line


def played_key(line: str) -> str:
    """The marker that is found in a body with this one."""
    requests = post(API, f"x\n{line}", creates=False)
    next(requests)
    with pytest.raises(StopIteration) as ended:
        requests.send(HostAnswer(200, "[]"))
    assert ended.value.value == Posted("there is no comment to update")
    return line
