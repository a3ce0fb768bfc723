"""`${{ … }}` expressions are replaced in a tree, before it is validated; pure.

A scalar that is one whole expression takes the value with its type; inside of text the value is
written out. The shell's `$VAR` and `${VAR}` are left alone; `$${{` writes a literal `${{`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic
from jobspec.manifest.tree import MAX_VALUES, Extent, Mapping, Node, Scalar, Sequence, weight
from jobspec.manifest.wording import MAX_COMPARED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.manifest.task import Scope

_MOST_COMPARED = 500
"""Names that a misspelt one is compared with."""

_EXPRESSION = re.compile(r"(\$?)\$\{\{((?:(?!\}\}).)*)(\}\}|\Z)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, slots=True)
class Context:
    """What expressions may name: the variables, and the scope."""

    variables: Mapping | None
    scope: Scope


class _Stopped(Exception):
    """The rest of the tree is left as it is: it grows too large, or too much is wrong with it."""


@dataclass(slots=True)
class _Expansion:
    """The expansion of one tree: what could not be replaced so far, and how much it may still grow."""

    context: Context
    problems: list[Diagnostic] = field(default_factory=list)
    left: int = MAX_VALUES

    def tell(self, problem: Diagnostic) -> None:
        self.problems.append(problem)
        if len(self.problems) > MAX_PROBLEMS:
            raise _Stopped

    def grow(self, found: Node, expression: Node) -> None:
        self.left -= weight(found)
        if self.left < 0:
            self.problems.append(_too_large(expression))
            raise _Stopped


def expand(node: Node, context: Context) -> tuple[Node, tuple[Diagnostic, ...]]:
    """The tree with every expression replaced, and what could not be; as it was if it grows too large."""
    if not _holds_expression(node):
        return node, ()
    expansion = _Expansion(context)
    try:
        return _expanded(node, expansion), tuple(expansion.problems)
    except _Stopped:
        return node, tuple(expansion.problems)


def _holds_expression(node: Node) -> bool:
    if isinstance(node, Scalar):
        return "${{" in node.text
    if isinstance(node, Mapping):
        return any(_holds_expression(value) for _, value in node.entries.values())
    return any(_holds_expression(item) for item in node.items)


def _expanded(node: Node, expansion: _Expansion) -> Node:
    if isinstance(node, Scalar):
        return _scalar(node, expansion) if "${{" in node.text else node
    if isinstance(node, Mapping):
        entries = {name: (key, _expanded(value, expansion)) for name, (key, value) in node.entries.items()}
        return replace(node, entries=entries)
    return replace(node, items=tuple(_expanded(item, expansion) for item in node.items))


def _scalar(node: Scalar, expansion: _Expansion) -> Node:
    text = str(node.value)
    whole = _EXPRESSION.fullmatch(text)
    if whole is not None and not whole[1]:
        found = _value(node, whole, expansion.context)
        if isinstance(found, Diagnostic):
            expansion.tell(found)
            return node
        expansion.grow(found, node)
        return replace(found, at=node.at)
    return replace(node, value=_embedded(node, text, expansion))


def _embedded(node: Scalar, text: str, expansion: _Expansion) -> str:
    def written(match: re.Match[str]) -> str:
        if match[1]:
            return match[0][1:]
        found = _value(node, match, expansion.context)
        if isinstance(found, Scalar) and found.value is not None:
            expansion.grow(found, node)
            return found.value if isinstance(found.value, str) else found.text
        expansion.tell(found if isinstance(found, Diagnostic) else _not_text(node, match, found))
        return match[0]

    return _EXPRESSION.sub(written, text)


def _value(node: Scalar, match: re.Match[str], context: Context) -> Node | Diagnostic:
    name = match[2].strip()
    if not match[3] or not _NAME.fullmatch(name):
        return _malformed(node, match)
    head, _, rest = name.partition(".")
    if head == "vars" and rest:
        return _variable(node, match, rest, context)
    if name == "scope.project":
        return replace(node, value=context.scope.project)
    if name == "scope.environment":
        environment = context.scope.environment
        return _no_environment(node, match) if environment is None else replace(node, value=environment)
    return _unknown(node, match, name, _known_names(context))


def _variable(node: Scalar, match: re.Match[str], name: str, context: Context) -> Node | Diagnostic:
    found: Node | None = context.variables
    for step in name.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    if found is None:
        return _unknown(node, match, f"vars.{name}", _known_names(context))
    return found


def _known_names(context: Context) -> list[str]:
    return [*islice(_paths("vars", context.variables), _MOST_COMPARED), "scope.project", "scope.environment"]


def _paths(prefix: str, node: Node | None) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, (_, value) in node.entries.items():
            yield from _paths(f"{prefix}.{key}", value)
    elif node is not None:
        yield prefix


def _unknown(node: Scalar, match: re.Match[str], name: str, known: list[str]) -> Diagnostic:
    close = get_close_matches(name[:MAX_COMPARED], known, 1)
    if close:
        advice = f"did you mean `{close[0]}`?"
    elif name.startswith("vars."):
        advice = f"add `{name.removeprefix('vars.')}` to `spec.vars` in `jobspec.yaml`"
    else:
        advice = "write `vars.NAME`, `scope.project` or `scope.environment`"
    return Diagnostic(
        "JS305",
        f"`{name}` is not known in an expression",
        place=_inside(node, match).place,
        label="nothing of this name",
        help=advice,
    )


def _no_environment(node: Scalar, match: re.Match[str]) -> Diagnostic:
    return Diagnostic(
        "JS305",
        "`scope.environment` has no value without an environment",
        place=_inside(node, match).place,
        label="no environment was chosen",
        help="choose one with `-e NAME`",
    )


def _malformed(node: Scalar, match: re.Match[str]) -> Diagnostic:
    return Diagnostic(
        "JS306",
        "an expression is not a name between `${{` and `}}`",
        place=_inside(node, match).place,
        label="cannot be read",
        help="write `${{ vars.NAME }}`, or `$${{` for a literal `${{`",
    )


def _too_large(node: Node) -> Diagnostic:
    return Diagnostic(
        "JS106",
        f"with its expressions replaced it grows beyond {MAX_VALUES:,} values",
        place=node.at.place,
        label="the limit is passed here",
        help="use a large variable less often",
    )


def _not_text(node: Scalar, match: re.Match[str], found: Node) -> Diagnostic:
    kind = {Mapping: "a map", Sequence: "a list"}.get(type(found), "null")
    return Diagnostic(
        "JS307",
        f"`{match[2].strip()}` is {kind} and cannot stand inside of text",
        place=_inside(node, match).place,
        label=f"stands for {kind}",
        help="name one value in it, or make the expression the whole value",
    )


def _inside(node: Scalar, match: re.Match[str]) -> Extent:
    """Where in its file a match in a scalar's text is; the whole scalar when escapes or breaks hide it."""
    at, quotes = node.at, 1 if node.style else 0
    if at.line != at.end_line or at.end_column - at.column != len(node.text) + 2 * quotes:
        return at
    start = at.column + quotes
    return at._replace(column=start + match.start(), end_column=start + match.end())
