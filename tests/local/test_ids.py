from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jobspec.local.store.ids import next_id

NOON = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


@given(st.lists(st.integers(-100_000, 100_000), max_size=60))
def test_ids_ascend_for_any_clock(offsets: list[int]) -> None:
    last = ""
    for offset in offsets:
        new = next_id(last, NOON + timedelta(seconds=offset))
        assert new > last
        assert re.fullmatch(r"t-[0-9]{14}-[0-9a-z]{5}", new)
        last = new


def test_a_full_second_continues_in_the_next() -> None:
    assert next_id("t-20260131120059-zzzzz", NOON) == "t-20260131120100-00000"


def test_an_id_carries_the_time_in_utc() -> None:
    assert next_id("", NOON) == "t-20260131120000-00000"
    assert next_id("t-20260131120000-0000z", NOON) == "t-20260131120000-00010"
