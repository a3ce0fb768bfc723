"""Whatever people, platform and appliers do, in any order: hypothesis writes the stories."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.proof.simulation import deeds
from tests.proof.simulation.checkers import watch
from tests.proof.simulation.fate import Fate
from tests.proof.simulation.faults import (
    CRASHES,
    JOURNAL_CRASHES,
    KINDS,
    SLEEP_CRASH,
)
from tests.proof.simulation.history import PERSON, PLATFORM, Kind
from tests.proof.simulation.machines import Machine, Powers
from tests.proof.simulation.manifests import Commit, Declared
from tests.proof.simulation.runs import Ending, calm
from tests.proof.simulation.schedule import World, simulated
from tests.proof.simulation.service import Service, Stored, Traits
from tests.proof.simulation.situations import ANCHOR, put_anchor
from tests.proof.simulation.stories import told
from tests.proof.simulation.truth import Broken, Truth

APPLIERS = 2
NAMES = ("t0", "t1", "t2")
DYING = (*CRASHES, *JOURNAL_CRASHES, SLEEP_CRASH)
FAULTS = tuple(kind for kind in KINDS if kind not in DYING)
names = st.sampled_from(NAMES)
machines = st.integers(0, APPLIERS - 1)


class Ordered:
    """Numbers as the rules want them: what is to go wrong next, and a fixed turn for the rest."""

    def __init__(self) -> None:
        self.next = ""
        self.turn = 0

    def rare(self, options: Sequence[str]) -> int:
        """Return what was ordered, once it is among the options."""
        if self.next not in options:
            return 0
        ordered, self.next = self.next, ""
        return options.index(ordered)

    def even(self, options: Sequence[str]) -> int:
        """Return the turn that was drawn last."""
        return self.turn % len(options)


class Platform(RuleBasedStateMachine):
    """Manifests that are edited, appliers that go step by step, people and a platform that interfere."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.order = Ordered()
        service = Service(Traits(page_size=3), Fate(self.order))
        put_anchor(service)
        appliers = [Machine(number, Path(), []) for number in range(APPLIERS)]
        self.world = World(service, Powers(crashes=3, signals=True, pauses=True), appliers, crashes_left=3)
        self.world.history.watch = watch(Truth(service, APPLIERS))
        self.stack.enter_context(simulated(self.world))
        self.declared: dict[str, Declared] = {}
        self.is_over = False

    @property
    def commit(self) -> Commit:
        return (ANCHOR, *(self.declared[name] for name in sorted(self.declared)))

    @initialize(name=names)
    def begins_with_a_task(self, name: str) -> None:
        self.declared[name] = Declared(name)

    @rule(name=names)
    def declare(self, name: str) -> None:
        self.declared.setdefault(name, Declared(name))

    @rule(name=names, variant=st.integers(1, 3))
    def change_what_runs(self, name: str, variant: int) -> None:
        self._declare(name, variant=variant)

    @rule(name=names, description=st.sampled_from(("", "longer")))
    def relabel(self, name: str, description: str) -> None:
        self._declare(name, description=description)

    @rule(name=names, suspend=st.booleans())
    def suspend_or_resume(self, name: str, *, suspend: bool) -> None:
        self._declare(name, lifecycle=(("suspend", suspend),))

    @rule(name=names, policy=st.sampled_from(("OnFailure", "Always")))
    def restart_it(self, name: str, policy: str) -> None:
        self._declare(name, lifecycle=(("restartPolicy", policy),))

    @rule(name=names, policy=st.sampled_from(("Delete", "Retain")))
    def keep_it(self, name: str, policy: str) -> None:
        self._declare(name, lifecycle=(("onRemoval", policy),))

    @rule(name=names, how=st.sampled_from(("AfterCompletion", "Manual")))
    def be_patient(self, name: str, how: str) -> None:
        self._declare(name, lifecycle=(("onChange", how),))

    @rule(name=names, limit=st.integers(0, 1))
    def tidy(self, name: str, limit: int) -> None:
        self._declare(name, lifecycle=(("historyLimit", limit),))

    @rule(name=names)
    def remove(self, name: str) -> None:
        self.declared.pop(name, None)

    @rule(machine=machines)
    def apply(self, machine: int) -> None:
        self.world.machines[machine].commits.append(self.commit)

    @rule(machine=machines)
    def apply_with_a_mistake(self, machine: int) -> None:
        mistaken = (*self.commit, Declared("mistaken", is_broken=True))
        self.world.machines[machine].commits.append(mistaken)

    @rule(steps=st.integers(1, 12), turn=st.integers(0, 6))
    def go_on(self, steps: int, turn: int) -> None:
        self.order.turn = turn
        for _ in range(steps):
            self._step()

    @rule(turn=st.integers(0, 6))
    def finish(self, turn: int) -> None:
        self.order.turn = turn
        for _ in range(400):
            if not self._step():
                return

    @rule(fault=st.sampled_from(FAULTS))
    def next_request_goes_wrong(self, fault: str) -> None:
        self.order.next = fault

    @rule(crash=st.sampled_from(DYING))
    def next_request_kills_its_applier(self, crash: str) -> None:
        self.order.next = crash

    @rule()
    def next_step_is_interrupted(self) -> None:
        self.order.next = "interrupt"

    @rule(pause=st.sampled_from(("pause of 2 s", "pause of 15 s")))
    def next_step_is_late(self, pause: str) -> None:
        self.order.next = pause

    @rule(seconds=st.sampled_from((1.0, 5.0, 30.0)))
    def time_passes(self, seconds: float) -> None:
        self._guard(lambda: self._wait(seconds))

    def _wait(self, seconds: float) -> bool:
        self.world.service.advance(seconds)
        return True

    @rule(deed=st.sampled_from(sorted(deeds.DEEDS)), which=st.integers(0, 7))
    def something_happens(self, deed: str, which: int) -> None:
        service = self.world.service
        fits, do = deeds.DEEDS[deed]
        found = [one for _, one in sorted(service.records.items()) if fits(one)]
        if found:
            self._guard(lambda: self._happens(deed, do, found[which % len(found)]))

    def _happens(self, deed: str, do: deeds.Deed, one: Stored) -> bool:
        by = PERSON if deed.startswith("a person") else PLATFORM
        self.world.history.note(Kind.DEED, deed, one.id, by=by)
        do(self.world.service, one)
        return True

    @precondition(lambda self: all(machine.is_idle for machine in self.world.machines))
    @rule(machine=machines)
    def apply_alone(self, machine: int) -> None:
        self.apply(machine)
        self.finish(0)

    def teardown(self) -> None:
        """Faults stop; three applies must reach a plan without changes."""
        with self.stack:
            if not self.is_over:
                self._guard(self._calm)

    def _calm(self) -> bool:
        calm(self.world, self.commit)
        return True

    def _declare(self, name: str, **fields: object) -> None:
        self.declared[name] = replace(self.declared.get(name, Declared(name)), **fields)  # type: ignore[arg-type] # by name

    def _step(self) -> bool:
        """Let one call happen; False when there is none to come."""
        return not self.is_over and self._guard(self.world.step)

    def _guard(self, act: Callable[[], bool]) -> bool:
        """Do it. A failure is told as a story."""
        try:
            return act()
        except Broken as broken:
            ending = Ending(self.world, self.world.fate.choices, self.world.fate.reached, {}, {}, broken)
            self.is_over = True
            raise AssertionError(told(ending)) from broken


def slice_of(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.long
def test_no_order_of_events_breaks_an_invariant() -> None:
    run_state_machine_as_test(Platform, settings=slice_of(100, 40))


@pytest.mark.simulation
def test_no_order_of_many_events_breaks_an_invariant() -> None:
    run_state_machine_as_test(Platform, settings=slice_of(1_500, 100))
