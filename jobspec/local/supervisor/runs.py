"""One attempt at a task while it lasts: its replicas, their ends, and what follows for the task.

It decides and controls the handles; the supervisor records the decisions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.local.supervisor.lifecycle import (
    ReplicaExit,
    Verdict,
    deadline_verdict,
    lost_verdict,
    not_started_verdict,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.local.api.documents import Document
    from jobspec.local.store.damage import StoredTask
    from jobspec.local.supervisor.executor import Executor, Handle

_KILL_MARGIN = 0.5
"""Seconds after the grace period at which the supervisor itself kills what should be gone by then."""


class Attempt:
    """The processes of `task`; all times are monotonic seconds, the grace is from TERM to KILL.

    `news`, by replica, and `is_launching` are changes that are not recorded yet.
    """

    def __init__(self, task: StoredTask, *, deadline: float, grace: float) -> None:
        self.task = task
        self.verdict: Verdict | None = None
        self.news: dict[str, Document] = {}
        self.is_launching = False
        self._deadline = deadline
        self._grace = grace
        self._kill_at = float("inf")
        self._handles: dict[str, Handle] = {}
        self._exits: dict[str, ReplicaExit] = {}

    @property
    def is_over(self) -> bool:
        """Whether the verdict is known and none of its processes is left."""
        return self.verdict is not None and not any(self._living())

    def poll(self, now: float) -> dict[str, ReplicaExit]:
        """Check the replicas; return the exits since the last check, by name."""
        ends = {name: handle.poll() for name, handle in self._living()}
        ended = {name: end for name, end in ends.items() if end is not None}
        self._exits |= ended
        decided = self._decide(now)
        if decided is not None:
            self.end(decided, now)
        if now >= self._kill_at:
            for _, handle in self._living():
                handle.kill()
        return ended

    def end(self, decided: Verdict, now: float) -> None:
        """Set the verdict, and terminate the running replicas. The first verdict stays."""
        if self.verdict is None:
            self.verdict = decided
            self._kill_at = now + self._grace + _KILL_MARGIN
            for _, handle in self._living():
                handle.terminate()

    def start(self, executor: Executor, now: float) -> None:
        """Start all replicas; if one cannot be started, end the others."""
        name = next(self.task.spec.replicas()).name
        try:
            launch = executor.prepare(self.task.id, self.task.spec)
            for replica in self.task.spec.replicas():
                name = replica.name
                self._handles[name] = executor.start(launch, replica)
        except OSError as refused:
            self.end(not_started_verdict(name, refused.strerror or str(refused)), now)

    def adopt(self, executor: Executor, now: float) -> None:
        """Take over from a supervisor that is gone: end what remains, because its outcome is not known."""
        self._handles = {"": executor.adopt(self.task.id)}
        self.end(lost_verdict(self.task.state), now)

    def _living(self) -> Iterator[tuple[str, Handle]]:
        return ((name, handle) for name, handle in self._handles.items() if name not in self._exits)

    def _decide(self, now: float) -> Verdict | None:
        decided = verdict(self._exits, replicas=len(self._handles))
        if decided is None and now >= self._deadline:
            return deadline_verdict(self.task.spec.deadline)
        return decided
