"""What goes on fits any terminal, and always shows its spinner, its state and its time."""

from __future__ import annotations

import pytest

from jobspec.report.progress_text import Overall, Row, render
from jobspec.report.text import cut, shortened, width_of

LONG = "pretrain-transformer-large-imagenet21k-augmentation-{}-of-a-very-long-sweep-lr0-00{}"


def rows(number: int, word: str = "submitted t-20261128010848-0000{}", name: str = LONG) -> list[Row]:
    return [Row(name.format(one, one), word.format(one), 200.0 + one) for one in range(number)]


def overall(done: int = 3, total: int = 40) -> Overall:
    return Overall("apply", done, total, 4000.0, 3)


@pytest.mark.parametrize("columns", [1, 10, 40, 80, 120, 200])
@pytest.mark.parametrize("height", [1, 4, 24, 40])
@pytest.mark.parametrize("number", [0, 1, 4, 18, 40, 2000])
def test_it_is_never_wider_nor_higher_than_the_terminal(columns: int, height: int, number: int) -> None:
    for name in (LONG, "训练" * 30 + "{}{}"):
        lines = render(overall(), rows(number, name=name), columns=columns, height=height)
        assert len(lines) <= max(height - 1, 2)
        assert all(width_of(line) < max(columns, 2) for line in lines)


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
@pytest.mark.parametrize("number", [1, 4, 18])
def test_spinner_state_and_time_are_always_there(columns: int, number: int) -> None:
    head, *lines = render(overall(), rows(number), columns=columns, height=40)
    assert head.startswith("⠸ ")
    assert "3/40 1h6m" in head
    assert len(lines) == number
    for line in lines:
        assert line.startswith("⠸ pre")
        assert "  submitted" in line
        assert line.endswith("s")


def test_names_are_shortened_in_the_middle_since_they_differ_at_their_ends() -> None:
    _, first, second = render(overall(), rows(2, "Running"), columns=80, height=24)
    assert first == "⠸ pretrain-transformer-large-ima…0-of-a-very-long-sweep-lr0-000  Running  3m20s"
    assert "1-of-a-very-long-sweep-lr0-001" in second


def test_what_does_not_fit_is_counted_and_the_rarest_states_are_shown() -> None:
    many = [*rows(30, "Queue"), *rows(5, "Running", name="r{}{}"), Row("odd", "Killing", 1.0)]
    head, *lines, last = render(overall(4), many, columns=80, height=10)
    assert head.endswith("30 Queue, 5 Running, 1 Killing")
    assert [line.split()[2] for line in lines] == ["Running"] * 5 + ["Killing"]
    assert last == "  … 30 more: 30 Queue"


def test_a_task_that_fits_in_the_last_line_is_shown_and_not_counted() -> None:
    lines = render(overall(), rows(21, "Running"), columns=80, height=24)
    assert len(lines) == 22
    assert "more" not in lines[-1]


def test_no_name_acts_on_the_terminal() -> None:
    lines = render(overall(), [Row("a\x1b[2Jb", "Run\nning", 1.0)], columns=80, height=24)
    assert not any("\x1b" in line or "\n" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abc…fg"),
        ("abcdefg", 2, "a…"),
        ("abcdefg", 1, "…"),
        ("abcdefg", 0, ""),
        ("训练训练", 5, "训…练"),
    ],
)
def test_a_text_is_shortened_in_its_middle(text: str, most: int, short: str) -> None:
    assert shortened(text, most) == short


@pytest.mark.parametrize(
    ("text", "most", "short"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("训练", 3, "训…"), ("ab", 0, "")]
)
def test_a_text_is_cut_at_its_end(text: str, most: int, short: str) -> None:
    assert cut(text, most) == short
