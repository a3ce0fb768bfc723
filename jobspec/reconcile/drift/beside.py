"""Findings that no plan contains: runs beside those of a task, and runs that have vanished. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.quoting import quote
from jobspec.reconcile import elsewhere
from jobspec.reconcile.drift.finding import DriftFinding
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.runs import Phase
from jobspec.reconcile.tags import Marks, TagKey, encoding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from jobspec.manifest.task import Scope, Task
    from jobspec.manifest.values import DriftKind
    from jobspec.reconcile.runs import Run


def twins(tasks: Iterable[Task], named: Iterable[Run], siblings: Collection[str]) -> Iterator[DriftFinding]:
    """Yield each active run outside the project that has the name of a task, or its name and its spec.

    `named` are the runs of the account with those names; `siblings` are the project's scopes, encoded. The
    plan only looks for twins of what it would submit; one beside a managed run does the same work twice.
    """
    by_name = {task.name: task for task in tasks}
    for run in named:
        task = by_name.get(run.name)
        if task is None or not run.is_active:
            continue
        if run.marks is None:
            yield _finding("unmanaged-twin", task, run, f"{run.id} has the same name and no jobspec tags")
        elif _runs_elsewhere(task, run, siblings):
            yield _finding("other-scope", task, run, f"{run.id} runs the same spec in {_scope(run)}")


def _runs_elsewhere(task: Task, run: Run, siblings: Collection[str]) -> bool:
    marks = run.marks
    return isinstance(marks, Marks) and marks.scope not in siblings and task.fingerprint.matches(marks)


def _scope(run: Run) -> str:
    return f"the scope {quote(elsewhere.scope_name(run.marks.scope))}" if isinstance(run.marks, Marks) else ""


def copies(scope: Scope, tasks: Iterable[Task], runs: Iterable[Run]) -> Iterator[DriftFinding]:
    """Yield each active run that has the tags of an earlier run, and is not the platform's retry of it."""
    observed = by_task(scope, runs)
    for task in tasks:
        own = observed.get(encoding(TagKey.TASK, task.name), ())
        for original, run in _copied(task, own) if len(own) > 1 else ():
            yield _finding(
                "copy", task, run, f"{run.id} has the tags of {original.id}, which {_how(original)}"
            )


def _copied(task: Task, own: Sequence[Run]) -> Iterator[tuple[Run, Run]]:
    first: dict[str, list[Run]] = {}
    for run in own:
        if not isinstance(run.marks, Marks) or not run.marks.run:
            continue
        earlier = first.setdefault(run.marks.run, [])
        is_retry = task.is_retry_on and all(one.phase is Phase.FAILED for one in earlier)
        if earlier and run.is_active and not is_retry:
            yield earlier[0], run
        earlier.append(run)


def _how(run: Run) -> str:
    return f"is {run.phase}" if run.is_active else f"has ended as {run.state}"


def gone(
    scope: Scope, tasks: Iterable[Task], runs: Iterable[Run], last: Mapping[str, str]
) -> Iterator[DriftFinding]:
    """Yield the run of each task that the last report lists and that no longer exists.

    A run that was pruned after a newer one had started is not missing: ids ascend with time.
    """
    observed = by_task(scope, runs)
    for task in tasks:
        run = last.get(task.name, "")
        ids = [one.id for one in observed.get(encoding(TagKey.TASK, task.name), ())]
        if run and all(one < run for one in ids):
            place = task.place
            yield DriftFinding(
                kind="record-gone",
                task=task.name,
                run=run,
                declared="a record of the run",
                detail=f"the last report lists {run}; the platform no longer does",
                file=place.file,
                line=place.span.start.line,
            )


def _finding(kind: DriftKind, task: Task, run: Run, detail: str) -> DriftFinding:
    place = task.place
    return DriftFinding(
        kind=kind,
        task=task.name,
        run=run.id,
        observed=run.state,
        declared="one active run",
        detail=detail,
        file=place.file,
        line=place.span.start.line,
    )
