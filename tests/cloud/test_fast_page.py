"""The fast reader of pages returns what the exact one returns, or is in doubt: for any bytes."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobspec.apply.observe import run_of
from jobspec.bounded_json import MAX_DEPTH, MAX_SIGNS, Unread
from jobspec.cloud.answers import fast_page
from jobspec.cloud.answers.envelope import Answer, Question, read_envelope
from jobspec.cloud.answers.wire import Page, read_page
from jobspec.errors import PlatformError
from jobspec.redaction.values import secrets_in

ACTION = "ListCustomTasks"
RECORD: dict[str, object] = {
    "Id": "t-20260131010203-abcde",
    "Name": "train",
    "Description": "",
    "Tags": ["team-vision", "jobspec-scope_vision"],
    "State": "Running",
    "CreateTime": "2026-01-31T09:02:03.123456789+08:00",
    "LaunchTime": "2026-01-31T01:02:03Z",
    "FinishTime": "",
    "UpdateTime": None,
    "ServerTime": "2026-01-31T01:02:04Z",
    "ExitCode": 0,
    "DiagInfo": "",
    "CreatorUserId": 2100012345,
    "ResourceGroupId": "",
    "ResourceQueueId": "q-1",
    "ImageSpec": {"Id": "ml_platform/pytorch:1.7", "Url": None},
    "EntrypointPath": "python train.py",
    "Args": "--epochs [10]",
    "TaskRoleSpecs": [{"RoleName": "worker", "RoleReplicas": 2, "ResourceSpecId": "ml.g1e.large"}],
    "Envs": [{"Name": "HF_TOKEN", "Value": "hf_secretsecretsecret", "IsPrivate": True}],
}
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**17, 10**18, -(10**17), 2**63, 2**64, 0, -1]),
    st.floats(),
    st.sampled_from([5.0, 1e3, 1e18, 2.0**63]),
    st.text(max_size=5),
    st.sampled_from(["", "0", "-7", "1" * 20, "\ud800", "é", "2026-01-31T01:02:03Z", "]", "{"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from([*RECORD, "New", "raw"])
RECORDS = st.dictionaries(KEYS, VALUES, max_size=6).map(lambda other: {**RECORD, **other})


def answer(body: bytes, status: int = 200) -> Answer:
    return Answer(status, {}, body, datetime(2026, 1, 31, tzinfo=UTC))


def page_of(*records: object, **result: object) -> bytes:
    listed = {"Total": len(records), "List": list(records), **result}
    return json.dumps({"ResponseMetadata": {"RequestId": "r-1"}, "Result": listed}).encode()


def outcome(read: Callable[[], Page | None]) -> object:
    """A page as a value that can be compared, with each record read in full; or the error."""
    try:
        page = read()
    except PlatformError as error:
        return type(error), error.message
    if page is None:
        return None
    # The representation tells 1 from True and from 1.0, and NaN is like NaN in it.
    return page.total, [(repr(task), repr(task.roles), repr(dict(task.raw))) for task in page.tasks]


def exact(body: bytes, status: int = 200) -> object:
    return outcome(lambda: read_page(read_envelope(Question(ACTION), answer(body, status)), action=ACTION))


def fast(body: bytes, status: int = 200) -> object:
    return outcome(lambda: fast_page.read(answer(body, status), action=ACTION))


def agree(body: bytes, status: int = 200) -> None:
    found = fast(body, status)
    assert found is None or found == exact(body, status)


@settings(max_examples=250)
@given(st.lists(RECORDS, max_size=3))
@example([{**RECORD, "CreatorUserId": 1234567890123456789}])
@example([{**RECORD, "ExitCode": True}, {**RECORD, "Tags": None}])
@example([{**RECORD, "Id": ""}])
def test_changed_records_are_read_alike(records: list[dict[str, Any]]) -> None:
    agree(page_of(*records))


@settings(max_examples=200)
@given(VALUES, VALUES, VALUES, st.sampled_from([200, 201, 403, 500]))
def test_changed_pages_are_read_alike(total: object, listed: object, metadata: object, status: int) -> None:
    agree(page_of(RECORD, Total=total), status)
    agree(page_of(List=listed), status)
    agree(json.dumps({"ResponseMetadata": metadata, "Result": {"Total": 0, "List": []}}).encode(), status)


TOKENS = [
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"-", b"0", b"9" * 20, b".", b"e", b"\xff", b"\xc3"),
    *(
        b"\xed\xa0\x80",
        b"\\ud800",
        b"\x00",
        b"\x1f",
        b"\n",
        b"null",
        b"NaN",
        b"1e999",
        b"\xef\xbb\xbf",
        b"00",
    ),
]


@settings(max_examples=250)
@given(st.lists(st.tuples(st.integers(0), st.integers(0, 3), st.sampled_from(TOKENS)), max_size=3))
def test_changed_bytes_are_read_alike(edits: list[tuple[int, int, bytes]]) -> None:
    body = bytearray(page_of(RECORD, {**RECORD, "Id": "t-2", "DiagInfo": "é"}))
    for place, length, token in edits:
        start = place % (len(body) + 1)
        body[start : start + length] = token
    agree(bytes(body))


@settings(max_examples=300)
@given(RECORDS, st.dictionaries(st.sampled_from(["Token", "ApiKey", "Envs", "Credential"]), VALUES))
@example(
    {"Envs": [{"Name": "A", "Value": "\ud800", "IsPrivate": True}]}, {"Token": "t", "Credential": 10**30}
)
def test_the_secrets_of_a_kept_record_are_those_of_its_values(
    record: dict[str, object], more: dict[str, object]
) -> None:
    text = json.dumps({**record, **more}).encode()
    assert secrets_in(Unread(text)) == secrets_in(dict(Unread(text)))


def test_an_expected_page_is_read_without_doubt_and_its_records_stay_bytes() -> None:
    page = fast_page.read(answer(page_of(RECORD, {**RECORD, "Id": "t-2", "Tags": "odd"})), action=ACTION)
    assert page is not None
    assert [type(task.raw) for task in page.tasks] == [Unread, Unread]


@pytest.mark.parametrize("text", [b"\xff", b"\xed\xa0\x80", b"\xc3"])
def test_text_that_is_not_utf_8_is_left_to_the_exact_reader_wherever_it_is(text: bytes) -> None:
    body = page_of({**RECORD, "New": "HERE"}).replace(b"HERE", text)
    assert fast(body) is None


def nested(levels: int) -> object:
    value: object = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("levels", range(MAX_DEPTH - 8, MAX_DEPTH + 2))
@pytest.mark.parametrize("key", ["New", "Tags", "TaskRoleSpecs"])
def test_the_depth_of_a_record_is_limited_as_exactly(levels: int, key: str) -> None:
    body = page_of({**RECORD, key: nested(levels)})
    agree(body)
    page = fast_page.read(answer(body), action=ACTION)
    for task in page.tasks if page else ():
        assert dict(task.raw)[key] == nested(levels)


@pytest.mark.parametrize("levels", [MAX_DEPTH - 5, MAX_DEPTH, 900, 100_000])
@pytest.mark.parametrize("after", [b'"Result"', b'"List"'])
def test_the_depth_around_the_records_is_limited(levels: int, after: bytes) -> None:
    new = b'"New": ' + b"[" * levels + b"]" * levels + b", "
    agree(page_of(RECORD).replace(after, new + after, 1))


def test_the_number_of_values_of_a_page_is_limited() -> None:
    record = json.dumps({**RECORD, "New": []}).replace("[]}", "[" + "0," * MAX_SIGNS + "0]}")
    body = page_of(RECORD).replace(b'"List": [', b'"List": [' + record.encode() + b", ")
    assert fast(body) is None
    assert isinstance(exact(body), tuple)


def test_a_kept_record_is_a_value_and_shows_none_of_its_secrets() -> None:
    page = fast_page.read(answer(page_of(RECORD)), action=ACTION)
    assert page is not None
    task, run = page.tasks[0], run_of(page.tasks[0])
    assert pickle.loads(pickle.dumps(run)) == run == run_of(task)
    assert task.raw == RECORD
    assert "hf_secret" not in f"{task!r} {run!r} {task.raw!r} {task.raw}"


def test_what_the_rule_against_copied_tags_compares_is_read_alone() -> None:
    page = fast_page.read(answer(page_of(RECORD)), action=ACTION)
    assert page is not None
    run = run_of(page.tasks[0])
    keys = ("ImageSpec", "Args", "TaskRoleSpecs", "Absent")
    assert run.echoed(keys) == {key: RECORD[key] for key in keys[:-1]}
    assert isinstance(run.spec, Unread)
    assert run.spec._value is None
    assert run.spec["Args"] == "--epochs [10]"
    assert run.echoed(keys) == {key: RECORD[key] for key in keys[:-1]}


@pytest.mark.parametrize("error", [None, {}, {"Code": "AccessDenied"}, "no"])
def test_a_response_with_an_error_is_left_to_the_exact_reader(error: object) -> None:
    body = json.loads(page_of(RECORD))
    body["ResponseMetadata"]["Error"] = error
    assert fast(json.dumps(body).encode()) is None
