"""Tasks after everything: defaults, templates, the environment and expressions. Contacts no platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.errors import UsageError
from jobspec.manifest.load import load
from jobspec.manifest.yaml.tree import Mapping
from jobspec.quoting import quote
from jobspec.report.show.view import ShowView, shown_task
from jobspec.workflow.project.manifests import request_of, unusable
from jobspec.workflow.state.old_folder import report_old_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobspec.manifest.load import Loaded
    from jobspec.workflow.project.manifests import Target
    from jobspec.workflow.surroundings import Surroundings


def show_tasks(names: Sequence[str], target: Target, surroundings: Surroundings) -> ShowView:
    """Return the view of some tasks, in the given order; other tasks may have errors.

    Raises `ManifestError` if a task or the project file has errors, and `UsageError` if no manifest declares
    one.
    """
    loaded = load(replace(request_of(target, surroundings), shown=frozenset(names)))
    report_old_folder(loaded.root, surroundings)
    if loaded.refused or loaded.has_project_errors:
        raise unusable(loaded)
    for name in names:
        if name not in loaded.documents:
            raise unusable(loaded) if loaded.has_errors else _unknown(name, loaded)
    found = ((name, loaded.documents[name]) for name in dict.fromkeys(names))
    tasks = tuple(shown_task(name, document) for name, document in found if isinstance(document, Mapping))
    return ShowView(scope=str(loaded.scope), tasks=tasks)


def _unknown(name: str, loaded: Loaded) -> UsageError:
    from difflib import get_close_matches  # noqa: PLC0415 - only to explain

    close = get_close_matches(name, [task.name for task in loaded.tasks], n=1)
    message = f"no manifest of {loaded.scope} declares {quote(name)}"
    if close:
        return UsageError(message, help=f"did you mean {quote(close[0])}?", code="JS409")
    hint = "to list the declared tasks, run: jobspec plan"
    return UsageError(message, help=hint, code="JS409")
