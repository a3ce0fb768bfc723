"""The invariants, judged on the story of a round. Each check yields a sentence for whatever breaks it.

With one folder there is one applier at a time and its journal is kept: never two runs. With several, each
folder may have one for a moment, and one stays. What holds is said in `docs/reconcile-rules.md`.
"""

from __future__ import annotations

import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain

from tests.proof.chaos.plans import APPLY, LATEST, READS, Declared
from tests.proof.chaos.records import Run, of_scope
from tests.proof.chaos.rounds import HEALING_APPLIES, Ended, Scene, Story
from tests.proof.chaos.world import COMMIT_WINDOW, SCOPE

Check = Callable[[Story], Iterator[str]]

_LOOK_VALID = 10.0
_STOP_UNDER_WAY = 3.0
"""Seconds from the look at the one that stays to the stop of the duplicate, on a bad network."""
_CODES = {"apply": {0, 1, 3, 4}, "cancel": {0, 1, 3, 4}, "destroy": {0, 1, 3, 4}, "wait": {0, 1}}
_CODES_OF_READERS = {0, 1, 2}
_SUBMITTED = re.compile(r"submitted \S+\s+(t-[0-9-]+)")


def is_too_slow(story: Story) -> bool:
    """Whether this machine broke what the projects assume of the platform; then nothing can be judged."""
    return any(request.delay > COMMIT_WINDOW - LATEST / 2 for request in story.requests)


def judge(story: Story) -> list[str]:
    """Return everything that broke."""
    return list(chain.from_iterable(check(story) for check in CHECKS))


def most_at_once(runs: list[Run]) -> int:
    """How many of the runs were active at the moment when most were."""
    return max(sum(other.created <= run.created < other.ended for other in runs) for run in runs)


def never_more_at_once_than_appliers(story: Story) -> Iterator[str]:
    """One run of a task for each folder that applies."""
    for task, runs in of_scope(story.runs, SCOPE):
        most = most_at_once(runs)
        if most > story.plan.folders:
            yield f"{most} runs of {task} were active at once, with {story.plan.folders} appliers"


def one_run_an_intention(story: Story) -> Iterator[str]:
    """Each folder notes an intention and sends it once."""
    for task, runs in of_scope(story.runs, SCOPE):
        for intention, count in Counter(run.tag("run") for run in runs).items():
            if count > story.plan.folders:
                yield f"{count} runs of {task} are of one intention, {intention}"


def no_run_that_matches_is_stopped(story: Story) -> Iterator[str]:
    """Unless people wished it, or an older one of the same kind stays."""
    for _, runs in of_scope(story.runs, SCOPE):
        for run in runs:
            scene = _scene_at(story, run.stopped)
            is_wanted = scene is not None and run.command in _running_commands(scene)
            if scene and is_wanted and not _was_wished(scene, run) and not _has_winner(run, runs):
                yield f"{run.id} was stopped though it matches its manifest"


def _scene_at(story: Story, time: float) -> Scene | None:
    """The scene in which something happened; None for what never did."""
    begun = [scene for scene in story.scenes if scene.began <= time]
    return begun[-1] if begun and time < float("inf") else None


def _running_commands(scene: Scene) -> set[str]:
    return {task.command for task in scene.act.manifests if not task.suspended}


def _was_wished(scene: Scene, run: Run) -> bool:
    wishes = {command.words for command in scene.commands}
    is_cancelled = any(words[:2] == ("cancel", run.name) for words in wishes)
    return run.id in scene.stopped_by_people or is_cancelled or ("destroy", "--yes") in wishes


def _has_winner(run: Run, runs: list[Run]) -> bool:
    """Its own reason may not be on the duplicate: where the network loses it, it is stopped all the same."""
    return any(
        other.tag("spec") == run.tag("spec")
        and (other.created, other.id) < (run.created, run.id)
        and other.ended > run.stopped - _STOP_UNDER_WAY
        for other in runs
    )


def others_are_untouched(story: Story) -> Iterator[str]:
    """What does not carry our scope's tag is as it was, and runs on."""
    runs = {run.id: run for run in story.runs}
    for before in story.foreign:
        after = runs.get(before.id)
        if after is None or not after.is_active or _labels(after) != _labels(before):
            yield f"a task of somebody else's was touched: {before} became {after}"


def _labels(run: Run) -> tuple[object, ...]:
    return (run.name, run.description, run.command, run.tags)


