"""What rules out credentials cheaply may be wrong in one direction only."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobspec.manifest.validate.plaintext_credentials import find_plaintext
from jobspec.manifest.validate.plaintext_signs import may_hold_plaintext
from jobspec.manifest.yaml.quick import bare_tree
from jobspec.redaction import shapes

CREDENTIALS = (
    *("AKLTabcdefghijklmnop", "AKIAABCDEFGHIJKLMNOP", "ghp_abcdefghijklmnopqrst", "glpat-abcdefghijklmnop"),
    *("github_pat_abcdefghijklmnopqrst", "hf_abcdefghijklmnop", "sk-abcdefghijklmnop", "xoxb-abcdefghij"),
    *("-----BEGIN PRIVATE KEY-----", "eyJabcdefgh.abcdefgh.abcdefgh", "Bearer abcdefghijklmno1"),
    *("Authorization: Basic abcdefgh", "Key: abcdefghijklmnopqrs1", '{"key": "abcdefghijklmnopqrs1'),
    *("-key abcdefghijklmnopqrs1", "-key=abcdefghijklmnopqrs1", f"login {'0' * 40}", "h?token=abcdefgh"),
    *("h?access_token=abcdefgh", "h?api_key=abcdefgh", "h?sig=abcdefgh", "h?Signature=abcdefgh"),
    *("h?X-Signature=abcdefgh", "h?X-Security-Token=abcdefgh", "://u:abc@", "x://:abc@h", "gho_" + "a" * 20),
)
ASSIGNED = ("TOKEN=abcdefgh", "--password abcdefgh", "pa\u017f\u017fword=abcdefgh", "to\u212aen=abcdefgh")
KEYS = (
    "name",
    "env",
    "vars",
    "args",
    "entrypoint",
    "endpoint",
    "secret",
    "file",
    "API_KEY",
    "PASSWORD",
    "cred",
)

TEXTS = st.one_of(
    st.sampled_from(
        (*CREDENTIALS, *ASSIGNED, "", "a", "NAME", "u@h", "abcdefgh12345678", "12345678901234567")
    ),
    st.text(max_size=12),
)
LEAVES = st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES)
@example({"env": {"PASSWORD": {"secret": {"env": "AKLTabcdefghijklmnop"}}}})
@example({"env": {"secret": {"env": "a b"}}})
@example({"secret": {"env": {"secret": {"env": "A", "file": "b"}}}})
def test_a_document_that_is_ruled_out_holds_nothing(value: Any) -> None:
    assert may_hold_plaintext(value) or not find_plaintext(bare_tree(value))


@pytest.mark.parametrize("text", CREDENTIALS)
def test_no_shape_is_ruled_out(text: str) -> None:
    assert re.search(shapes._SHAPE, text)
    assert list(shapes.shapes_in(text))


def test_each_shape_has_an_example() -> None:
    found = {kind for text in CREDENTIALS for kind, _ in shapes.shapes_in(text)}
    assert found == {kind for kind, _ in shapes._SHAPES}


@pytest.mark.parametrize("command", ASSIGNED)
def test_no_assignment_is_ruled_out(command: str) -> None:
    assert list(shapes.assigned_in(command))
    assert may_hold_plaintext({"args": command})


@pytest.mark.parametrize(
    "document",
    [
        {"env": {"PASSWORD": {"secret": {"env": "PASSWORD"}}}},
        {"env": {"LR": "0.1"}, "args": "--epochs 3 --lr 0.1"},
        {"metadata": {"name": "train"}, "priority": 4, "tags": ["vision", "sweep"]},
    ],
)
def test_an_ordinary_document_is_ruled_out(document: Any) -> None:
    assert not may_hold_plaintext(document)
