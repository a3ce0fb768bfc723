from __future__ import annotations

import pytest

from jobspec.report.lines import Harmless, LinePrefixer


@pytest.mark.parametrize(
    "acting", ["\x1b]0;title\x07", "\x1b[2J", "\x9b2J", "\u202e", "\x00", "\x1b[31", "\x08"]
)
def test_what_acts_on_a_terminal_is_made_visible(acting: str) -> None:
    shown = Harmless().show(f"a{acting}b\n".encode()).decode()
    assert "\x1b" not in shown
    assert "\ufffd" in shown
    assert shown[0] == "a"


@pytest.mark.parametrize("plain", ["loss 0.1\r", "\x1b[31mred\x1b[0m\n", "tab\tend\n", "训练 🚀\n"])
def test_colours_progress_and_words_stay(plain: str) -> None:
    assert Harmless().show(plain.encode()).decode() == plain


def test_a_character_that_is_cut_between_two_stretches_is_whole() -> None:
    harmless = Harmless()
    data = "训".encode()
    assert harmless.show(data[:1]) + harmless.show(data[1:]) == data


def test_lines_of_two_replicas_are_told_apart_and_never_mixed() -> None:
    prefixer = LinePrefixer()
    out = prefixer.add("w-0", b"one\ntw") + prefixer.add("w-1", b"uno\n") + prefixer.add("w-0", b"o\n")
    assert out == b"w-0 | one\nw-1 | uno\nw-0 | two\n"
    assert prefixer.rest() == b""


def test_a_line_without_its_end_is_told_at_the_end() -> None:
    prefixer = LinePrefixer()
    assert prefixer.add("w-0", b"half") == b""
    assert prefixer.rest() == b"w-0 | half\n"
