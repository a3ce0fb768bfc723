from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.local.supervisor.lifecycle import (
    HOLDING,
    TERMINAL,
    EndPolicy,
    Event,
    IllegalMove,
    ReplicaExit,
    State,
    Verdict,
    deadline_verdict,
    lost_verdict,
    move,
    not_started_verdict,
    replica_state,
    settle,
    stopped_verdict,
    verdict,
)

FAILED = Verdict(Event.FAIL, "worker-0 exited with code 3", 3, retryable=True)
SUCCEEDED = Verdict(Event.SUCCEED, "Completed")


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        (State.INITIALIZED, Event.ENQUEUE, State.QUEUE),
        (State.QUEUE, Event.ADMIT, State.STAGING),
        (State.STAGING, Event.LAUNCH, State.RUNNING),
        (State.STAGING, Event.LOSE, State.EXCEPTION),
        (State.RUNNING, Event.SUCCEED, State.SUCCESS),
        (State.RUNNING, Event.FAIL, State.FAILED),
        (State.RUNNING, Event.RETRY, State.QUEUE),
        (State.RUNNING, Event.HOLD_FAILURE, State.FAILED_HOLDING),
        (State.RUNNING, Event.STOP, State.KILLING),
        (State.QUEUE, Event.STOP, State.KILLING),
        (State.KILLING, Event.STOPPED, State.CANCELLED),
        (State.SUCCESS_HOLDING, Event.RELEASE, State.SUCCESS),
        (State.FAILED_HOLDING, Event.STOP, State.FAILED),
    ],
)
def test_an_event_leads_to_one_state(state: State, event: Event, after: State) -> None:
    assert move(state, event) is after


@pytest.mark.parametrize(("state", "event"), list(product(sorted(TERMINAL), Event)))
def test_nothing_leaves_a_terminal_state(state: State, event: Event) -> None:
    with pytest.raises(IllegalMove):
        move(state, event)


@pytest.mark.parametrize("event", [Event.SUCCEED, Event.FAIL, Event.RETRY, Event.LOSE, Event.STOP])
def test_a_task_that_is_being_stopped_can_only_be_stopped(event: Event) -> None:
    with pytest.raises(IllegalMove):
        move(State.KILLING, event)


@given(st.lists(st.sampled_from(list(Event)), max_size=30))
def test_a_task_only_runs_after_staging(events: list[Event]) -> None:
    state = State.QUEUE
    for event in events:
        before = state
        try:
            state = move(state, event)
        except IllegalMove:
            continue
        assert before not in TERMINAL
        assert state is not State.RUNNING or before is State.STAGING
        assert before not in HOLDING or state in TERMINAL


@pytest.mark.parametrize(
    ("exits", "replicas", "message", "code"),
    [
        ({"worker-0": ReplicaExit(0)}, 1, "Completed: all replicas exited with code 0", 0),
        ({"worker-0": ReplicaExit(0), "worker-1": ReplicaExit(3)}, 3, "worker-1 exited with code 3", 3),
        (
            {"worker-1": ReplicaExit(137, 9), "worker-0": ReplicaExit(1)},
            2,
            "worker-1 was killed by signal 9",
            137,
        ),
    ],
)
def test_the_first_failure_or_all_successes_decide(
    exits: dict[str, ReplicaExit], replicas: int, message: str, code: int
) -> None:
    decided = verdict(exits, replicas=replicas)
    assert decided is not None
    assert (decided.message, decided.exit_code) == (message, code)


def test_some_successes_decide_nothing() -> None:
    assert verdict({"worker-0": ReplicaExit(0)}, replicas=2) is None


@pytest.mark.parametrize(
    ("decided", "policy", "event"),
    [
        (SUCCEEDED, EndPolicy(), Event.SUCCEED),
        (SUCCEEDED, EndPolicy(retries_left=2, delay_exit=5), Event.HOLD_SUCCESS),
        (FAILED, EndPolicy(), Event.FAIL),
        (FAILED, EndPolicy(retries_left=1, delay_exit=5), Event.RETRY),
        (FAILED, EndPolicy(delay_exit=5), Event.HOLD_FAILURE),
        (deadline_verdict(3), EndPolicy(retries_left=1), Event.FAIL),
        (not_started_verdict("worker-0", "no memory"), EndPolicy(retries_left=1), Event.RETRY),
        (stopped_verdict(), EndPolicy(retries_left=1, delay_exit=5), Event.STOPPED),
        (lost_verdict(State.RUNNING), EndPolicy(retries_left=1, delay_exit=5), Event.LOSE),
    ],
)
def test_a_verdict_is_settled_by_the_policy(decided: Verdict, policy: EndPolicy, event: Event) -> None:
    assert settle(decided, policy) is event


def test_a_replica_that_we_ended_did_not_fail() -> None:
    end = ReplicaExit(143, 15)
    assert replica_state(end, None) is State.FAILED
    assert replica_state(end, FAILED) is State.KILLED
    assert replica_state(end, stopped_verdict()) is State.CANCELLED
