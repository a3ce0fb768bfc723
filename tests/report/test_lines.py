from __future__ import annotations

import pytest

from jobspec.report.lines import Harmless, LinePrefixer, LiveLines


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


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([b"1%\r", b"2%\r", b"3%\n"], ["1%", "2%", "3%"]),
        ([b"\r1%", b"\r2%", b"\r3%\n"], ["1%", "2%", "3%"]),
        ([b"a\r\nb\r\n"], ["a", "b"]),
        ([b"a\r", b"\nb\r", b"\n"], ["a", "b"]),
        ([b"a\n\nb\n"], ["a", "", "b"]),
        ([b"a\r\n\r\nb\r\n"], ["a", "", "b"]),
        ([b"a\r", b"b\n"], ["a", "b"]),
        ([b"a\r", b"b", b"\n\n"], ["a", "b", ""]),
    ],
)
def test_a_carriage_return_ends_a_line_too(pieces: list[bytes], lines: list[str]) -> None:
    prefixer = LinePrefixer()
    out = b"".join(prefixer.add("w-0", piece) for piece in pieces) + prefixer.rest()
    assert out.decode().splitlines() == [f"w-0 | {line}" for line in lines]


def test_a_bar_of_several_replicas_is_told_while_it_grows() -> None:
    prefixer = LinePrefixer()
    assert prefixer.add("w-0", b"1%\r") == b"w-0 | 1%\n"


def screen(pieces: list[tuple[str, bytes]], columns: int = 20, height: int = 5) -> list[str]:
    """What is left on a screen that knows how to go up, to the start of a line, and to erase below."""
    live = LiveLines(lambda: (columns, height))
    return seen([*(live.add(name, data) for name, data in pieces)])


def seen(written: list[bytes]) -> list[str]:
    lines: list[str] = []
    for out in written:
        text = out.decode()
        if text.startswith("\x1b["):
            up, _, text = text.removeprefix("\x1b[").partition("A\r\x1b[J")
            lines = lines[: len(lines) - int(up)]
        assert "\r" not in text
        assert not text or text.endswith("\n")
        lines += text.splitlines()
    return lines


def test_on_a_terminal_each_replica_has_one_line_for_its_bar_below_the_lines() -> None:
    pieces = [("w-0", b"1%\r"), ("w-1", b"5%\r"), ("w-0", b"2%\r"), ("w-1", b"6%\r7%\r")]
    assert screen(pieces) == ["w-0 | 2%", "w-1 | 7%"]
    assert screen([*pieces, ("w-1", b"done\n")]) == ["w-1 | done", "w-0 | 2%"]
    assert screen([*pieces, ("w-2", b"hello\n")]) == ["w-2 | hello", "w-0 | 2%", "w-1 | 7%"]
    assert screen([("w-0", b"a\r\nb\r"), ("w-0", b"\nc\n")]) == ["w-0 | a", "w-0 | b", "w-0 | c"]


def test_a_bar_takes_one_line_of_the_terminal_however_long_and_many_they_are() -> None:
    long = screen([("w-0", "训".encode() * 40 + b"\r")], columns=20)
    assert long == ["w-0 | " + "训" * 6 + "…"]
    many = screen([(f"w-{number}", b"1%\r") for number in range(9)], height=5)
    assert many == [f"w-{number} | 1%" for number in range(5, 9)]


def test_the_last_state_of_each_bar_stays() -> None:
    live = LiveLines(lambda: (80, 24))
    written = [live.add("w-0", b"99%\r"), live.add("w-1", b"half"), live.rest()]
    assert seen(written) == ["w-0 | 99%", "w-1 | half"]


def test_no_bar_and_no_line_acts_on_a_terminal() -> None:
    live = LiveLines(lambda: (80, 24))
    out = live.add("w\x1b[2J", b"\x1b[2J50%\r\x1b]0;x\x07\n")
    assert b"\x1b" not in out + live.rest()


def test_a_long_line_without_an_end_is_read_once_and_comes_whole() -> None:
    """Looking for the end of a line from each of its bytes would take hours here."""
    prefixer, stretch = LinePrefixer(), b"x" * 1_000_000
    assert all(prefixer.add("worker-0", stretch) == b"" for _ in range(8))
    assert prefixer.add("worker-0", b"\nafter\n") == b"worker-0 | " + stretch * 8 + b"\nworker-0 | after\n"
