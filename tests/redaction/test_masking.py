"""Secrets are taken out of a text in whatever way somebody has written them into it."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.cloud.answers.query import ListQuery
from jobspec.errors import Refused
from jobspec.redaction.answers import mask_text
from jobspec.redaction.masking import Mask
from jobspec.redaction.records import mask_json
from tests.cloud.platform import api_error, client, ok, script

SECRET = 'aB3"\\/<&>\n%41 Zz9-long-enough-to-tell'
WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": json.dumps,
    "JSON in JSON": lambda value: json.dumps(json.dumps(value)),
    "Python": repr,
    "percent": quote,
    "HTML": html.escape,
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 behind a name": lambda value: base64.b64encode(b"robot:" + value.encode()).decode(),
    "base64 for addresses": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "hex": lambda value: value.encode().hex(),
    "capitals": str.upper,
    "one line": lambda value: " ".join(value.split()),
}
TASK = {"Id": "t-1", "Name": "job", "State": "Failed", "DiagInfo": f"no such value {SECRET}"}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_a_secret_is_masked_however_it_is_written(way: Callable[[str], str]) -> None:
    said = way(SECRET)
    shown = Mask.of([SECRET]).over(f"no such value {said}, says the platform")
    assert shown.startswith("no such value ")
    assert "long-enough" not in shown
    assert said[8:28] not in shown


def test_a_beginning_of_a_secret_is_masked_where_somebody_else_has_cut_it() -> None:
    mask = Mask.of(["abcdefghijklmnopqrstuvw"])
    assert mask.over("value 'abcdefghijklmno…' is wrong") == "value '***…' is wrong"


def test_the_lines_of_a_key_are_masked_one_by_one_and_what_names_its_kind_is_not() -> None:
    key = "-----BEGIN KEY-----\nMIIEabcd/efg+\n-----END KEY-----"
    assert Mask.of([key]).over("before MIIEabcd/efg+ x") == "before *** x"
    assert Mask.of([key]).over("at -----END KEY----- x") == "at -----END KEY----- x"


@given(text=st.text(max_size=80), secret=st.text(min_size=8, max_size=30))
def test_nothing_but_the_secret_is_taken_out(text: str, secret: str) -> None:
    shown = Mask.of([secret]).over(f"{text}|{secret}|{text}")
    assert secret not in shown or secret in "***"
    assert Mask.of(["not in any of these texts at all"]).over(text) == text


def test_a_mask_tells_nothing_of_what_it_masks() -> None:
    assert "long-enough" not in repr(Mask.of([SECRET]))


def test_what_is_assigned_as_a_secret_is_masked_without_being_known() -> None:
    said = mask_text("--token=abcdef123 http://user:pass@host $TOKEN count_token=12", [])
    assert said == "--token=*** http://user:***@host $TOKEN count_token=12"


def test_a_secret_that_was_sent_once_is_masked_in_every_later_error() -> None:
    answers = script(ok({"Id": "t-1"}), api_error(400, "InvalidParameter", f"T={SECRET} is no good"))
    one = client(answers)
    one.create({"Envs": [{"Name": "T", "Value": SECRET, "IsPrivate": True}]})
    with pytest.raises(Refused) as caught:
        one.get("t-1")
    assert "long-enough" not in str(caught.value)


def test_a_secret_that_was_sent_is_masked_in_what_is_said_of_tasks_and_replicas() -> None:
    found = {"RoleName": "worker", "RoleIndex": "0", "DiagInfo": SECRET}
    move = {"State": "Failed", "Message": SECRET}
    answers = script(
        ok({"Id": "t-1"}),
        ok(TASK),
        ok({"Total": 1, "List": [TASK]}),
        ok({"Total": 1, "List": [found]}),
        ok({"Total": 0, "List": []}),
        ok({"List": [move]}),
    )
    one = client(answers)
    one.create({"Envs": [{"Name": "T", "Value": SECRET, "IsPrivate": True}]})
    task, [listed] = one.get("t-1"), one.list_page(ListQuery()).tasks
    [instance], [moved] = one.instances("t-1"), one.timelines("t-1")
    assert listed == task
    assert (task.diag_info, instance.diag_info, moved.message) == ("no such value ***", "***", "***")
    assert task.raw["DiagInfo"] == TASK["DiagInfo"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"password":"abc","lr":0.10}', '{"password":"***","lr":0.1}'),
        ('[{"token":["abc"]}]', '[{"token":["***"]}]'),
        *(
            ('{"token":7,"lr":0.10}',) * 2,
            ('{"secret":{"env":"NAME"}}',) * 2,
            ("{lr: 2}",) * 2,
            ("[" * 9999,) * 2,
        ),
    ],
)
def test_json_is_shown_without_texts_below_secretive_keys(text: str, shown: str) -> None:
    assert mask_json(text) == shown
