"""No part of a diagnostic repeats a secret."""

from __future__ import annotations

from jobspec.diagnostics import Diagnostic
from jobspec.redaction.quotes import mask_quotes

WORDS = "`hunter2hunter2` and `hunter2` are wrong"
PROBLEM = Diagnostic("JS209", WORDS, label=WORDS, help=WORDS)


def _masked(*secrets: str) -> set[str]:
    [one] = mask_quotes([PROBLEM], secrets)
    return {one.message, one.label, one.help}


def test_a_secret_is_masked_in_every_part_the_longest_first() -> None:
    assert _masked("hunter2", "hunter2hunter2") == {"`***` and `***` are wrong"}


def test_a_secret_as_short_as_a_word_leaves_the_words_as_they_are() -> None:
    assert _masked("are", "and", "") == {WORDS}


def test_of_too_many_secrets_to_compare_no_quote_is_left() -> None:
    assert _masked(*(f"secret-{number}" for number in range(1_000_000))) == {"`…` are wrong"}
