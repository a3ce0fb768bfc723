"""What is new, known, resolved, or unknown; and what an acknowledgement silences."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.manifest.values import Acknowledgement
from jobspec.reconcile.drift.acknowledged import judge
from jobspec.reconcile.drift.finding import DriftFinding, ordered
from jobspec.reconcile.drift.known import Compared, Coverage, compare, undecided

TODAY = date(2026, 6, 15)
FAILED = DriftFinding(kind="failed", task="a", run="t-1", observed="Failed")
EDITED = DriftFinding(kind="metadata-edited", task="a", run="t-1", field="metadata.tags", observed=["x", "y"])
NEW = DriftFinding(kind="new", task="b")
UNCLEAR = DriftFinding(kind="unknown-state", task="a", run="t-1", observed="Paused")


def test_without_a_last_report_everything_is_new() -> None:
    assert compare([FAILED, NEW], [], None, Coverage()) == Compared((FAILED, NEW))


def test_what_the_last_report_has_is_known_and_what_it_lacks_is_new() -> None:
    found = compare([FAILED, EDITED], [], [FAILED, NEW], Coverage())
    assert found == Compared(new=(EDITED,), known=(FAILED,), resolved=(NEW,))


def test_another_run_with_the_same_state_is_new() -> None:
    again = DriftFinding(kind="failed", task="a", run="t-2", observed="Failed")
    assert compare([again], [], [FAILED], Coverage()).new == (again,)


def test_what_is_silenced_is_neither_new_nor_resolved() -> None:
    assert compare([], [FAILED], [FAILED], Coverage()) == Compared(())


def test_what_a_check_does_not_cover_stays_known_and_is_not_resolved() -> None:
    elsewhere = compare([], [], [FAILED], Coverage(frozenset({"b"})))
    assert elsewhere == Compared((), carried=(FAILED,))
    ignored = compare([], [], [NEW], Coverage(with_pending=False))
    assert ignored == Compared((), carried=(NEW,))


def test_an_unknown_state_resolves_nothing() -> None:
    doubt = undecided([UNCLEAR])
    found = compare([UNCLEAR], [], [FAILED, EDITED], Coverage(undecided=doubt))
    assert found.resolved == ()
    assert found.carried == (FAILED, EDITED)
    later = [*found.new, *found.known, *found.carried]  # what the next report contains
    assert compare([FAILED, EDITED], [], later, Coverage()).new == ()


FINDINGS = st.lists(
    st.builds(
        DriftFinding,
        kind=st.sampled_from(["failed", "duplicate", "unknown-state", "new", "manual"]),
        task=st.sampled_from("abc"),
        run=st.sampled_from(["", "t-1", "t-2"]),
    ),
    max_size=6,
)


@given(FINDINGS, FINDINGS, st.sets(st.sampled_from("abc")), st.booleans())
def test_nothing_is_lost_or_counted_twice(
    now: list[DriftFinding], last: list[DriftFinding], tasks: set[str], with_pending: bool
) -> None:
    coverage = Coverage(frozenset(tasks), with_pending, undecided(now))
    found = compare(now, [], last, coverage)
    assert sorted(one.id for one in (*found.new, *found.known)) == sorted(one.id for one in ordered(now))
    parts = (*found.known, *found.resolved, *found.carried)
    assert sorted(one.id for one in parts) == sorted(one.id for one in ordered(last))
    for one in found.resolved:
        assert one.task in tasks
        assert not any(other.task == one.task and other.kind == "unknown-state" for other in now)


def entry(**fields: Any) -> Acknowledgement:
    return Acknowledgement(
        **{"task": "a", "kind": "failed", "reason": "known", "until": "2026-06-15", **fields}
    )


def test_an_entry_silences_its_finding_until_the_end_of_its_day() -> None:
    judged = judge([FAILED, NEW], [entry()], TODAY)
    assert [(one.finding, one.by) for one in judged.silenced] == [(FAILED, entry())]
    assert judged.reported == (NEW,)
    assert judged.stale == ()


def test_a_finding_with_an_expired_entry_is_reported_and_the_entry_is_listed() -> None:
    judged = judge([FAILED], [entry(until="2026-06-14")], TODAY)
    assert judged.reported == (FAILED,)
    assert [one.why for one in judged.stale] == ["it has expired"]


STALE = {
    "another-task": (entry(task="b"), "it matches nothing"),
    "another-kind": (entry(kind="duplicate"), "it matches nothing"),
    "another-value": (entry(observed="Exception"), "another value or run is observed"),
    "another-run": (entry(run="t-2"), "another value or run is observed"),
    "expired-and-gone": (entry(task="b", until="2026-01-01"), "it matches nothing"),
}


@pytest.mark.parametrize("case", STALE.values(), ids=STALE)
def test_an_entry_that_matches_nothing_is_stale(case: tuple[Acknowledgement, str]) -> None:
    judged = judge([FAILED], [case[0]], TODAY)
    assert judged.reported == (FAILED,)
    assert [one.why for one in judged.stale] == [case[1]]


def test_a_field_with_its_value_is_silenced_in_any_order_and_reported_with_another() -> None:
    known = entry(kind=None, field="metadata.tags", observed=["y", "x"])
    assert judge([EDITED], [known], TODAY).reported == ()
    other = DriftFinding(
        kind="metadata-edited", task="a", run="t-1", field="metadata.tags", observed=["x", "z"]
    )
    assert judge([other], [known], TODAY).reported == (other,)


def test_an_entry_about_a_task_of_which_nothing_is_known_is_not_stale() -> None:
    assert judge([UNCLEAR], [entry()], TODAY, undecided([UNCLEAR])).stale == ()
