"""Select the environment of a project, and check that the requested scope belongs to it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.manifest.task import (
    Scope,
    ScopeOptions,
)
from jobspec.manifest.validate import project_problems as troubles
from jobspec.manifest.yaml.tree import Mapping, Scalar, child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.diagnostics import Diagnostic

DEFAULT_ENVIRONMENT = "defaultEnvironment"
REQUIRED = "environmentRequired"


class Choice(Struct, frozen=True):
    """The selected scope, and the problems of the request.

    With problems in `refused`, no command may act on the scope. With problems in `unplannable`, none may
    compare it with manifests, but its runs can be shown and stopped.
    """

    scope: Scope
    environment_from: str = ""
    """What named the environment if no option did: a variable, or `defaultEnvironment`."""
    is_gone: bool = False
    """Whether the scope belongs to the project, but the file no longer has its environment."""
    refused: tuple[Diagnostic, ...] = ()
    unplannable: tuple[Diagnostic, ...] = ()


def choose(document: Mapping, options: ScopeOptions) -> Choice:
    """Return the selected scope of a project document."""
    name = child(document, "metadata", "name")
    project = name.text if isinstance(name, Scalar) else ""
    known = environments(document)
    gone = _gone(project, known, options)
    if gone is not None:
        return Choice(
            Scope(project, gone), is_gone=True, unplannable=(troubles.gone_scope(options, document),)
        )
    environment, origin = _environment(document, options)
    scope = Scope(project, environment)
    refused = [*_ill_named(scope, known, options, document), *_own_problems(known, document)]
    unnamed = tuple(_unnamed(environment, known, document))
    if options.scope is None:  # the project's bare scope selects runs, but not what to plan
        refused += unnamed
    unplannable = () if options.scope is None else unnamed
    return Choice(scope, origin, refused=tuple(refused), unplannable=unplannable)


def environments(document: Mapping) -> list[str]:
    """Return the names of the environments that a project document declares."""
    node = child(document, "spec", "environments")
    return list(node.entries) if isinstance(node, Mapping) else []


def rules_environment(document: Mapping) -> bool:
    """Whether the project defines the meaning of a command without an environment."""
    return _default(document) is not None or _is_required(document)


def _gone(project: str, known: list[str], options: ScopeOptions) -> str | None:
    """Return the environment of a scope `project/gone` that the project no longer declares."""
    if options.environment is not None or options.scope is None:
        return None
    named, slash, environment = options.scope.partition("/")
    return environment if slash and named == project and environment not in known else None


def _environment(document: Mapping, options: ScopeOptions) -> tuple[str | None, str]:
    if options.environment is not None:
        return options.environment, options.variable
    default = _default(document)
    if options.scope is not None or default is None:
        return None, ""
    return default, DEFAULT_ENVIRONMENT


def _default(document: Mapping) -> str | None:
    node = child(document, "spec", DEFAULT_ENVIRONMENT)
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def _is_required(document: Mapping) -> bool:
    node = child(document, "spec", REQUIRED)
    return isinstance(node, Scalar) and node.value is True


def _ill_named(
    scope: Scope, known: list[str], options: ScopeOptions, document: Mapping
) -> Iterator[Diagnostic]:
    if options.environment is not None and options.environment not in known:
        yield troubles.unknown_environment(options, scope.project, known, document)
    if options.scope not in (None, str(scope)):
        yield troubles.other_scope(str(options.scope), str(scope), known, document)


def _own_problems(known: list[str], document: Mapping) -> Iterator[Diagnostic]:
    default = _default(document)
    if default is not None and default not in known:
        yield troubles.unknown_default(default, known, document)
    if default is not None and _is_required(document):
        yield troubles.useless_requirement(default, document)


def _unnamed(environment: str | None, known: list[str], document: Mapping) -> Iterator[Diagnostic]:
    if environment is None and _is_required(document):
        yield troubles.environment_required(known, document)
