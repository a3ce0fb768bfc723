"""Decides the work for the tasks of a store, one step at a time: the queue, the slots, starts and ends.

The queue is strictly in order, higher priority first, then older first: a task that does not fit blocks those
behind it, so that none waits forever. Every change of state is checked against the stored one, so a stop in
between is never lost. What cannot be written now is kept and written later.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from jobspec.local.api.documents import (
    Document,
    instance_document,
)
from jobspec.local.clock import (
    LocalClock,
    rfc3339,
)
from jobspec.local.errors import StoreUnusable, UnknownTask
from jobspec.local.settings import (
    RetryMode,
    Settings,
    StoppedState,
)
from jobspec.local.store.store import (
    Copy,
    Store,
    Transition,
)
from jobspec.local.supervisor.lifecycle import (
    HOLDING,
    IMAGE_NOTE,
    EndPolicy,
    Event,
    IllegalMove,
    ReplicaExit,
    State,
    Verdict,
    replica_state,
    settle,
    stopped_verdict,
    too_large_note,
    waiting_note,
)
from jobspec.local.supervisor.runs import Attempt

if TYPE_CHECKING:
    from collections.abc import Collection

    from jobspec.local.store.damage import StoredTask
    from jobspec.local.supervisor.executor import Executor


class Schedule:
    """The tasks of `store`, and the runs that this process has started or taken over."""

    def __init__(self, store: Store, executor: Executor, *, clock: LocalClock, settings: Settings) -> None:
        self._store = store
        self._executor = executor
        self._clock = clock
        self._settings = settings
        self._runs: dict[str, Attempt] = {}

    def step(self) -> bool:
        """Check everything once and do what is due. Return whether anything happened.

        Raises `StoreUnusable`; deadlines and kills are still handled, and the next step continues.
        """
        try:
            return self._step()
        except StoreUnusable:
            for run in self._runs.values():
                self._watch(run)
            raise

    def _step(self) -> bool:
        admitted = self._store.admitted(now=self._clock.now())
        self._end_strays({task.id for task in admitted})
        happened = [self._attend(task) for task in admitted]
        return any([*happened, self._admit_from_queue()])

    def _end_strays(self, admitted: Collection[str]) -> None:
        """End the runs of tasks whose record was ended because it is damaged."""
        for task_id, run in list(self._runs.items()):
            if task_id not in admitted:
                run.end(stopped_verdict(), self._clock.monotonic())
                self._watch(run)
                if run.is_over:
                    del self._runs[task_id]

    def _attend(self, task: StoredTask) -> bool:
        if task.state in HOLDING:
            self._runs.pop(task.id, None)
            is_due = self._clock.now().timestamp() >= task.wake or task.updated > self._time()
            return is_due and self._move(task.id, Event.RELEASE, Transition())
        run = self._runs.get(task.id) or self._take_over(task)
        if task.state is State.KILLING:
            run.end(stopped_verdict(), self._clock.monotonic())
        return self._look_at(run, task.state)

    def _look_at(self, run: Attempt, state: State) -> bool:
        self._watch(run)
        happened = self._record(run)
        if run.is_over:
            self._close(run, state)
        return happened or run.is_over

    def _watch(self, run: Attempt) -> None:
        before = run.verdict
        for name, end in run.poll(self._clock.monotonic()).items():
            run.news[name] = run.news.get(name, {}) | self._end_of_replica(end, before)

    def _record(self, run: Attempt) -> bool:
        """Write the run's news; return whether there was any. It is kept if that fails."""
        if not run.news:
            return False
        self._store.change_instances(run.task.id, run.news)
        if run.is_launching:
            self._move(run.task.id, Event.LAUNCH, Transition("all replicas are running"))
            run.is_launching = False
        run.news = {}
        return True

    def _take_over(self, task: StoredTask) -> Attempt:
        run = self._new_run(task)
        run.adopt(self._executor, self._clock.monotonic())
        return run

    def _new_run(self, task: StoredTask) -> Attempt:
        deadline = self._clock.monotonic() + task.spec.deadline
        run = self._runs[task.id] = Attempt(task, deadline=deadline, grace=self._settings.grace)
        return run

    def _close(self, run: Attempt, state: State) -> None:
        decided = stopped_verdict() if state is State.KILLING else run.verdict
        if decided is None:
            return  # not over yet
        end = {"FinishTime": self._time(), "State": State.KILLED, "DiagInfo": decided.message}
        self._store.finish_instances(run.task.id, end)
        # If a stop has just arrived, this does nothing, and the next step finds nothing left to stop.
        self._end(run.task, decided)
        del self._runs[run.task.id]

    def _end(self, task: StoredTask, decided: Verdict) -> None:
        spec = task.spec
        event = settle(decided, EndPolicy(spec.retries - task.attempts, spec.delay_exit))
        if event is Event.RETRY:
            self._retry(task, decided)
            return
        if event is Event.STOPPED and self._settings.stopped_state is StoppedState.KILLED:
            event = Event.KILLED
        wake = self._clock.now().timestamp() + spec.delay_exit
        self._move(task.id, event, Transition(decided.message, exit_code=decided.exit_code, wake=wake))

    def _retry(self, task: StoredTask, decided: Verdict) -> None:
        wake = self._clock.now().timestamp() + task.spec.retry_interval
        number = f"retry {task.attempts + 1} of {task.spec.retries}"
        mode = self._settings.retry_mode
        if mode is RetryMode.SAME_ID:
            again = Transition(f"{number}: {decided.message}", exit_code=0, wake=wake)
            self._move(task.id, Event.RETRY, again)
            return
        end = Transition(decided.message, exit_code=decided.exit_code)
        copy = Copy(mode is RetryMode.NEW_ID_WITH_TAGS, f"{number} of {task.id}: {decided.message}", wake)
        with suppress(IllegalMove, UnknownTask):  # a user was faster
            self._store.retry_as_new(task.id, end, copy, now=self._clock.now())

    def _admit_from_queue(self) -> bool:
        happened = False
        while (task := self._store.head_of_queue(now=self._clock.now())) and self._admit(task):
            happened = True
        return happened

    def _admit(self, task: StoredTask) -> bool:
        """Start the task or refuse it; return False if it has to wait."""
        needed, free = task.spec.slots, self._settings.slots - self._taken_slots()
        if needed > self._settings.slots:
            self._move(task.id, Event.FAIL, Transition(too_large_note(needed, self._settings.slots)))
        elif needed > free:
            self._explain(task, waiting_note(needed, free))
            return False
        else:
            self._launch(task)
        return True

    def _explain(self, task: StoredTask, message: str) -> None:
        if task.diag_info != message:
            with suppress(UnknownTask):  # deleted just now
                self._store.explain(task.id, message)

    def _taken_slots(self) -> int:
        holding = [task for task in self._store.admitted(now=self._clock.now()) if task.state in HOLDING]
        return sum(task.spec.slots for task in [*holding, *(run.task for run in self._runs.values())])

    def _launch(self, task: StoredTask) -> None:
        replicas = list(task.spec.replicas())
        # Before the task is admitted: no write may fail between its admission and its start.
        self._store.put_instances(
            task.id, [instance_document(task.id, replica, State.STAGING) for replica in replicas]
        )
        if not self._move(task.id, Event.ADMIT, Transition(IMAGE_NOTE)):
            return
        run = self._new_run(task)
        run.start(self._executor, self._clock.monotonic())
        if run.verdict is None:
            launched = {"State": State.RUNNING, "LaunchTime": self._time()}
            run.is_launching, run.news = True, {replica.name: launched for replica in replicas}
            self._record(run)

    def _end_of_replica(self, end: ReplicaExit, decided: Verdict | None) -> Document:
        return {
            "State": replica_state(end, decided),
            "FinishTime": self._time(),
            "ExitCode": end.code,
            "DiagInfo": end.describe(),
        }

    def _move(self, task_id: str, event: Event, change: Transition) -> bool:
        """Return whether the event could still happen to the task: a user may have been faster."""
        try:
            self._store.move(task_id, event, change, now=self._clock.now())
        except (IllegalMove, UnknownTask):
            return False
        return True

    def _time(self) -> str:
        return rfc3339(self._clock.now())
