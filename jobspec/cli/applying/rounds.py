"""The rounds of an apply that waits: plan, carry out, wait, and plan again as runs end.

The first round carries out the plan that the user confirmed; later ones only do what follows from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.cli.applying.awaiting import watch
from jobspec.cli.applying.turns import prepared
from jobspec.cli.applying.walking import show, walk, writer
from jobspec.errors import GuardError, JobspecError
from jobspec.reconcile.order.interventions import Sight, first_sight, next_sight, outdated, without
from jobspec.reconcile.planning.rounds import (
    NOTHING,
    Approved,
    approved,
    held,
    left_running,
    next_round,
    not_selected,
)
from jobspec.reconcile.protocol.recorded import recorded
from jobspec.report.apply import view as apply_view
from jobspec.workflow.planning.planning import (
    Planned,
    check_guards,
    limits_of,
    make_plan,
    narrowed,
)
from jobspec.workflow.runs.following import of_later_plan, of_plan
from jobspec.workflow.runs.waiting import (
    Goal,
    Waiting,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobspec.cli.applying.carrying_out import ApplyOptions
    from jobspec.cli.terminal import OutputBroken
    from jobspec.reconcile.planning.plan import Change, Plan
    from jobspec.reconcile.protocol.outcome import Outcome
    from jobspec.reconcile.runs import Run
    from jobspec.report.apply.view import ApplyView, LeftView
    from jobspec.report.plan.view import PlanView
    from jobspec.report.wait.view import Waited
    from jobspec.workflow.planning.applying import Applier
    from jobspec.workflow.planning.planning import PlanOptions


class Rounds(Struct):
    """What was carried out so far, by round; `problem` is the error that ended it early."""

    applier: Applier
    options: ApplyOptions
    problem: JobspecError | OutputBroken | None = None
    done: list[tuple[PlanView, list[Outcome]]] = field(default_factory=list)
    left: tuple[Change, ...] = ()
    held: tuple[LeftView, ...] = ()
    sight: Sight = Sight()
    withheld: tuple[LeftView, ...] = ()
    awaited: frozenset[str] = frozenset()
    approved: Approved = NOTHING

    @property
    def outcomes(self) -> list[Outcome]:
        """The outcome of every change of every round."""
        return [ended for _, outcomes in self.done for ended in outcomes]

    def view(self, waited: Waited) -> ApplyView:
        """Return the view of the whole command."""
        found = apply_view.view(self.done, waited, interrupted=self.applier.clock.is_interrupted)
        left = (*map(apply_view.left, self.left), *self.held, *self.withheld)
        return replace(found, left=left)

    def carry_out(self, planned: Planned) -> Sequence[Outcome]:
        """Carry out a plan and record its outcomes."""
        outcomes, broken = walk(self.applier, planned, is_json=self.options.is_json)
        self.done.append((planned.view, list(map(recorded, outcomes))))
        self.problem = self.problem or broken
        return outcomes

    def wait(self, planned: Planned) -> Waited:
        """Wait for the runs of the first plan; whenever a run has ended, plan again and continue."""
        self.awaited, self.approved = left_running(planned.plan), approved(planned.plan)
        self.held, self.sight = self._held(planned.plan), first_sight(planned.runs)
        waiting = of_plan(planned, self.outcomes, Goal(self.options.wait), self.options.timeout)
        return watch(self.applier.workspace, waiting, writer(is_json=self.options.is_json), self._next_wait)

    def _next_wait(self, waiting: Waiting, found: Iterable[Run]) -> Waiting | None:
        """Return the next wait; None if nothing may follow the ended runs."""
        if not waiting.is_to_be_followed(found):
            return None
        try:
            return self._another(waiting)
        except GuardError as error:
            self.problem = error  # nothing is submitted any more, but running runs are waited for
            return waiting.without_more()
        except JobspecError as error:
            if not self.applier.clock.is_interrupted:
                self.problem = error
            return None

    def _another(self, waiting: Waiting) -> Waiting | None:
        with prepared(self.applier) as turn:
            if self.applier.clock.is_interrupted:
                return None
            planned = self._current(make_plan(self.applier.workspace, self._later_wanted()))
            tasks = set(waiting.tasks.values())
            following = next_round(planned.plan, self.outcomes, tasks, self.awaited, waiting=self.approved)
            self.left, self.held = following.left, self._held(planned.plan)
            submitted: Sequence[Outcome] = ()
            if following.plan.changes:
                part = narrowed(
                    self.applier.workspace,
                    planned,
                    following.plan,
                    before=self.outcomes,
                    wanted=self.options.wanted,
                )
                submitted = self._carry_out_part(part)
            turn.release()
        if self.problem:
            return None
        return of_later_plan(
            waiting, planned, self.outcomes, submitted=submitted, joining=self.approved.tasks
        )

    def _held(self, plan: Plan) -> tuple[LeftView, ...]:
        found = held(plan)
        tasks = {task.name: task for task in self.applier.workspace.loaded.tasks} if found else {}
        return tuple(apply_view.left(one, not_selected(one, tasks, plan)) for one in found)

    def _current(self, planned: Planned) -> Planned:
        """Return a later plan without what another command has made outdated."""
        tasks = self.applier.workspace.loaded.tasks
        self.sight = next_sight(self.sight, tasks, planned.runs, self.outcomes)
        why = outdated(self.sight, tasks)
        plan, withheld = without(planned.plan, why)
        self.withheld = tuple(apply_view.outdated(change, why[change.task]) for change in withheld)
        return replace(planned, plan=plan)

    def _later_wanted(self) -> PlanOptions:
        """Return the options of a later plan: no facts are shown or refuse it, but GPU-hours are limited."""
        wanted = self.options.wanted
        if wanted.preflight != "full":
            return wanted
        is_limited = limits_of(self.applier.workspace).max_submit_gpu_hours is not None
        return replace(wanted, preflight="flavors" if is_limited else "none")

    def _carry_out_part(self, part: Planned) -> Sequence[Outcome]:
        check_guards(part, self.options.forced)
        self.applier.check(part.plan)
        is_quiet = self.options.is_json and self.options.yes
        if not is_quiet and not self.approved.covers(part.plan):  # what waited was shown before
            show(part, is_json=self.options.is_json)
        return self.carry_out(part)
