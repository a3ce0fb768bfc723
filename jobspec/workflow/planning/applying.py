"""Applying: waits for creates of an earlier apply that may be in flight, checks, and carries out a plan."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.apply.driver import Driver
from jobspec.apply.journal import FileJournal
from jobspec.apply.pace import Pace
from jobspec.apply.run import apply
from jobspec.manifest.payload.create import named_secrets
from jobspec.reconcile.planning.plan import (
    Plan,
    Submit,
)
from jobspec.workflow.project.secret_problems import raise_missing, secrets_of
from jobspec.workflow.state.old_folder import check_nothing_is_left_behind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.apply.clock import InterruptibleClock
    from jobspec.apply.secrets import Secrets
    from jobspec.reconcile.protocol.stages import Event
    from jobspec.workflow.project.workspace import Workspace


class Applier(Struct, frozen=True):
    """Everything needed to carry out plans in a workspace."""

    workspace: Workspace
    allow_twin: bool = False

    @property
    def clock(self) -> InterruptibleClock:
        """The clock that receives interrupts."""
        return self.workspace.surroundings.clock

    @property
    def journal(self) -> FileJournal:
        """The advisory journal of the scope."""
        return FileJournal(self.workspace.folder, time.time)

    @property
    def secrets(self) -> Secrets:
        """The resolver of secret references."""
        return secrets_of(self.workspace)

    @property
    def driver(self) -> Driver:
        """The driver of the protocols of one plan."""
        connection = self.workspace.connection
        pace = Pace(connection.writes_per_second, self.clock)
        return Driver(connection.client, self.clock, self.journal, self.secrets, pace)

    def unsettled_seconds(self) -> float:
        """Return for how many seconds a create of an earlier apply may still take effect; 0 if none may."""
        noted = self.journal.open_since(str(self.workspace.loaded.scope))
        if noted is None:
            return 0.0
        settling = self.workspace.connection.assumptions.settling_time
        return max(0.0, noted + settling - time.time())

    def settle(self, seconds: float) -> None:
        """Wait until no earlier create can take effect any more; call before the plan is made.

        An interrupt ends the wait early; the journal is kept then.
        """
        begun = time.time()
        self.clock.sleep(seconds)
        self.forget_settled(begun)

    def forget_settled(self, begun: float) -> None:
        """Forget the intentions from before `begun`, when a wait of the settling time began.

        If that wait was interrupted, nothing is forgotten.
        """
        if not self.clock.is_interrupted:
            self.journal.forget(begun)

    def check(self, plan: Plan) -> None:
        """Raise, before any write, if a submit of the plan could not be carried out from here.

        Raises `StateFolderError` if runs of an earlier release may be left behind, `JournalError` if the
        submit could not be recorded, and `ManifestError` with every secret that does not resolve.
        """
        if any(isinstance(step, Submit) for change in plan.pending for step in change.steps):
            local = self.workspace.connection.local
            if local is not None and not local.path.exists():
                check_nothing_is_left_behind(local.root)
            self.journal.check()
            self._check_secrets(plan)

    def _check_secrets(self, plan: Plan) -> None:
        secrets = self.secrets
        raise_missing(
            self.workspace,
            (
                (change.task, change.place, ref, error)
                for change in plan.pending
                for step in change.submits
                for ref, error in secrets.missing(named_secrets(step.payload))
            ),
        )

    def carry_out(self, plan: Plan) -> Iterator[Event]:
        """Carry out the plan and yield its events."""
        assumptions = replace(self.workspace.connection.assumptions, allow_twin=self.allow_twin)
        yield from apply(plan, self.driver, assumptions)
        self.journal.forget(time.time() - assumptions.settling_time)
