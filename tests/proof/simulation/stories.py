"""A run as a story that a person can read, and the shortest story that still goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tests.proof.simulation.fate import Choice, Written
from tests.proof.simulation.history import Event, Kind
from tests.proof.simulation.runs import Ending, Setting, run
from tests.proof.simulation.service import tags_in
from tests.proof.simulation.truth import task_of

MOST_TRIES = 400


def story(setting: Setting, ending: Ending) -> str:
    """What was there, what was chosen, what happened, and what is wrong with it."""
    lines = [
        f"tasks: {', '.join(f't{n} is {name}' for n, name in enumerate(setting.situations))}",
        f"appliers: {len(setting.applies)}, who apply commits {list(map(list, setting.applies))}",
        f"platform: {setting.traits}",
        f"choices: {numbers_of(ending.choices)}",
    ]
    return "\n".join((*lines, told(ending)))


def told(ending: Ending) -> str:
    """What happened, line by line, and what is wrong with it."""
    lines = [
        f"{number:4} {event.time:8.2f} {event.caller}: {_TELLERS[event.kind](event)}"
        for number, event in enumerate(ending.events, 1)
    ]
    return "\n".join((*lines, f"BROKEN: {ending.broken}" if ending.broken else "nothing is wrong"))


def numbers_of(choices: Sequence[Choice]) -> list[int]:
    """What replays a run; the uneventful end is left out."""
    numbers = [choice.picked for choice in choices]
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers


def shrunk(setting: Setting, ending: Ending) -> Ending:
    """The same failure with as few and as small choices as can be found in `MOST_TRIES` runs."""
    assert ending.broken is not None
    invariant, best, tries = ending.broken.invariant, ending, 0
    while tries < MOST_TRIES:
        for numbers in _simpler(numbers_of(best.choices)):
            tries += 1
            found = run(setting, Written(numbers))
            if found.broken and found.broken.invariant == invariant:
                best = found
                break
            if tries >= MOST_TRIES:
                return best
        else:
            return best
    return best


def _simpler(numbers: list[int]) -> Iterator[list[int]]:
    """Ways to choose less: parts set to 0, parts left out, the longest parts first."""
    size = len(numbers)
    while size:
        for start in range(0, len(numbers), size):
            part = numbers[start : start + size]
            if any(part):
                yield [*numbers[:start], *([0] * len(part)), *numbers[start + size :]]
        for start in range(0, len(numbers), size):
            yield [*numbers[:start], *numbers[start + size :]]
        size //= 2


def _sent(event: Event) -> str:
    asked = event.data.get("Tags") or event.data.get("Name") or ""
    return f"sends {event.action} {event.run or asked}"


def _shown(event: Event) -> str:
    if event.action != "ListCustomTasks":
        return f"is shown {event.run} as {event.data['State']} {_own_tags(event)}"
    runs = (f"{run} {record['State']}" for run, record in event.data["runs"].items())
    return f"is shown [{', '.join(runs)}]"


def _written(event: Event) -> str:
    record = event.data.get("after", event.data)
    return (
        f"{event.action} takes effect: {event.run} of {task_of(record) or 'nobody'} is {record.get('State')}"
    )


def _own_tags(event: Event) -> str:
    stops = [tag for tag in tags_in(event.data) if tag.startswith("jobspec-stop")]
    return f"of {task_of(event.data) or 'nobody'} {' '.join(stops)}".rstrip()


def _planned(event: Event) -> str:
    changes = event.data["planned"].plan.changes
    return "plans " + "; ".join(f"{c.action} {c.task} ({c.reason})" for c in changes)


def _outcome(event: Event) -> str:
    outcome = event.data["outcome"]
    said = f": {outcome.result.detail}" if outcome.result.detail else ""
    return f"tells that the {outcome.change.action} of {outcome.change.task} is {outcome.status}{said}"


_TELLERS: dict[Kind, Callable[[Event], str]] = {
    Kind.SENT: _sent,
    Kind.SHOWN: _shown,
    Kind.WRITTEN: _written,
    Kind.DEED: lambda event: f"{event.action} {event.run}",
    Kind.BEGUN: lambda _: "begins",
    Kind.PLANNED: _planned,
    Kind.TOLD: _outcome,
    Kind.ENDED: lambda event: f"ends, {event.action}",
    Kind.CRASHED: lambda _: "CRASHES",
    Kind.NOTED: lambda event: f"notes {event.action} in the journal",
}
