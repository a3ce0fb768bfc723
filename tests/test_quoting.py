"""What somebody else wrote stays one code span in a message, whatever it contains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.diagnostics import Diagnostic
from jobspec.quoting import MAX_QUOTED, MAX_QUOTED_IN_HELP, cut_quotes, quote, shortened


@pytest.mark.parametrize(
    "text, shown",
    [
        ("train", "`train`"),
        ("a`b", "``a`b``"),
        ("`date`", "`` `date` ``"),
        ("```", "```` ``` ````"),
        (3, "`3`"),
    ],
)
def test_a_quoted_text_is_fenced(text: object, shown: str) -> None:
    assert quote(text) == shown


@given(text=st.text(alphabet="ab` \n", min_size=1, max_size=300), other=st.text(alphabet="c`", max_size=9))
def test_only_the_quoted_text_is_cut(text: str, other: str) -> None:
    cut = cut_quotes(f"the name {quote(text)} is not {quote(other)}; run `jobspec plan`", 20)
    assert cut.startswith("the name `")
    assert cut.endswith(f" is not {quote(other)}; run `jobspec plan`")
    assert len(cut) < 120 or "`" * 20 in text


def test_a_help_line_may_quote_more_than_a_message() -> None:
    words = f"write {quote('x' * 1000)}"
    cut = shortened(Diagnostic("JS204", words, label=words, help=words))
    lengths = [len(part) - len("write ``") for part in (cut.message, cut.label, cut.help)]
    assert lengths == [MAX_QUOTED, MAX_QUOTED, MAX_QUOTED_IN_HELP]


def test_many_fences_of_different_lengths_are_cut_in_time() -> None:
    words = " ".join("`" * length + "a" for length in range(1, 3000))
    assert len(cut_quotes(words, 80)) <= 1000


@pytest.mark.parametrize(
    ("words", "cut"),
    [
        ("`abcdefgh` and ``a`bcdefgh``", "`abcd…` and ``a`bc…``"),
        ("`abcdefgh and abcdefgh", "`abcdefgh and abcdefgh"),
        ("``abcdefgh` and `abcdefgh`", "``abcdefgh` and `abcdefgh`"),
    ],
)
def test_only_what_is_between_equal_fences_is_cut(words: str, cut: str) -> None:
    assert cut_quotes(words, 5) == cut
