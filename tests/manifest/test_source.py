"""YAML text becomes trees: by YAML 1.2, the same with both parsers, bounded, with exact places."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from jobspec.manifest.yaml import source
from jobspec.manifest.yaml.quick import quick_documents
from jobspec.manifest.yaml.source import Source, parse
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, at_path, plain


def _values(text: str) -> list[Any]:
    return [plain(document) for document in parse(text.encode(), "f.yaml").documents]


def _codes(text: str | bytes) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    return [diagnostic.code for diagnostic in parse(data, "f.yaml").diagnostics]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("nUll", "nUll"),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("NO", "NO"),
        ("on", "on"),
        ("12", 12),
        ("-7", -7),
        ("+7", 7),
        ("0", 0),
        ("010", "010"),
        ("00", "00"),
        ("1_000", "1_000"),
        ("0x1F", 31),
        ("0o17", 15),
        ("0b101", "0b101"),
        ("9223372036854775807", 2**63 - 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-.inf", -math.inf),
        ("12:30", "12:30"),
        ("12:30:45", "12:30:45"),
        ("2024-01-31", "2024-01-31"),
        ("1.2.3", "1.2.3"),
        ('"12"', "12"),
        ("'true'", "true"),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ("!!float 1", 1.0),
        ("s3://bucket/key", "s3://bucket/key"),
    ],
)
def test_a_plain_scalar_has_its_yaml_1_2_value(text: str, value: object) -> None:
    [document] = _values(f"a: {text}\n")
    assert document == {"a": value}
    assert type(document["a"]) is type(value)


def test_nan_is_a_number() -> None:
    assert math.isnan(_values("a: .nan")[0]["a"])


def test_a_flow_scalar_may_contain_a_colon() -> None:
    assert _values("{uri: s3://b, image: host:5000/a}") == [{"uri": "s3://b", "image": "host:5000/a"}]


def test_a_byte_order_mark_is_not_part_of_the_first_key() -> None:
    assert _values("\ufeffa: 1") == [{"a": 1}]


def test_documents_before_a_broken_one_are_kept() -> None:
    found = parse(b"a: 1\n---\nb: [\n", "f.yaml")
    assert [plain(document) for document in found.documents] == [{"a": 1}]
    assert [diagnostic.code for diagnostic in found.diagnostics] == ["JS101"]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: b: c", 1, 5),
        ("a:\n\t- x", 2, 1),
        ("a: 1\nb: 2\na: 3", 3, 1),
        ("a: [1, 2\nb: 3\n", 2, 2),
        ("é: @", 1, 4),
    ],
)
def test_a_problem_has_an_exact_position(text: str, line: int, column: int) -> None:
    [problem] = parse(text.encode(), "f.yaml").diagnostics
    assert problem.place is not None
    assert (problem.place.span.start.line, problem.place.span.start.column) == (line, column)


def test_a_block_scalar_ends_at_its_last_line_of_content() -> None:
    [document] = parse(b"a: |\n  one\n  two\n\nb: 1\n", "f.yaml").documents
    span = at_path(document, ["a"]).node.at.place.span
    assert (span.start.line, span.end.line, span.end.column) == (1, 3, 6)


def test_the_value_of_an_alias_has_the_place_of_the_alias() -> None:
    [document] = parse(b"a: &x one\nb: *x\n", "f.yaml").documents
    assert at_path(document, ["b"]).node.at.line == 1


def test_a_file_beyond_the_limit_is_not_read() -> None:
    assert _codes(b"a: 1\n" * 500_000) == ["JS109"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: \x00", "JS111"),
        ("a: \x1b[31m", "JS111"),
        ("a: \u2066x", "JS111"),
        ("%YAML 1.1\n---\na: 1", "JS112"),
        ("a: !!python/object:x {}", "JS104"),
        ("a: !!set {}", "JS104"),
        ("true: 1", "JS113"),
        ("[a]: 1", "JS113"),
        ("? {a: 1}\n: 2", "JS113"),
        ("a: 0xFFFFFFFFFFFFFFFFFF", "JS114"),
        (b"\xff\xfea\x00", "JS110"),
        ('a: "\\U99999999"', "JS101"),
        ('a: "\\U09999999"', "JS101"),
        ("%YAML 1.99999999\n---\na: 1", "JS101"),
    ],
)
def test_unsupported_yaml_is_refused(text: str | bytes, code: str) -> None:
    assert code in _codes(text)


@pytest.mark.parametrize("more", ["", "b: a?b\n"], ids=["alone", "beside text for the exact parser"])
@pytest.mark.parametrize("sign", ["|#", "|# ", ">-#x", "|2#"])
def test_a_comment_right_after_the_sign_of_a_block_is_refused_in_every_file(sign: str, more: str) -> None:
    source = parse(f"a: {sign}\n  text\n{more}".encode(), "x.yaml")
    assert [one.code for one in source.diagnostics] == ["JS101"]
    assert quick_documents(f"a: {sign}\n  text\n") is None


def test_a_yaml_1_2_directive_is_accepted() -> None:
    assert _codes("%YAML 1.2\n---\na: 1") == []


_SIGNS = ["{", "}", "[", "]", ":", "#", "'", '"', "?", "%", "@", "\\", "-", "~"]
_WORDS = ["a", "b: ", "- ", "\n", "  ", ", ", ": ", " #", "? ", "1", "0x1", "\\n", "é", "\t"]
_TOKENS = ["|\n", ">-\n", "&x ", "*x", "!!str ", "!t ", "---\n", "...\n"]
_PIECES = st.sampled_from([*_SIGNS, *_WORDS, *_TOKENS])
_TEXTS = st.lists(_PIECES, max_size=14).map("".join)


def _by(events: Any, text: str) -> tuple[Source, bool]:
    return source._read("f.yaml", text, events)


def _shape(node: Node) -> object:
    if isinstance(node, Scalar):
        return (str(node.value), type(node.value).__name__, None if node.is_absent else node.at)
    if isinstance(node, Mapping):
        return [(key.at, name, _shape(value)) for name, (key, value) in node.entries.items()]
    return [_shape(item) for item in node.items]


@settings(max_examples=600)
@given(_TEXTS)
@example("!!str &x b: ")
@example("&x !!str b: ")
def test_the_fast_parser_reads_nothing_differently_from_the_exact_one(text: str) -> None:
    fast = source.fast_events()
    if fast is None or source._READ_DIFFERENTLY.search(text):
        return
    quick, got_through = _by(fast, text)
    if not got_through:
        return
    exact, accepted = _by(source.exact_events, text)
    if any(isinstance(document, Scalar) for document in (*quick.documents, *exact.documents)):
        return  # ruamel treats `---` as text after a `|` that is the whole document
    if quick.diagnostics:
        assert exact.diagnostics
        return
    assert accepted
    assert list(map(_shape, quick.documents)) == list(map(_shape, exact.documents))


@settings(max_examples=300)
@given(_TEXTS)
def test_the_values_equal_those_of_ruamel(text: str) -> None:
    found = parse(text.encode(), "f.yaml")
    if found.diagnostics or any(isinstance(document, Scalar) for document in found.documents):
        return
    oracle = YAML(typ="base", pure=True)
    try:
        expected = list(oracle.load_all(text))
    except YAMLError as error:
        pytest.fail(f"ruamel refuses {text!r}: {error}")
    assert [_as_text(document) for document in found.documents] == [_base(value) for value in expected]


def _as_text(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Mapping):
        return {key.text: _as_text(value) for key, value in node.entries.values()}
    return [_as_text(item) for item in node.items]


def _base(value: Any) -> object:
    if isinstance(value, dict):
        return {key: _base(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_base(item) for item in value]
    return "" if value is None else str(value)


@settings(max_examples=300)
@given(st.binary(max_size=60) | _TEXTS.map(str.encode))
def test_no_bytes_raise(data: bytes) -> None:
    for problem in parse(data, "f.yaml").diagnostics:
        assert problem.place is not None
        assert problem.place.span.start <= problem.place.span.end
