from __future__ import annotations

import string

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from jobspec.manifest.yaml.writing import by_emitter, to_yaml

TEXT = (
    st.text() | st.text(string.printable) | st.sampled_from(["no", "on", "12:30", "010", "0o10", "1e3", "~"])
)
SCALARS = st.none() | st.booleans() | st.integers() | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_parsers_of_both_yaml_versions_read_the_written_value(value: dict[str, object]) -> None:
    text = to_yaml(value)
    assert yaml.safe_load(text) == value
    assert YAML(typ="safe", pure=True).load(text) == value


@given(st.text())
def test_no_terminal_control_character_is_written(text: str) -> None:
    assert to_yaml({"text": text}).replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": None}, "b: 1\na: null\n"),
        ({"words": "two words", "flag": "no"}, 'words: two words\nflag: "no"\n'),
        ({"log": "one\ntwo"}, 'log: "one\\ntwo"\n'),
        ({"list": [{"x": 1}], "empty": []}, "list:\n- x: 1\nempty: []\n"),
        ({"name": "训练"}, 'name: "训练"\n'),
    ],
)
def test_keys_keep_their_order_and_only_ambiguous_strings_are_quoted(
    value: dict[str, object], written: str
) -> None:
    assert to_yaml(value) == written


def test_a_value_that_occurs_twice_is_written_twice() -> None:
    shared = {"x": 1}
    assert to_yaml({"a": shared, "b": shared}) == "a:\n  x: 1\nb:\n  x: 1\n"


def test_a_long_line_is_not_folded() -> None:
    assert to_yaml({"text": "word " * 100 + "end"}).count("\n") == 1


WORDS = st.from_regex(r"[A-Za-z_/][A-Za-z0-9_./-]{0,8}( [A-Za-z0-9_./-]{1,4}){0,2}", fullmatch=True)
USUAL = WORDS | TEXT | st.text(st.characters(max_codepoint=126), max_size=12)
USUAL_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | USUAL,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=120)
@given(st.dictionaries(WORDS, USUAL_VALUES, max_size=4) | st.dictionaries(TEXT, VALUES, max_size=4))
def test_what_is_written_without_the_library_is_what_the_library_writes(value: dict[str, object]) -> None:
    assert to_yaml(value) == by_emitter(value)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": "x" * 200_000},
        {"k" * 200: 1},
        {"a": [[1], []]},
        {"a": 1.5, "b": float("inf")},
        {"a": {}, "b": [], "c": [{}, [], None, {"d": [], "e": {"f": [{"g": 1, "h": ["i"]}]}}]},
        {"a": 'tab\tand "quotes" and \\ and \r', "b": "word\n", "c": "\n", "d": " ", "e": ""},
        {word: word for word in ("y", "Null", "TRUE", "x: y", "nan", "_1", "e1", "a b", "//", "inf", "a#b")},
    ],
)
def test_unusual_values_are_written_as_the_library_writes_them(value: dict[str, object]) -> None:
    assert to_yaml(value) == by_emitter(value)
