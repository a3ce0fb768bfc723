"""Which hosts `NO_PROXY` matches, as curl, Go and Python read it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.cloud.connection.no_proxy import read


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("*", "any.example"),
        (" * ", "10.0.0.1"),
        ("a.example,*", "b.example"),
        ("example.com", "example.com"),
        ("example.com", "api.example.com"),
        (".example.com", "api.example.com"),
        (".example.com", "example.com"),
        ("*.example.com", "api.example.com"),
        ("EXAMPLE.com.", "Api.Example.com."),
        ("a.example, example.com", "example.com"),
        ("a.example  example.com", "example.com"),
        ("a.example,,example.com,", "example.com"),
        ("example.com:443", "example.com"),
        ("https://example.com", "example.com"),
        ("localhost", "localhost"),
        ("10.1.2.3", "10.1.2.3"),
        ("10.0.0.0/8", "10.200.3.4"),
        ("10.1.2.3/8", "10.200.3.4"),
        ("10.1.2.3:443", "10.1.2.3"),
        ("fd00::/8", "fd12::1"),
        ("[fd00::]/8", "fd12::1"),
        ("[fd00::/8]", "fd12::1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("[::1]:443", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
    ],
)
def test_a_host_that_is_named_is_reached_without_the_proxy(text: str, host: str) -> None:
    exceptions = read(text)
    assert exceptions.matches(host, 443)
    assert exceptions.invalid == ()


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("", "example.com"),
        (" , ", "example.com"),
        ("example.com", "badexample.com"),
        ("example.com", "example.com.evil.net"),
        ("api.example.com", "example.com"),
        ("example.com:8443", "example.com"),
        ("10.0.0.0/8", "11.0.0.1"),
        ("10.0.0.0/8", "name.example"),
        ("fd00::/8", "fe80::1"),
        ("[::1]:80", "::1"),
        ("::1", "0.0.0.1"),
    ],
)
def test_a_host_that_is_not_named_is_reached_through_it(text: str, host: str) -> None:
    assert not read(text).matches(host, 443)


@pytest.mark.parametrize(
    "entry",
    [
        "10.0.0.0/99",
        "fd00::/200",
        "192.168.*",
        "example.com:0",
        "example.com:99999",
        "[::1",
        "a/b",
        "1.2.3",
        "a..b",
    ],
)
def test_an_invalid_entry_is_ignored_by_name_and_the_others_apply(entry: str) -> None:
    exceptions = read(f"before.example,{entry} after.example")
    assert exceptions.invalid == (entry,)
    assert exceptions.matches("before.example", 443)
    assert exceptions.matches("after.example", 443)
    assert not exceptions.matches("other.example", 443)


@given(st.text(max_size=40), st.text(max_size=20), st.none() | st.integers(0, 65535))
def test_any_text_is_accepted(text: str, host: str, port: int | None) -> None:
    assert read(text).matches(host, port) in {True, False}
