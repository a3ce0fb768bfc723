"""Which environment of a project is meant, and whether what a person asked for is of this project; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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


@dataclass(frozen=True, slots=True)
class Choice:
    """The scope that is meant, and what is wrong with asking for it.

    `refused` are the problems with which no command may act on the scope; with `unplannable` none may compare
    it with manifests, but what runs there can be looked at and stopped.
    """

    scope: Scope
    environment_from: str = ""
    """What named the environment when no option did: a variable, or `defaultEnvironment`."""
    is_gone: bool = False
    """Whether the scope is the project's, and the file does not have its environment any more."""
    refused: tuple[Diagnostic, ...] = ()
    unplannable: tuple[Diagnostic, ...] = ()


def choose(document: Mapping, asked: ScopeOptions) -> Choice:
    """Return which scope of a project document is meant."""
    name = child(document, "metadata", "name")
    project = name.text if isinstance(name, Scalar) else ""
    known = environments(document)
    gone = _gone(project, known, asked)
    if gone is not None:
        return Choice(Scope(project, gone), is_gone=True, unplannable=(troubles.gone_scope(asked, document),))
    environment, origin = _environment(document, asked)
    scope = Scope(project, environment)
    refused = [*_ill_named(scope, known, asked, document), *_own_problems(known, document)]
    unnamed = tuple(_unnamed(environment, known, document))
    if asked.scope is None:  # naming the project's bare scope says what is meant, though not what to plan
        refused += unnamed
    unplannable = () if asked.scope is None else unnamed
    return Choice(scope, origin, refused=tuple(refused), unplannable=unplannable)


def environments(document: Mapping) -> list[str]:
    """Return the names of the environments that a project document declares."""
    node = child(document, "spec", "environments")
    return list(node.entries) if isinstance(node, Mapping) else []


def rules_environment(document: Mapping) -> bool:
    """Whether the project says what a command without an environment means."""
    return _default(document) is not None or _is_required(document)


def _gone(project: str, known: list[str], asked: ScopeOptions) -> str | None:
    """The environment of a scope `project/gone` that the project does not declare any more."""
    if asked.environment is not None or asked.scope is None:
        return None
    named, slash, environment = asked.scope.partition("/")
    return environment if slash and named == project and environment not in known else None


def _environment(document: Mapping, asked: ScopeOptions) -> tuple[str | None, str]:
    if asked.environment is not None:
        return asked.environment, asked.variable
    default = _default(document)
    if asked.scope is not None or default is None:
        return None, ""
    return default, DEFAULT_ENVIRONMENT


def _default(document: Mapping) -> str | None:
    node = child(document, "spec", DEFAULT_ENVIRONMENT)
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def _is_required(document: Mapping) -> bool:
    node = child(document, "spec", REQUIRED)
    return isinstance(node, Scalar) and node.value is True


def _ill_named(
    scope: Scope, known: list[str], asked: ScopeOptions, document: Mapping
) -> Iterator[Diagnostic]:
    if asked.environment is not None and asked.environment not in known:
        yield troubles.unknown_environment(asked, scope.project, known, document)
    if asked.scope not in (None, str(scope)):
        yield troubles.other_scope(str(asked.scope), str(scope), known, document)


def _own_problems(known: list[str], document: Mapping) -> Iterator[Diagnostic]:
    default = _default(document)
    if default is not None and default not in known:
        yield troubles.unknown_default(default, known, document)
    if default is not None and _is_required(document):
        yield troubles.useless_requirement(default, document)


def _unnamed(environment: str | None, known: list[str], document: Mapping) -> Iterator[Diagnostic]:
    if environment is None and _is_required(document):
        yield troubles.environment_required(known, document)
