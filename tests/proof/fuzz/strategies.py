"""Hypothesis strategies: values that JSON and YAML can write, and text in a few of the ways it is foreign."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from tests.proof.fuzz.reader import Reader

_TEXTS = st.text(max_size=20) | st.text(st.characters(categories=["Cs", "Cc", "Cf", "Co"]), max_size=5)
_NUMBERS = st.integers() | st.integers(-(10**40), 10**40) | st.floats()
_LEAVES = st.none() | st.booleans() | _NUMBERS | _TEXTS
VALUES = st.recursive(
    _LEAVES,
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(_TEXTS, parts, max_size=4),
    max_leaves=12,
)


def inputs_of(reader: Reader) -> st.SearchStrategy[bytes]:
    """Bytes, text, JSON, and what the words and the corpus of a reader are put together to."""
    pieces = st.sampled_from((*reader.tokens, *reader.seeds)) | st.binary(max_size=8)
    joined = st.lists(pieces, max_size=8).map(b"".join)
    written = VALUES.map(lambda value: json.dumps(value).encode())
    text = st.text(max_size=60).map(lambda words: words.encode("utf-8", "surrogatepass"))
    return st.binary(max_size=80) | text | written | joined
