"""One run of a world: a phase in which everything may go wrong, then one in which nothing does.

Safety is checked at every event of the first. In the second, three applies must reach a plan without changes,
and what is then there must be what a run without faults comes to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from jobspec.reconcile.protocol.outcome import Status
from jobspec.workflow.planning.planning import Planned
from tests.proof.simulation.checkers import watch
from tests.proof.simulation.deeds import FALSE_ENTRYPOINT
from tests.proof.simulation.fate import Choice, Fate, Source, Written
from tests.proof.simulation.history import Caller, Event, Kind
from tests.proof.simulation.machines import Machine, Powers
from tests.proof.simulation.manifests import PROJECT, SECRET_VALUE, Commit, Declared
from tests.proof.simulation.schedule import World, simulated
from tests.proof.simulation.service import KNOWN, STOPPABLE, SUCCEEDED, Service, Stored, Traits
from tests.proof.simulation.situations import ALL_SITUATIONS, ANCHOR, put, put_anchor
from tests.proof.simulation.truth import Broken, Truth, task_of

APPLIES_TO_CONVERGE = 3
BROKEN = 2
"""The number of the commit that has a mistake."""
_ENDLESS = 20_000
_UPDATES_A_TROUBLE = 2
CLEAR_ANSWERS = frozenset({"not sent", "refused", "throttled", "slow"})
"""Of what can go wrong with a create, what leaves no doubt of whether it was executed."""
# What then runs is nobody's: neither is it there in the end of a run without faults, nor do we know it.
ORPHANING = "executed without its tags"
_COUNTED = {
    "CreateCustomTask": "creates",
    "StopCustomTask": "stops",
    "DeleteCustomTask": "deletes",
    "UpdateCustomTask": "updates",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """How a world begins. `applies` are, for each applier, the numbers of the commits it applies in turn."""

    situations: tuple[str, ...]
    applies: tuple[tuple[int, ...], ...] = ((0,),)
    powers: Powers = field(default_factory=Powers)
    traits: Traits = field(default_factory=Traits)

    @property
    def last_commit(self) -> int:
        """The newest commit that anybody applies: what is to be true in the end."""
        return max(number for numbers in self.applies for number in numbers if number != BROKEN)


@dataclass(slots=True)
class Ending:
    """What a run has come to."""

    world: World
    choices: list[Choice]
    reached: Counter[str]
    counts: Mapping[str, Counter[str]]
    live: Mapping[str, tuple[str, ...]]
    broken: Broken | None = None
    pruned: bool = False

    @property
    def events(self) -> list[Event]:
        """All that happened."""
        return self.world.history.events


class Pruned(Exception):
    """This state was seen before: whatever follows was explored then."""


def commits(setting: Setting) -> tuple[Commit, Commit, Commit]:
    """What the manifests declare at first, after they were edited, and with a mistake in one of them."""
    situations = [ALL_SITUATIONS[name](f"t{number}") for number, name in enumerate(setting.situations)]
    now = tuple(task for situation in situations for task in situation.now)
    then = tuple(task for situation in situations for task in situation.then)
    return (ANCHOR, *now), (ANCHOR, *then), (ANCHOR, *now, Declared("mistaken", is_broken=True))


def world_of(setting: Setting, source: Source) -> World:
    """The world at its beginning."""
    service = Service(setting.traits, Fate(source))
    put_anchor(service)
    for number, name in enumerate(setting.situations):
        for existing in ALL_SITUATIONS[name](f"t{number}").runs:
            put(service, existing)
    known = commits(setting)
    machines = [
        Machine(number, Path(), [known[commit] for commit in numbers])
        for number, numbers in enumerate(setting.applies)
    ]
    world = World(service, setting.powers, machines)
    world.crashes_left = setting.powers.crashes
    return world


def run(
    setting: Setting, source: Source, *, at_each_step: Callable[[World], None] = lambda _: None
) -> Ending:
    """Run a world to its end, or to the first invariant that does not hold."""
    world = world_of(setting, source)
    truth = Truth(world.service, len(setting.applies))
    world.history.watch = watch(truth)
    ending = Ending(world, world.fate.choices, world.fate.reached, {}, {})
    with simulated(world):
        try:
            _trouble(world, at_each_step)
            _check_peace(world, setting)
            calm(world, commits(setting)[setting.last_commit])
        except Broken as broken:
            ending.broken = broken
        except Pruned:
            ending.pruned = True
    ending.counts, ending.live = _counts(world), _live(world)
    if ending.broken is None and not ending.pruned:
        ending.broken = _unlike_the_reference(setting, ending)
    return ending


def _trouble(world: World, at_each_step: Callable[[World], None]) -> None:
    for _ in range(_ENDLESS):
        at_each_step(world)
        if not world.step():
            return
    raise Broken("4 convergence", f"the appliers were not done after {_ENDLESS} steps")


def _check_peace(world: World, setting: Setting) -> None:
    """Where nothing went wrong everything was done, and of appliers that raced one run is left.

    That one run is left is promised too when creates went wrong, as long as each answer was clear: what comes
    of an unclear one may stand beside another applier's run until the next apply.
    """
    if len({numbers[-1] for numbers in setting.applies}) > 1 or not _all_answers_were_clear(world):
        return
    _check_survivors(world, commits(setting)[setting.last_commit])
    if world.fate.reached or len(setting.applies) > 1:
        return
    for event in world.history.events:
        if event.kind is Kind.TOLD and event.action != Status.DONE and event.data["outcome"].change.steps:
            outcome = event.data["outcome"]
            raise Broken(
                "4 convergence",
                f"in peace {outcome.change.task} is {outcome.status}: {outcome.result.detail}",
            )


def _all_answers_were_clear(world: World) -> bool:
    eventful = [choice for choice in world.fate.choices if choice.is_rare and choice.picked]
    return all(one.what == "CreateCustomTask" and one.option in CLEAR_ANSWERS for one in eventful)


def calm(world: World, last: Commit) -> None:
    """Faults stop, and what was under way arrives; then one applier applies what was committed last."""
    world.fate.is_calm = True
    world.crashes_left = 0
    world.service.out_until = 0.0
    world.service.advance(world.service.traits.commit_window + world.service.traits.list_lag)
    machine = world.machines[0]
    plans: list[Planned] = []
    for _ in range(APPLIES_TO_CONVERGE + 2):
        machine.commits.append(last)
        world.run()
        plans.append(_last_plan(world, Caller(machine.number, machine.apply)))
        if _is_at_rest(plans):
            break
    for planned in plans[APPLIES_TO_CONVERGE:]:
        if not planned.plan.is_empty:
            left = ", ".join(f"{change.action} {change.task}" for change in planned.plan.pending)
            raise Broken("4 convergence", f"after three applies without faults there is still: {left}")
    if not _is_at_rest(plans):
        raise Broken("5 no needless write", "two plans of the same state are not the same bytes")
    if SECRET_VALUE in plans[-1].view.to_json():
        raise Broken("7 secrets", "the plan holds a secret value")
    _check_survivors(world, last)


def _is_at_rest(plans: list[Planned]) -> bool:
    """Whether the last two plans have nothing to do and are the same bytes."""
    last = plans[-2:]
    are_empty = len(last) == 2 and all(planned.plan.is_empty for planned in last)
    return are_empty and len({planned.view.to_json() for planned in last}) == 1


def _last_plan(world: World, caller: Caller) -> Planned:
    events = world.history.by_caller[caller]
    for event in reversed(events):
        if event.kind is Kind.PLANNED:
            planned: Planned = event.data["planned"]
            return planned
    why = events[-1].action if events else "nothing happened"
    raise Broken("4 convergence", f"without any fault an apply made no plan: {why}")


def _check_survivors(world: World, commit: Commit) -> None:
    for declared in commit:
        runs = [one for one in world.service.records.values() if f"jobspec-task_{declared.name}" in one.tags]
        active = [one for one in runs if task_of(one.wire) and one.state in STOPPABLE]
        is_held = any(_holds_up(one) for one in runs) or _has_twin(world, declared.name)
        if len(active) > 1 and not is_held:
            ids = ", ".join(one.id for one in active)
            raise Broken("3 at most one", f"in the end {declared.name} has several active runs: {ids}")


def _holds_up(one: Stored) -> bool:
    """Whether a run keeps its task from being touched: nobody knows what it is, or it is another one."""
    is_ours = any(tag == f"jobspec-scope_{PROJECT}" for tag in one.tags)
    is_false = one.wire.get("EntrypointPath") == FALSE_ENTRYPOINT
    return is_ours and (is_false or not task_of(one.wire) or one.state not in KNOWN)


def _has_twin(world: World, name: str) -> bool:
    """Whether a person has to decide first: an active task of the name is nobody's."""
    same = (one for one in world.service.records.values() if one.name == name and one.is_active)
    return any(not any(tag.startswith("jobspec-") for tag in one.tags) for one in same)


