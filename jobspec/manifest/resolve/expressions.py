"""Expand `${{ … }}` expressions in a tree, before it is validated. Pure.

A scalar that is one whole expression gets the value with its type; inside text, the value is inserted as
text. The shell's `$VAR` and `${VAR}` are not changed. `$${{` is a literal `${{`, which is unescaped exactly
once: variables are expanded separately, and their values are never expanded again.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic, Related
from jobspec.manifest.resolve.foreign_forms import advice_for
from jobspec.manifest.schema.limits import MAX_COMPARED
from jobspec.manifest.yaml.tree import MAX_VALUES, Extent, Mapping, Node, Scalar, Sequence, weight
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.manifest.task import Scope

_MAX_COMPARED_NAMES = 500
"""Maximum number of names that a misspelled one is compared with."""

_MAX_LEVELS = 200
"""Maximum levels of maps and of variables in variables; a recursion of this depth fits on the stack."""
_LEVELS_OF_A_VARIABLE = 5

EXPRESSION = re.compile(r"(\$?)\$\{\{((?:(?!\}\}).)*)(\}\}|\Z)", re.DOTALL)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")


class ExpressionContext(Struct, frozen=True):
    """What expressions can refer to: the variables, already expanded, the scope, and a cell of a set."""

    variables: Mapping | None
    scope: Scope
    matrix: Mapping | None = None
    """The values of a cell of a set; None outside of a set."""


class _Stopped(Exception):
    """The rest of the tree is not expanded: it grows too large, or has too many problems."""


class _Expansion(Struct):
    """The expansion of one tree: the problems so far, and how much it may still grow."""

    context: ExpressionContext
    is_of_variables: bool = False
    """Whether the tree contains the variables themselves, which may refer to each other."""
    problems: list[Diagnostic] = field(default_factory=list)
    left: int = MAX_VALUES
    level: int = 0
    open: dict[int, Scalar] = field(default_factory=dict)
    """Texts of variables that are being expanded, by identity: meeting one again means a cycle."""
    done: dict[int, Node] = field(default_factory=dict)

    def report(self, problem: Diagnostic) -> None:
        self.problems.append(problem)
        if len(self.problems) > MAX_PROBLEMS:
            raise _Stopped

    def grow(self, found: Node, expression: Node) -> None:
        self.left -= weight(found)
        if self.left < 0:
            self.problems.append(_too_large(expression))
            raise _Stopped

    def enter(self, node: Node, levels: int) -> None:
        self.level += levels
        if self.level > _MAX_LEVELS:
            self.problems.append(_too_deep(node))
            raise _Stopped


def expand(node: Node, context: ExpressionContext) -> tuple[Node, tuple[Diagnostic, ...]]:
    """Return the tree with every expression expanded, and the problems; unchanged if it grows too large."""
    return _run(node, _Expansion(context))


def expand_variables(
    variables: Mapping | None, scope: Scope
) -> tuple[Mapping | None, tuple[Diagnostic, ...]]:
    """Return the variables with their expressions expanded; they may refer to each other without cycles."""
    if variables is None:
        return None, ()
    expanded, problems = _run(
        variables, _Expansion(ExpressionContext(variables, scope), is_of_variables=True)
    )
    return expanded if isinstance(expanded, Mapping) else variables, problems


def _run(node: Node, expansion: _Expansion) -> tuple[Node, tuple[Diagnostic, ...]]:
    if not holds_expression(node):
        return node, ()
    try:
        return _expanded(node, expansion), tuple(expansion.problems)
    except _Stopped:
        return node, tuple(expansion.problems)


def holds_expression(node: Node) -> bool:
    """Whether a tree contains an expression or an escaped one."""
    if isinstance(node, Scalar):
        return "${{" in node.text
    if isinstance(node, Mapping):
        return any("${{" in name or holds_expression(value) for name, (_, value) in node.entries.items())
    return any(holds_expression(item) for item in node.items)


def _expanded(node: Node, expansion: _Expansion) -> Node:
    if isinstance(node, Scalar):
        return _scalar(node, expansion) if "${{" in node.text else node
    expansion.enter(node, 1)
    if isinstance(node, Mapping):
        for key, _ in node.entries.values():
            if "${{" in key.text:
                expansion.report(not_allowed_in(key, "a key"))
        entries = {name: (key, _expanded(value, expansion)) for name, (key, value) in node.entries.items()}
        result: Node = replace(node, entries=entries)
    else:
        result = replace(node, items=tuple(_expanded(item, expansion) for item in node.items))
    expansion.level -= 1
    return result


def _scalar(node: Scalar, expansion: _Expansion) -> Node:
    if not expansion.is_of_variables:
        return _replaced(node, expansion)
    known = expansion.done.get(id(node))
    if known is None and id(node) in expansion.open:  # met again inside a map or a list that contains it
        expansion.report(_circle_around(node))
        return node
    if known is None:
        expansion.enter(node, _LEVELS_OF_A_VARIABLE)
        expansion.open[id(node)] = node
        known = expansion.done[id(node)] = _replaced(node, expansion)
        del expansion.open[id(node)]
        expansion.level -= _LEVELS_OF_A_VARIABLE
    return known


def _replaced(node: Scalar, expansion: _Expansion) -> Node:
    text = str(node.value)
    whole = EXPRESSION.fullmatch(text)
    if whole is None or whole[1]:
        return replace(node, value=_embedded(node, text, expansion))
    found = _value(node, whole, expansion)
    if isinstance(found, Diagnostic):
        expansion.report(found)
        return node
    expansion.grow(found, node)
    if isinstance(found, Scalar):
        return replace(found, at=node.at, style=node.style, expression=text)
    return replace(found, at=node.at)


def _embedded(node: Scalar, text: str, expansion: _Expansion) -> str:
    def written(match: re.Match[str]) -> str:
        if match[1]:
            return match[0][1:]
        found = _value(node, match, expansion)
        if isinstance(found, Scalar) and found.value is not None:
            expansion.grow(found, node)
            return found.value if isinstance(found.value, str) else found.text
        expansion.report(found if isinstance(found, Diagnostic) else _not_text(node, match, found))
        return match[0]

    return EXPRESSION.sub(written, text)


def _value(node: Scalar, match: re.Match[str], expansion: _Expansion) -> Node | Diagnostic:
    name, context = match[2].strip(), expansion.context
    if not match[3] or not NAME.fullmatch(name):
        return _malformed(node, match)
    head, _, rest = name.partition(".")
    if head == "vars" and rest:
        return _variable(node, match, rest, expansion)
    if head == "matrix" and rest and context.matrix is not None:
        found: Node | None = context.matrix
        for step in rest.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
        if found is not None:
            return found
    if name == "scope.project":
        return replace(node, value=context.scope.project, text=context.scope.project)
    if name == "scope.environment":
        environment = context.scope.environment
        if environment is None:
            return _no_environment(node, match)
        return replace(node, value=environment, text=environment)
    return _unknown(node, match, name, _known_names(context))


def _variable(node: Scalar, match: re.Match[str], name: str, expansion: _Expansion) -> Node | Diagnostic:
    found: Node | None = expansion.context.variables
    for step in name.split("."):
        if isinstance(found, Scalar) and expansion.is_of_variables:
            within = _of_variables(found, node, match, expansion)
            if isinstance(within, Diagnostic):
                return within
            found = within
        found = found.get(step) if isinstance(found, Mapping) else None
    if found is None:
        return _unknown(node, match, f"vars.{name}", _known_names(expansion.context))
    return _of_variables(found, node, match, expansion) if expansion.is_of_variables else found


def _of_variables(
    found: Node, node: Scalar, match: re.Match[str], expansion: _Expansion
) -> Node | Diagnostic:
    """Return the expanded value of a variable, for another variable that refers to it."""
    if id(found) in expansion.open:
        return _circle(node, match, expansion.open[id(found)])
    return _expanded(found, expansion) if holds_expression(found) else found


def _known_names(context: ExpressionContext) -> list[str]:
    return [
        *islice(_paths("vars", context.variables), _MAX_COMPARED_NAMES),
        "scope.project",
        "scope.environment",
    ]


def _paths(prefix: str, node: Node | None) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, (_, value) in node.entries.items():
            yield from _paths(f"{prefix}.{key}", value)
    elif node is not None:
        yield prefix


def _unknown(node: Scalar, match: re.Match[str], name: str, known: list[str]) -> Diagnostic:
    from difflib import get_close_matches  # noqa: PLC0415 - only to explain

    close = get_close_matches(name[:MAX_COMPARED], known, 1)
    foreign = advice_for(name)
    if foreign:
        advice = foreign
    elif close:
        advice = f"did you mean {quote(close[0])}?"
    elif name.startswith("vars."):
        advice = f"add {quote(name.removeprefix('vars.'))} to `spec.vars` in `jobspec.yaml`"
    else:
        advice = "write `vars.NAME`, `scope.project` or `scope.environment`"
    return Diagnostic(
        "JS305",
        f"unknown name {quote(name)} in an expression",
        place=_inside(node, match).place,
        label="no such name",
        help=advice,
    )


def _no_environment(node: Scalar, match: re.Match[str]) -> Diagnostic:
    return Diagnostic(
        "JS305",
        "`scope.environment` has no value without an environment",
        place=_inside(node, match).place,
        label="no environment is selected",
        help="select one with `-e NAME`",
    )


def _circle(node: Scalar, match: re.Match[str], first: Scalar) -> Diagnostic:
    begins = () if first is node else (Related(first.at.place, "the circle starts here"),)
    if first is node and match[0] == node.text.strip():  # `jobspec convert` writes this for an open value
        return Diagnostic(
            "JS330",
            f"{quote(match[2].strip())} has no value: it refers to itself",
            place=_inside(node, match).place,
            label="to be filled in",
            help="replace the expression with the value",
        )
    return Diagnostic(
        "JS330",
        f"{quote(match[2].strip())} refers to itself",
        place=_inside(node, match).place,
        label="closes the circle",
        help="replace one of the references with its value",
        related=begins,
    )


def _circle_around(node: Scalar) -> Diagnostic:
    match = EXPRESSION.search(node.text)
    if match is None:
        raise ValueError("a text that is being expanded contains an expression")
    return _circle(node, match, node)


def _too_deep(node: Node) -> Diagnostic:
    return Diagnostic(
        "JS330",
        "variables refer to each other through too many levels",
        place=node.at.place,
        label="exceeds the limit",
        help="replace one of the references with its value",
    )


def not_allowed_in(node: Scalar, where: str) -> Diagnostic:
    """Return the diagnostic for an expression in a place that does not allow one, such as `a key`."""
    return Diagnostic(
        "JS331",
        f"an expression is not allowed in {where}",
        place=node.at.place,
        label="not expanded here",
        help="replace the expression with its value",
    )


def _malformed(node: Scalar, match: re.Match[str]) -> Diagnostic:
    return Diagnostic(
        "JS306",
        "an expression must be a single name between `${{` and `}}`",
        place=_inside(node, match).place,
        label="cannot be read",
        help="write `${{ vars.NAME }}`, or `$${{` for a literal `${{`",
    )


def _too_large(node: Node) -> Diagnostic:
    return Diagnostic(
        "JS106",
        f"the expanded expressions exceed {MAX_VALUES:,} values",
        place=node.at.place,
        label="exceeds the limit",
        help="use a large variable less often",
    )


def _not_text(node: Scalar, match: re.Match[str], found: Node) -> Diagnostic:
    kind = {Mapping: "a map", Sequence: "a list"}.get(type(found), "null")
    return Diagnostic(
        "JS307",
        f"{quote(match[2].strip())} is {kind}, which cannot be inserted into text",
        place=_inside(node, match).place,
        label=f"refers to {kind}",
        help="refer to a scalar inside it, or make the expression the whole value",
    )


def _inside(node: Scalar, match: re.Match[str]) -> Extent:
    """Return the place of a match in a scalar's text; the whole scalar if escapes or line breaks hide it."""
    at, quotes = node.at, 1 if node.style else 0
    if at.line != at.end_line or at.end_column - at.column != len(node.text) + 2 * quotes:
        return at
    start = at.column + quotes
    return at._replace(column=start + match.start(), end_column=start + match.end())
