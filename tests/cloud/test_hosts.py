"""The syntax of host names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.cloud.connection.hosts import is_host

NAMES = [
    "a",
    "127.0.0.1",
    "open.volcengineapi.com",
    "a_b.example.",
    "训练.example",
    "::1",
    "xn--zzzz.invalid",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_or_an_address_is_a_host(name: str) -> None:
    assert is_host(name)


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", ".a", "a" * 64, "a b", "训" * 64, ".".join(["a" * 60] * 5)]
)
def test_a_name_that_cannot_be_resolved_is_not_a_host(name: str) -> None:
    assert not is_host(name)


@given(st.text())
def test_a_host_can_be_encoded(name: str) -> None:
    if is_host(name) and ":" not in name:
        assert name.encode("idna")
