"""Ways through the worlds: by seed for large ones, exhaustively for small ones; and what was met there."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from tests.proof.simulation.fate import Choice, Seeded, Written
from tests.proof.simulation.faults import CRASHES, JOURNAL_CRASHES, SLEEP_CRASH
from tests.proof.simulation.machines import Powers
from tests.proof.simulation.runs import BROKEN, Ending, Pruned, Setting, run
from tests.proof.simulation.schedule import World
from tests.proof.simulation.service import Traits
from tests.proof.simulation.situations import SITUATIONS
from tests.proof.simulation.stories import shrunk, story

_DYING = frozenset({*CRASHES, *JOURNAL_CRASHES, SLEEP_CRASH})
# Without latency, calls that do not touch each other lead to one state in whichever order they come.
SMALL = Traits(latency=0.0)


@dataclass(slots=True)
class Tally:
    """What was met on the way, and the first run that went wrong."""

    runs: int = 0
    states: int = 0
    visits: int = 0
    crashes: Counter[int] = field(default_factory=Counter)
    """How many runs had so many crashes."""
    pruned: int = 0
    """How many runs came to a state that was seen before; what follows was explored then."""
    unexplored: int = 0
    """How many ways were known and not tried when there was no time left."""
    reached: Counter[str] = field(default_factory=Counter)
    failed: tuple[Setting, Ending] | None = None
    tale: str = ""
    """What went wrong, once it was shrunk."""

    def take(self, setting: Setting, ending: Ending) -> None:
        """Count a run in."""
        self.runs += 1
        self.pruned += ending.pruned
        self.reached.update(ending.reached)
        self.crashes[sum(choice.option in _DYING for choice in ending.choices)] += 1
        if ending.broken is not None and self.failed is None:
            self.failed = (setting, ending)

    def add(self, other: Tally) -> None:
        """Take in what another exploration met."""
        self.runs += other.runs
        self.states += other.states
        self.visits += other.visits
        self.pruned += other.pruned
        self.unexplored += other.unexplored
        self.crashes.update(other.crashes)
        self.reached.update(other.reached)
        self.tale = self.tale or other.tale

    def told(self) -> Tally:
        """The same with the shortest story of what went wrong, in place of the world it went wrong in."""
        if self.failed is not None:
            setting, ending = self.failed
            self.tale, self.failed = story(setting, shrunk(setting, ending)), None
        return self


def setting_of(seed: int) -> Setting:
    """The large world of a seed: its tasks, its appliers, and what may happen in it."""
    pick = random.Random(seed)
    appliers = pick.choice((1, 1, 2, 3))
    return Setting(
        situations=tuple(pick.choice(list(SITUATIONS)) for _ in range(pick.choice((1, 1, 2, 3)))),
        applies=tuple(pick.choice(((0,), (0,), (0, 1), (0, 1), (1,), (BROKEN, 0))) for _ in range(appliers)),
        powers=Powers(
            deeds=pick.random() < 0.3,
            signals=pick.random() < 0.3,
            pauses=appliers > 1 and pick.random() < 0.3,
            between=appliers > 1 and pick.random() < 0.5,
            over_http=seed % 5 == 0,
        ),
        traits=Traits(page_size=pick.choice((2, 3, 100)), matches_parts_of_tags=pick.random() < 0.3),
    )


def by_seed(seed: int) -> Ending:
    """The run of a seed, the same to the byte whenever it is run."""
    return run(setting_of(seed), Seeded(seed))


def by_seeds(seeds: Iterable[int]) -> Tally:
    """The runs of many seeds, until one goes wrong."""
    tally = Tally()
    for seed in seeds:
        tally.take(setting_of(seed), by_seed(seed))
        if tally.failed:
            break
    return tally


def everything(
    setting: Setting, *, eventful: int, is_enough: Callable[[Tally], bool] = lambda _: False
) -> Tally:
    """Every run of a small world with at most so many eventful choices; states seen before end a run.

    Whose turn it is, how records lag and how an applier starts anew is tried in every way at each point.
    """
    tally, seen = Tally(), dict[int, int]()
    open_ = deque([b""])
    while open_ and not is_enough(tally):
        prefix = open_.popleft()
        ending = run(setting, Written(prefix), at_each_step=_pruning(seen, len(prefix), tally))
        tally.take(setting, ending)
        if tally.failed:
            break
        open_.extend(_branches(ending.choices, len(prefix), eventful))
    tally.states, tally.unexplored = len(seen), len(open_)
    return tally


def _pruning(seen: dict[int, int], given: int, tally: Tally) -> Callable[[World], None]:
    def look(world: World) -> None:
        tally.visits += 1
        choices = world.fate.choices
        if len(choices) < given:
            return
        state, spent = world.outlook(), _spent(choices)
        if seen.get(state, spent + 1) <= spent:
            raise Pruned
        seen[state] = spent

    return look


def _branches(choices: list[Choice], given: int, eventful: int) -> Iterator[bytes]:
    """The other ways to go on from each point after the given ones."""
    numbers = bytes(choice.picked for choice in choices)
    for point in range(given, len(choices)):
        choice = choices[point]
        if choice.is_rare and _spent(choices[:point]) >= eventful:
            continue
        for other in range(1, len(choice.options)):
            yield numbers[:point] + bytes((other,))


def _spent(choices: list[Choice]) -> int:
    return sum(choice.is_rare and choice.picked > 0 for choice in choices)
