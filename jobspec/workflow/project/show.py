"""Tasks after everything: defaults, templates, the environment and expressions. Contacts no platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.errors import UsageError
from jobspec.manifest.load import load
from jobspec.manifest.suggestions import nearest
from jobspec.manifest.values import SET_PREFIX
from jobspec.manifest.yaml.tree import Mapping
from jobspec.quoting import quote
from jobspec.report.show.view import ShowView, shown_task
from jobspec.workflow.project.manifests import request_of, unusable
from jobspec.workflow.state.old_folder import report_old_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobspec.manifest.load import Loaded
    from jobspec.workflow.project.manifests import Target
    from jobspec.workflow.surroundings import Surroundings


MOST_TASKS = 100
"""Maximum number of tasks of a set that are printed as text."""
_MOST_LISTED = 8


def show_tasks(
    names: Sequence[str], target: Target, surroundings: Surroundings, most: int | None = None
) -> ShowView:
    """Return the view of some tasks, in the given order; other tasks may have errors.

    `set/NAME` stands for the tasks of a set, at most `most`. Raises `ManifestError` if a task or the project
    file has errors, and `UsageError` if no manifest declares one.
    """
    request = request_of(target, surroundings)
    if any(name.startswith(SET_PREFIX) for name in names):
        names = tuple(_members(names, load(request), most))
    loaded = load(replace(request, shown=frozenset(names)))
    report_old_folder(loaded.root, surroundings)
    if loaded.refused or loaded.has_project_errors:
        raise unusable(loaded)
    for name in names:
        if name not in loaded.documents:
            raise unusable(loaded) if loaded.has_errors else _unknown(name, loaded)
    found = ((name, loaded.documents[name]) for name in dict.fromkeys(names))
    tasks = tuple(shown_task(name, document) for name, document in found if isinstance(document, Mapping))
    return ShowView(scope=str(loaded.scope), tasks=tasks)


def _members(names: Sequence[str], loaded: Loaded, most: int | None) -> Iterator[str]:
    """Yield the names with those of its tasks in place of each set."""
    sets = {f"{SET_PREFIX}{rules.name}": rules.members for rules in loaded.sets}
    for name in names:
        if name.startswith(SET_PREFIX) and name not in sets:
            raise unusable(loaded) if loaded.refused or loaded.has_errors else _unknown(name, loaded)
        members = sets.get(name, (name,))
        if most is not None and len(members) > most:
            message = f"{quote(name)} has {len(members):,} tasks; at most {most} are printed as text"
            raise UsageError(message, help=f"add `-o json`, or name a task, such as {quote(members[0])}")
        yield from members


def _unknown(name: str, loaded: Loaded) -> UsageError:
    from jobspec.manifest.validate.shape import closest  # noqa: PLC0415 - pydantic, only to explain

    sets = [f"{SET_PREFIX}{rules.name}" for rules in loaded.sets]
    known = [*(task.name for task in loaded.tasks), *sets]
    close = closest(name, known) or nearest(name, known)
    if f"{SET_PREFIX}{name}" in sets:
        close = f"{SET_PREFIX}{name}"
    message = f"no manifest of {loaded.scope} declares {quote(name)}"
    if close:
        return UsageError(message, help=f"did you mean {quote(close)}?", code="JS409")
    hint = "to list the declared tasks, run: jobspec plan"
    if 0 < len(known) <= _MOST_LISTED:
        hint = f"declared are {', '.join(map(quote, known))}"
    return UsageError(message, help=hint, code="JS409")
