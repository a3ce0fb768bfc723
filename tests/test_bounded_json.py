"""JSON from elsewhere is read within limits on its depth and its number of values."""

from __future__ import annotations

import math

import pytest

from jobspec import bounded_json
from jobspec.bounded_json import MAX_DEPTH, MAX_SIGNS


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def test_a_value_as_deep_as_the_limit_is_read() -> None:
    assert bounded_json.parse(b'{"a": [1, "x", null]}') == {"a": [1, "x", None]}
    bounded_json.parse(nested(MAX_DEPTH))


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 900, 100_000])
@pytest.mark.parametrize("pair", [(b"[", b"]"), (b'{"a":', b"}")], ids=["lists", "maps"])
def test_a_deeper_value_is_an_error(levels: int, pair: tuple[bytes, bytes]) -> None:
    opening, closing = pair
    with pytest.raises(ValueError, match="deep"):
        bounded_json.parse(opening * levels + b"1" + closing * levels)


@pytest.mark.parametrize("item", [b"{},", b"[],", b"0,", b'"":0,'])
def test_too_many_values_are_an_error_before_they_are_parsed(item: bytes) -> None:
    with pytest.raises(ValueError, match="too many values"):
        bounded_json.parse(item * (MAX_SIGNS + 1))


def test_brackets_in_strings_hide_no_nesting() -> None:
    with pytest.raises(ValueError, match="deep"):
        bounded_json.parse(b'["]",' * 900 + b"1" + b',"["]' * 900)


def test_brackets_in_a_string_are_no_nesting() -> None:
    assert bounded_json.parse(b'{"a": "' + b"[" * 500 + b'"}') == {"a": "[" * 500}


def test_an_integer_beyond_64_bits_is_a_float() -> None:
    assert bounded_json.parse(b"[-9, %s]" % (b"9" * 5000)) == [-9, math.inf]


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"{} {}"])
def test_what_is_no_json_is_an_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        bounded_json.parse(text)
