"""The last lines of a log, and those since a time as far as lines have timestamps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from jobspec.workflow.runs.log_window import Recent, last_lines, lines_of, time_of
from jobspec.workflow.runs.logs import Chunk

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
OLD, NEW = b"2026-01-31T11:59:59Z old\n", b"2026-01-31T12:00:00Z new\n"


def written(*chunks: tuple[str, bytes]) -> list[tuple[str, bytes]]:
    return list(lines_of(Chunk(*chunk) for chunk in chunks))


def recent(*lines: bytes, launched: datetime | None = None) -> tuple[bytes, tuple[str, ...]]:
    found = Recent(NOON, {"w-0": launched})
    shown = b"".join(line for _, line in found.of(("w-0", line) for line in lines))
    return shown, found.untimed


def test_lines_are_put_together_from_chunks_of_any_size() -> None:
    chunks = [("w-0", b"a\nb"), ("w-1", b"x"), ("w-0", b"c\nd"), ("w-1", b"\n")]
    assert written(*chunks) == [("w-0", b"a\n"), ("w-0", b"bc\n"), ("w-1", b"x\n"), ("w-0", b"d")]


@pytest.mark.parametrize(
    ("number", "expected"), [(0, []), (1, [b"3\n", b"x\n"]), (9, [b"1\n", b"2\n", b"3\n", b"x\n"])]
)
def test_the_last_lines_are_those_of_each_replica(number: int, expected: list[bytes]) -> None:
    lines = written(("w-0", b"1\n2\n3\n"), ("w-1", b"x\n"))
    assert [line for _, line in last_lines(lines, number)] == expected


def test_a_line_without_a_time_is_as_old_as_the_one_before_it() -> None:
    shown = recent(b"begin\n", OLD, b"  of the old\n", NEW, b"  of the new\n")
    assert shown == (NEW + b"  of the new\n", ())


def test_lines_before_the_first_timestamp_are_shown_if_that_is_recent() -> None:
    assert recent(b"begin\n", NEW) == (b"begin\n" + NEW, ())


def test_a_log_without_any_time_is_shown_whole_and_named() -> None:
    assert recent(b"1\n", b"2\n") == (b"1\n2\n", ("w-0",))


def test_all_of_a_replica_that_was_launched_since_is_shown() -> None:
    assert recent(b"1\n", OLD, launched=NOON) == (b"1\n" + OLD, ())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"2026-01-31T12:00:00Z x", NOON),
        (b"[2026-01-31 20:00:00,123 +0800] x", NOON),
        (b"INFO 2026-01-31T12:00:00.5+00:00", NOON),
        (b"2026-13-31 12:00:00Z", None),
        (b"epoch 3 done", None),
        (b"\xff\xfe", None),
    ],
)
def test_the_time_of_a_line_is_the_one_it_begins_with(line: bytes, expected: datetime | None) -> None:
    assert time_of(line) == expected


def test_a_time_without_a_zone_is_local_time() -> None:
    here = NOON.astimezone()
    assert time_of(here.strftime("%Y-%m-%d %H:%M:%S x").encode()) == NOON
    assert (
        time_of(here.astimezone(timezone(timedelta(hours=8))).strftime("%Y-%m-%d %H:%M:%S%z").encode())
        == NOON
    )
