"""Text about runs of other scopes: which scope they belong to and how to release them. Pure."""

from __future__ import annotations

import shlex

from jobspec.quoting import quote
from jobspec.reconcile import tags
from jobspec.reconcile.tags import TagKey


def scope_name(encoded: str) -> str:
    """Return the name of a scope from its tag, or the tag's encoding if the name cannot be decoded."""
    return tags.decoded(TagKey.SCOPE, encoded) or encoded


def release_advice(encoded: str, task: str, own: str) -> str:
    """Return how to release a task from the scope named by a tag, for a user in scope `own`."""
    scope = tags.decoded(TagKey.SCOPE, encoded)
    release = f"jobspec release {shlex.quote(task)}"
    if scope is None:
        return (
            f"{release}, in the project whose runs have the tag {quote(tags.prefixed(TagKey.SCOPE, encoded))}"
        )
    project, _, environment = scope.partition("/")
    option = f" -e {shlex.quote(environment)}" if environment else ""
    if scope == own:
        return release + option
    if project == own.partition("/")[0]:
        return f"{release} --scope {shlex.quote(scope)}" + (
            f" (or{option}, if it is declared)" if option else ""
        )
    return (
        f"{release}{option}, in the project {quote(project)}; if this is an earlier name of this project, "
        f"set {quote(f'metadata.name: {project}')} in its file for this command"
    )
