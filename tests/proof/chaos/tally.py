"""Playing rounds by seed and counting what they reached; a round that breaks something tells its story."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.proof.chaos.checks import is_too_slow, judge, telling
from tests.proof.chaos.plans import Fault, Plan, plan_of
from tests.proof.chaos.proxy import LAGGED, TIMED_OUT, Request
from tests.proof.chaos.rounds import Ended, Story, play

ALWAYS = (
    *(fault for fault in Fault),
    *("SIGKILL", "SIGTERM", "SIGINT", TIMED_OUT, LAGGED),
    *("apply exits 0", "apply exits 1", "apply exits 4", "apply exits 130", "apply exits SIGKILL"),
    *("cancel exits 0", "destroy exits 0", "wait exits 0", "drift exits 0", "drift exits 2", "plan exits 0"),
    *("a person: StopCustomTask", "a person: DeleteCustomTask"),
    *("several runs of a task at once", "a duplicate was stopped"),
    "a create was found after an ambiguous response",
    *("an apply waited for what another had under way", "a command waited for its turn"),
)
"""What a long run has to reach at least once."""


@dataclass(slots=True)
class Tally:
    """The rounds so far. `tale` is the story of the first that broke something."""

    rounds: int = 0
    commands: int = 0
    requests: int = 0
    slow: list[int] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    tale: str = ""

    def add(self, story: Story) -> None:
        """Count a round and judge it, unless the machine was too slow for it to mean anything."""
        self.rounds += 1
        self.commands += len(story.commands)
        self.requests += len(story.requests)
        self.reached += story.reached
        self.reached.update(telling(story))
        if is_too_slow(story):
            self.slow.append(story.plan.seed)
        elif broken := judge(story):
            self.tale = self.tale or tale(story, broken)

    def never_reached(self) -> list[str]:
        """What a long run should have met and did not."""
        return [kind for kind in ALWAYS if not self.reached[kind]]


def play_seed(seed: int) -> Story:
    """Play the round of a seed in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="jobspec-chaos-", ignore_cleanup_errors=True) as folder:
        return play(plan_of(seed), Path(folder) / "world")


def tally_of(stories: Iterable[Story]) -> Tally:
    """Count rounds until one breaks something."""
    tally = Tally()
    for story in stories:
        tally.add(story)
        if tally.tale:
            break
    return tally


def tale(story: Story, broken: Iterable[str]) -> str:
    """Everything about a round that broke something."""
    return "\n".join(
        [
            *(f"BROKEN: {what}" for what in broken),
            f"seed {story.plan.seed} (python -m tests.proof.chaos --rounds 1 --seed {story.plan.seed}):",
            *_plan(story.plan),
            "commands:",
            *(line for ended in story.commands for line in _ended(ended)),
            "people stopped: "
            + ", ".join(sorted(run for scene in story.scenes for run in scene.stopped_by_people)),
            "requests:",
            *map(_request, story.requests),
            "runs:",
            *(f"  {run}" for run in story.runs),
        ]
    )


def _plan(plan: Plan) -> Iterator[str]:
    yield f"  {plan.folders} folders, listLag {plan.list_lag}s"
    for number, act in enumerate(plan.acts):
        for task in act.manifests:
            yield f"  act {number}: {task}"
        for command in act.commands:
            yield f"  act {number}: {' '.join(command.words)} in {command.folder} at {command.starts:.2f}"
            yield from (
                f"    {place.action} {place.number}: {what}" for place, what in command.faults.items()
            )
            yield f"    {command.kill}"
        yield from (f"  act {number}: {deed}" for deed in act.deeds)


def _ended(ended: Ended) -> Iterator[str]:
    yield f"  {ended.key} {' '.join(ended.words)} in {ended.folder} exits {ended.code}"
    yield from (f"    | {line}" for line in ended.said.splitlines() if line.strip())


def _request(request: Request) -> str:
    fault = f" [{request.fault}]" if request.fault else ""
    when = f"{request.received % 1000:.3f} executed {request.executed % 1000:.3f}"
    what = f"{request.who} {request.place.action} {request.place.number} {request.body.get('Id', '')}"
    return f"  {when} {what} {request.status}{fault}"