def _counts(world: World) -> Mapping[str, Counter[str]]:
    """How often appliers created, stopped, deleted and updated runs of each task."""
    counts: dict[str, Counter[str]] = {}
    for event in world.history.events:
        if event.kind is Kind.WRITTEN and event.action in _COUNTED and event.caller.machine >= 0:
            counts.setdefault(event.caller.lane, Counter())[_COUNTED[event.action]] += 1
    return counts


def _live(world: World) -> Mapping[str, tuple[str, ...]]:
    """What each task has in the end: what is active, and what succeeded, by what it runs."""
    live: dict[str, list[str]] = {}
    for one in world.service.records.values():
        if one.state in STOPPABLE or one.state in SUCCEEDED:
            live.setdefault(task_of(one.wire) or "nobody's", []).append(f"{one.wire.get('Args')} {one.state}")
    return {task: tuple(sorted(runs)) for task, runs in sorted(live.items())}


@cache
def reference(setting: Setting) -> Ending:
    """The same, with nothing going wrong and one applier."""
    calm = Setting(setting.situations, (setting.applies[0],), Powers(faults=False, crashes=0), setting.traits)
    return run_without_reference(calm)


def run_without_reference(setting: Setting) -> Ending:
    """A run in which nothing eventful is chosen."""
    world = world_of(setting, Written(()))
    ending = Ending(world, [], Counter(), {}, {})
    with simulated(world):
        world.run()
        calm(world, commits(setting)[setting.last_commit])
    ending.counts, ending.live = _counts(world), _live(world)
    return ending


