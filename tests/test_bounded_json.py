"""JSON from elsewhere is read within limits on its depth and its number of values."""

from __future__ import annotations

import copy
import json
import math
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec import bounded_json
from jobspec.bounded_json import MAX_DEPTH, MAX_SIGNS, Unread


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


def test_an_unread_object_is_the_value_of_its_text() -> None:
    text = b'{"a": [1, {"b": "x"}], "n": null, "big": %s}' % (b"9" * 30)
    unread = Unread(text)
    assert unread == bounded_json.parse(text)
    assert (list(unread), len(unread), "a" in unread, "z" in unread) == (["a", "n", "big"], 3, True, False)
    assert list(unread.items()) == list(
        json.loads(text, parse_int=lambda n: float(n) if len(n) > 18 else int(n)).items()
    )
    assert pickle.loads(pickle.dumps(unread)) == copy.deepcopy(unread) == unread


def test_a_few_values_of_an_unread_object_are_read_alone() -> None:
    unread = Unread(b'{"a": 1, "b": {"c": [2]}, "b": {"c": [3]}, "d": "e"}')
    assert unread.only(("b", "z", "d")) == {"b": {"c": [3]}, "d": "e"}
    assert unread._value is None
    assert dict(unread) == {"a": 1, "b": {"c": [3]}, "d": "e"}
    assert unread.only(("b", "z")) == {"b": {"c": [3]}}


@pytest.mark.parametrize("is_read", [False, True])
def test_an_unread_object_shows_none_of_its_values(is_read: bool) -> None:
    unread = Unread(b'{"secret-key": "secret-value"}')
    if is_read:
        len(unread)
    shown = f"{unread!r} {unread} {unread!s} {[unread]} {vars(type(unread)).get('__dict__', '')}"
    assert "secret" not in shown


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
EDITS = st.sampled_from(
    [b"", b'"', b"\\u", b"\\ud800", b"9", b"9" * 19, b"e", b".", b"-", b"{", b"\xff", b"NaN", b"tru"]
)


@given(VALUES, st.booleans(), EDITS, st.data())
def test_the_faster_decoder_reads_nothing_differently(
    value: object, ascii_only: bool, edit: bytes, data: st.DataObject
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    at = data.draw(st.integers(0, len(text)))
    text = text[:at] + edit + text[at + data.draw(st.integers(0, 2)) :]
    assert outcome(bounded_json.parse, text) == outcome(by_the_standard_library, text)


def by_the_standard_library(text: bytes) -> object:
    def whole(digits: str) -> int | float:
        return int(digits) if len(digits) < 19 else float(digits)

    return json.loads(text.decode(json.detect_encoding(text), "surrogatepass"), parse_int=whole)


def outcome(read: Callable[[bytes], object], text: bytes) -> str:
    try:
        return repr(read(text))
    except (ValueError, RecursionError):
        return "refused"