def peace_comes_soon(story: Story) -> Iterator[str]:
    """Once faults stop, few applies reach a plan without changes, everywhere; and that one writes nothing."""
    *applies, plan = story.peace
    last = applies[-1]
    if not last.had_nothing_to_do:
        yield f"after {len(applies)} of {HEALING_APPLIES} quiet applies there is still something to do"
    if plan.code != 0:
        yield f"the plan of another folder exits {plan.code} when there is nothing to do"
    actions = {request.place.action for request in story.requests if request.who == last.key}
    if not actions <= set(READS):
        yield f"an apply with nothing to do has sent {', '.join(sorted(actions))}"


def one_run_stays(story: Story) -> Iterator[str]:
    """A task has one active run at the end, or is done, or was stopped by people; others have none."""
    final = {task.name: task for task in story.scenes[-1].act.manifests}
    tasks = dict(of_scope(story.runs, SCOPE))
    for name in sorted(final.keys() | tasks.keys()):
        runs = tasks.get(name, [])
        active = sum(run.is_active for run in runs)
        if active not in _allowed(story, final.get(name), runs):
            yield f"{active} runs of {name} are active in the end"


def _allowed(story: Story, declared: Declared | None, runs: list[Run]) -> set[int]:
    if declared is None or declared.suspended:
        return {0}
    matching = [run for run in runs if run.command == declared.command]
    stopped = {run for scene in story.scenes for run in scene.stopped_by_people}
    real = [run for run in matching if run.tag("stop") != "duplicate"] or matching
    is_stopped = bool(real) and (real[-1].id in stopped or real[-1].tag("stop") == "user")
    is_done = any(run.state == "Success" for run in matching)
    return {0} if is_done or (is_stopped and not real[-1].is_active) else {1}


def done_stays_done(story: Story) -> Iterator[str]:
    """What has succeeded is not run again; several appliers may have looked a moment before."""
    margin = 0.0 if story.plan.folders == 1 else _LOOK_VALID
    for task, runs in of_scope(story.runs, SCOPE):
        for run in runs:
            done = [one for one in runs if one.tag("spec") == run.tag("spec") and one.state == "Success"]
            if any(one.ended + margin < run.created for one in done):
                yield f"{run.id} runs {task} again, which was done"


def what_is_reported_is_there(story: Story) -> Iterator[str]:
    """Each run that a command says it submitted is on record, unless records were deleted."""
    if any(request.place.action == "DeleteCustomTask" for request in story.requests) or _deletes(story):
        return
    known = {run.id for run in story.runs}
    for ended in story.commands:
        for run in set(_SUBMITTED.findall(ended.out)) - known:
            yield f"{ended.key} says that it submitted {run}, of which there is no record"


def _deletes(story: Story) -> bool:
    return any(deed.action == "DeleteCustomTask" for scene in story.scenes for deed in scene.act.deeds)


def commands_end_as_documented(story: Story) -> Iterator[str]:
    """With an exit code of theirs or by the signal that was sent, and never with a bug."""
    for ended in story.commands:
        if ended.code not in _codes(ended):
            yield f"{ended.key} {' '.join(ended.words)} exits {ended.code}"
        if "JS900" in ended.said or ("Traceback" in ended.said and ended.code != -signal.SIGINT):
            yield f"{ended.key} {' '.join(ended.words)} met a bug"


def _codes(ended: Ended) -> set[int]:
    own = _CODES.get(ended.words[0], _CODES_OF_READERS)
    if ended.kill is None:
        return own
    by_signal = {-ended.kill.signal}
    return own | by_signal | ({130} if ended.kill.signal is not signal.SIGKILL else set())


CHECKS: tuple[Check, ...] = (
    never_more_at_once_than_appliers,
    one_run_an_intention,
    no_run_that_matches_is_stopped,
    others_are_untouched,
    peace_comes_soon,
    one_run_stays,
    done_stays_done,
    what_is_reported_is_there,
    commands_end_as_documented,
)


def telling(story: Story) -> Iterator[str]:
    """What came about in the round that shows its troubles were real."""
    for _, runs in of_scope(story.runs, SCOPE):
        if most_at_once(runs) > 1:
            yield "several runs of a task at once"
        if any(run.tag("stop") == "duplicate" for run in runs):
            yield "a duplicate was stopped"
    for ended in story.commands:
        if "found after an ambiguous response" in ended.out:
            yield "a create was found after an unclear answer"
        if "ended before its submit was confirmed" in ended.err:
            yield "an apply waited for what another had under way"
        if "Waiting for another command" in ended.err:
            yield "a command waited for its turn"
    applies = [ended for ended in story.peace if ended.words == APPLY]
    yield f"peace after {len(applies)} applies"
