"""One comment for each job: which one is ours, and when it is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from jobspec.cloud.connection.web import WebAnswer
from jobspec.report.plan.markdown import RESERVED
from jobspec.workflow.ci.comments import Posted, marker, post
from jobspec.workflow.ci.job import CommentApi

API = CommentApi("https://h/c", "https://h/c", "PATCH", {"Authorization": "x"}, "bot")
KEY, OTHER = "0a" * 16, "0b" * 16


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
            answer = WebAnswer(200, json.dumps(comments[(page - 1) * 100 : page * 100]).encode())
        else:
            writes.append((call.method, call.url))
            answer = WebAnswer(status, b"{}")
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
    assert "newer" in posted.problem


def test_a_comment_on_a_later_page_is_found() -> None:
    others = [comment(number, "talk", "person") for number in range(1, 251)]
    assert played([*others, comment(251, body(4))])[0] == [("PATCH", "https://h/c/251")]


def test_of_duplicates_the_oldest_is_updated() -> None:
    assert played([comment(9, body(3)), comment(4, body(2))])[0] == [("PATCH", "https://h/c/4")]


@pytest.mark.parametrize(
    "other",
    [
        comment(2, body(4), "stranger"),
        comment(2, body(4, key=OTHER)),
        comment(2, body(4) + "more text"),
        comment(2, f"{marker(KEY, (999, 1))} in a quoted command"),
        {"id": 2, "body": None, "user": None},
        {"id": "2", "body": body(4), "user": {"login": "bot"}},
        {"id": True, "body": body(4), "user": {"login": "bot"}},
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


@pytest.mark.parametrize("text", [b"{}", b"nonsense", b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_list_is_a_problem_and_nothing_is_written(text: bytes) -> None:
    requests = post(API, body(5), creates=True)
    next(requests)
    with pytest.raises(StopIteration) as ended:
        requests.send(WebAnswer(200, text))
    assert ended.value.value.problem


def test_a_comment_with_this_marker_is_found_and_one_of_another_key_is_not() -> None:
    line = marker(KEY, (4, 1))
    assert len(line) < RESERVED
    assert played([comment(2, f"x\n{line}")])[0] == [("PATCH", "https://h/c/2")]
    assert played([comment(2, f"x\n{marker(OTHER, (4, 1))}")])[0] == [("POST", "https://h/c")]


@pytest.mark.parametrize("digits", [21, 5000])
def test_a_number_that_no_run_has_makes_a_marker_of_nobody(digits: int) -> None:
    forged = f"x\n<!-- jobspec job={KEY} run={'9' * digits}.1 -->"
    assert played([comment(2, forged)])[0] == [("POST", "https://h/c")]


USER = replace(API, user_url="https://h/user")


def owner_played(status: int, answer: bytes) -> str:
    """Who wrote the comment that is updated, if the code host answers like this about the account."""
    requests = post(USER, body(5), creates=False)
    assert next(requests).url == "https://h/user"
    try:
        requests.send(WebAnswer(status, answer))
        page = [comment(1, body(4), "bot"), comment(2, body(4), "ann")]
        return requests.send(WebAnswer(200, json.dumps(page).encode())).url
    except StopIteration as ended:
        posted: Posted = ended.value
        return posted.problem


def test_a_persons_token_updates_the_comment_of_that_person() -> None:
    assert owner_played(200, b'{"login": "ann"}') == "https://h/c/2"


def test_a_jobs_own_token_may_not_read_its_account_and_updates_that_of_the_job() -> None:
    assert owner_played(403, b"{}") == "https://h/c/1"


def test_an_account_that_is_unknown_for_another_reason_writes_nothing() -> None:
    assert owner_played(500, b"{}") == "HTTP 500"
    assert "no account name" in owner_played(200, b'{"login": 1}')
