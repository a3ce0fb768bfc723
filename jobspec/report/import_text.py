"""Messages of an import for each task: the written file, the differences, and the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.quoting import quote
from jobspec.reconcile.runs import Run, state_text
from jobspec.reconcile.tags import Marks
from jobspec.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator


class ImportView(Struct, frozen=True):
    """A written manifest: its task, its file, the live task, and the fields that differ from it.

    `is_matched` means that the live task's tags already make it a run of this task.
    """

    task: str
    file: str
    run: Run
    differing: tuple[str, ...]
    is_matched: bool
    losses: tuple[str, ...] = ()


def written(view: ImportView) -> str:
    """Return the line of the result."""
    return printable(f"wrote {view.file}  from {view.run.id}, {state_text(view.run.state)}")


def remarks(view: ImportView) -> Iterator[str]:
    """Yield what a person should check before continuing."""
    if view.run.name != view.task:
        yield printable(f"note: {view.task}: {view.run.id} is called {quote(view.run.name)} on the platform")
    for loss in view.losses:
        yield printable(f"note: {view.task}: {loss}")
    if view.differing:
        fields = ", ".join(view.differing)
        yield printable(
            f"note: {view.task}: differs from {view.run.id} in {fields}; see the comments in the file"
        )


def next_step(view: ImportView, where: str, option: str) -> str:
    """Return the next command for the task, with the options `where`, and what happens until then.

    `option` is the scope option for commands.
    """
    run, dashes = view.run, " --" if view.task.startswith("-") else ""
    if view.is_matched:
        return f"{view.task}: {run.id} is already a run of this task"
    adopt = f"jobspec adopt{where}{dashes} {run.id} {view.task}"
    if isinstance(run.marks, Marks):
        release = f"jobspec release{where}{dashes} {view.task}"
        does = "replace" if run.is_active else "rerun"
        until_then = f"jobspec apply{option} would {does} the task, because its spec differs"
        return f"next: {release}, then {adopt}; until then, {until_then}"
    return f"next: {adopt}; until then, {_until_then(view, option)}"


def _until_then(view: ImportView, option: str) -> str:
    if not view.run.is_active:
        return f"jobspec apply{option} would run the task again"
    if view.run.name == view.task:
        return f"jobspec apply{option} does not submit the task, because {view.run.id} is an active twin"
    return (
        f"jobspec apply{option} would submit the task although {view.run.id}, under another "
        "name, is still active"
    )
