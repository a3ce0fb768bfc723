"""Evaluate parsed expressions: what they refer to is looked up by a function of the caller. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from jobspec.manifest.expressions.functions import Unfit, call
from jobspec.manifest.expressions.outside import NoValue, Outside
from jobspec.manifest.expressions.syntax import GIT_NAMES, Call, Literal, Malformed, Part, Reference
from jobspec.manifest.yaml.tree import NO_EXTENT, Mapping, Node, Scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobspec.diagnostics import Diagnostic
    from jobspec.manifest.task import Scope


class ExpressionContext(Struct, frozen=True):
    """What expressions can refer to: the variables, already expanded, the scope, and the cell of a set."""

    variables: Mapping | None
    scope: Scope
    matrix: Mapping | None = None
    """The values of one cell of a `TaskSet`; None outside of its template."""
    outside: Outside = field(default_factory=Outside)


class Failure(Struct, frozen=True):
    """Why a part of an expression has no value."""

    part: Part | Malformed
    why: NoValue | Diagnostic | Unfit | None
    """None for an unknown name, which is explained with the names that exist."""

    @property
    def is_missing(self) -> bool:
        """Whether the right side of `||` is used instead."""
        if self.why is None:
            return isinstance(self.part, Reference) and self.part.steps[0] in ("vars", "matrix")
        return isinstance(self.why, NoValue) and self.why.is_missing


NO_ENVIRONMENT = NoValue(
    "`scope.environment` has no value without an environment",
    "no environment is selected",
    "select one with `-e NAME`",
    "JS305",
    is_missing=True,
)
_NO_CELL = NoValue(
    "`matrix` has no values here",
    "not in the template of a TaskSet",
    "write `vars.NAME`, or move the task into the template of a `TaskSet`",
    "JS305",
    is_missing=True,
)


def evaluate(part: Part, look_up: Callable[[Reference], Node | Failure]) -> Node | Failure:
    """Return the value of an expression, or why it has none.

    In `a || b`, `b` counts if `a` is null or refers to something that is not defined.
    """
    if isinstance(part, Reference):
        return look_up(part)
    if isinstance(part, Literal):
        return part.node
    if isinstance(part, Call):
        return _called(part, look_up)
    for option in part.options[:-1]:
        found = evaluate(option, look_up)
        if not (found.is_missing if isinstance(found, Failure) else _is_null(found)):
            return found
    return evaluate(part.options[-1], look_up)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _called(part: Call, look_up: Callable[[Reference], Node | Failure]) -> Node | Failure:
    arguments: list[Node] = []
    for argument in part.arguments:
        found = evaluate(argument, look_up)
        if isinstance(found, Failure):
            return found
        arguments.append(found)
    result = call(part.function, tuple(arguments))
    return Failure(part, result) if isinstance(result, Unfit) else result


def referenced(reference: Reference, context: ExpressionContext) -> Node | Failure:
    """Return the value of a name, with variables that are already expanded."""
    head, *rest = reference.steps
    if head == "vars" and rest:
        found = follow(context.variables, rest)
        if found is None:
            return Failure(reference, None)
        context.outside.use_variable(rest[0], context.variables.entries[rest[0]][1])  # type: ignore[union-attr]
        return found
    if head == "matrix" and rest:
        if context.matrix is None:
            return Failure(reference, _NO_CELL)
        return follow(context.matrix, rest) or Failure(reference, None)
    return _of_surroundings(reference, context)


def follow(node: Node | None, steps: list[str]) -> Node | None:
    """Return the node below a map at the steps; None if there is none."""
    for step in steps:
        node = node.get(step) if isinstance(node, Mapping) else None
    return node


def _of_surroundings(reference: Reference, context: ExpressionContext) -> Node | Failure:
    name, scope = reference.name, context.scope
    if name == "scope.project":
        return Scalar(scope.project, scope.project, "", NO_EXTENT)
    if name == "scope.environment":
        environment = scope.environment
        return (
            Failure(reference, NO_ENVIRONMENT)
            if environment is None
            else Scalar(environment, environment, "", NO_EXTENT)
        )
    if name in GIT_NAMES or (len(reference.steps) == 2 and reference.steps[0] == "env"):
        found = context.outside.fact(name)
        return Failure(reference, found) if isinstance(found, NoValue) else found
    return Failure(reference, None)
