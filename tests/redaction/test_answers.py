"""Foreign text is made fit to be shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jobspec.redaction.answers import MAX_LENGTH, shown
from jobspec.redaction.values import secrets_in


@given(text=st.text(max_size=600))
def test_what_is_shown_is_one_short_printable_line(text: str) -> None:
    line = shown(text)
    assert len(line) <= MAX_LENGTH
    assert all(character.isprintable() for character in line)
    assert not line.endswith(".")


@given(before=st.text("ab ", max_size=320), secret=st.text("XYZ", min_size=8, max_size=20))
def test_no_secret_is_left_even_at_the_cut(before: str, secret: str) -> None:
    assert not set("XYZ") & set(shown(before + secret + "tail", [secret]))


def test_a_secret_that_holds_another_is_masked_whole() -> None:
    assert shown("abcdefghij", ["abcdefgh", "abcdefghij"]) == "***"


def test_a_secret_as_short_as_a_word_leaves_prose_as_it_is() -> None:
    assert shown("a task is bad", ["a", "is", "", "bad"]) == "a task is bad"


def test_terminal_escapes_are_taken_out() -> None:
    assert "\x1b" not in shown("\x1b[31mred\x1b[0m\r\nnext")


def test_private_values_and_credentials_of_a_payload_are_secret() -> None:
    payload = {
        "Envs": [
            {"Name": "A", "Value": "open"},
            {"Name": "B", "Value": "closed", "IsPrivate": True},
        ],
        "Credential": {"AccessKeyId": "ak", "SecretAccessKey": "sk"},
        "ImageSpec": {"Credential": {"Username": "me", "Password": "pw"}},
    }
    assert sorted(secrets_in(payload)) == ["ak", "closed", "pw", "sk"]


def test_whatever_is_named_as_a_secret_is_one() -> None:
    payload = {"Storages": [{"SecretKey": "a", "SessionToken": "b"}], "RegistryToken": "c", "Bucket": "d"}
    assert sorted(secrets_in(payload)) == ["a", "b", "c"]


def test_a_private_value_is_secret_in_any_shape() -> None:
    value = {"Inner": ["one", {"More": "two"}], "Count": 3}
    payload = {"Envs": {"HF": {"Value": value, "IsPrivate": True}}, "AccessToken": ["three", None]}
    assert sorted(secrets_in(payload)) == ["one", "three", "two"]