def _unlike_the_reference(setting: Setting, ending: Ending) -> Broken | None:
    """Where only the way was troubled, the end is the same, and reached by the same writes."""
    if setting.powers.deeds or len(set(setting.applies)) > 1 or len(set(setting.applies[0])) > 1:
        return None
    if ending.reached[ORPHANING]:
        return None
    expected = reference(setting)
    if ending.live != expected.live:
        return Broken("4 convergence", f"in the end there is {ending.live}, without faults {expected.live}")
    if len(setting.applies) > 1:
        return None
    return _other_counts(ending, expected)


def _other_counts(ending: Ending, expected: Ending) -> Broken | None:
    """Nothing is made, stopped or deleted more or less often; a mark may be written anew after a trouble."""
    troubles = ending.reached.total()
    for task in sorted(ending.counts.keys() | expected.counts.keys()):
        here, there = (end.counts.get(task, Counter[str]()) for end in (ending, expected))
        for what in ("creates", "stops", "deletes"):
            if here[what] != there[what]:
                return Broken(
                    "3 at most one", f"{here[what]} {what} for {task}, without faults {there[what]}"
                )
        if here["updates"] > there["updates"] + _UPDATES_A_TROUBLE * troubles:
            return Broken(
                "5 no needless write", f"{here['updates']} updates for {task} in {troubles} troubles"
            )
    return None
