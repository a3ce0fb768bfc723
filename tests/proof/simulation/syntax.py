"""Edit syntax trees by patterns, which are Python code with wildcards.

`$x` matches any expression or name, the same one wherever it occurs in the pattern. `$$x` matches any number
of statements, elements or arguments. `$_` and `$$_` may match something else each time. A replacement may use
what was matched. Formatting, comments, and whatever a wildcard covers, such as local names and messages, do
not count.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

Bound = Mapping[str, Any]
"""What the wildcards matched, by name."""

_ONE, _MANY = "__one_", "__many_"
_NOT_COMPARED = frozenset({"ctx", "kind", "type_comment"})


@dataclass(frozen=True, slots=True)
class _Site:
    """Where a pattern matches: from which position of which field of which node."""

    parent: ast.AST
    field: str
    start: int
    bound: Bound


def replace(tree: ast.AST, pattern: str, replacement: str, *, given: str = "") -> None:
    """Replace the only match of a pattern, in place: statements with statements, an expression with one.

    `given` is a pattern that matches once elsewhere in the tree; its wildcards may be used in both others.
    Raises `LookupError` when a pattern does not match exactly once, or no match binds a wildcard of the
    replacement.
    """
    old, new = _parsed(pattern), _parsed(replacement)
    if _is_expression(old) and _is_expression(new):
        old, new = _expression(old), _expression(new)
    site = _only_site(tree, pattern, old, _bound_by(given, tree) if given else {})
    value = getattr(site.parent, site.field)
    nodes = _filled(new, site.bound)
    if isinstance(value, list):
        value[site.start : site.start + len(old)] = nodes
    else:
        setattr(site.parent, site.field, nodes[0])
    ast.fix_missing_locations(tree)


def global_names(replacement: str) -> set[str]:
    """Return the names that a replacement takes from the module or the builtins."""
    nodes = [node for statement in _parsed(replacement) for node in _evaluated(statement)]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return {name for name in names if not name.startswith((_ONE, _MANY))}


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all below, without the annotations of local variables, which nothing evaluates."""
    yield node
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and field != "annotation":
                yield from _evaluated(child)


def _parsed(code: str) -> list[Any]:
    text = dedent(code).strip().replace("$$", _MANY).replace("$", _ONE)
    return ast.parse(text).body


def _is_expression(statements: list[Any]) -> bool:
    return len(statements) == 1 and isinstance(statements[0], ast.Expr)


def _expression(statements: list[Any]) -> list[Any]:
    return [statements[0].value]


def _bound_by(given: str, tree: ast.AST) -> Bound:
    pattern = _parsed(given)
    return _only_site(tree, given, _expression(pattern) if _is_expression(pattern) else pattern, {}).bound


def _only_site(tree: ast.AST, code: str, pattern: list[Any], bound: Bound) -> _Site:
    sites = list(_sites(tree, pattern, bound))
    if len(sites) != 1:
        raise LookupError(f"the pattern matches {len(sites)} times instead of once:\n{dedent(code).strip()}")
    return sites[0]


def _sites(tree: ast.AST, pattern: list[Any], bound: Bound) -> Iterator[_Site]:
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            nodes = value if isinstance(value, list) else [value]
            for start in range(len(nodes) - len(pattern) + 1):
                found = _match_all(pattern, nodes[start : start + len(pattern)], bound)
                if found is not None:
                    yield _Site(parent, field, start, found)


def _match(pattern: Any, node: Any, bound: Bound) -> Bound | None:
    name = _wildcard(pattern, _ONE)
    if name:
        return _bind(name, node, bound) if isinstance(node, (ast.expr, str)) else None
    if type(pattern) is not type(node):
        return None
    if isinstance(pattern, list):
        return _match_all(pattern, node, bound)
    if isinstance(pattern, ast.AST):
        return _match_all(_parts(pattern), _parts(node), bound)
    return bound if pattern == node else None


def _match_all(patterns: Sequence[Any], nodes: Sequence[Any], bound: Bound) -> Bound | None:
    if not patterns:
        return None if nodes else bound
    name = _wildcard(patterns[0], _MANY)
    for taken in range(len(nodes) + 1) if name else (1,) if nodes else ():
        first = _bind(name, nodes[:taken], bound) if name else _match(patterns[0], nodes[0], bound)
        found = None if first is None else _match_all(patterns[1:], nodes[taken:], first)
        if found is not None:
            return found
    return None


def _parts(node: ast.AST) -> list[Any]:
    """The fields that count. The arguments of a call are one list, so that `$$x` matches keywords too."""
    if isinstance(node, ast.Call):
        return [node.func, [*node.args, *node.keywords]]
    if isinstance(node, ast.Constant):
        return [repr(node.value)]  # 1 is not True
    return [getattr(node, field, None) for field in node._fields if field not in _NOT_COMPARED]


def _wildcard(pattern: Any, kind: str) -> str:
    """The name of a wildcard of the kind; empty for anything else."""
    if isinstance(pattern, ast.Expr):  # as a statement
        return _wildcard(pattern.value, kind) if kind == _MANY else ""
    name = pattern.id if isinstance(pattern, ast.Name) else pattern
    return name.removeprefix(kind) if isinstance(name, str) and name.startswith(kind) else ""


def _bind(name: str, value: Any, bound: Bound) -> Bound | None:
    if name == "_":
        return bound
    if isinstance(value, str):  # a name that is no expression, as in `except … as error`
        value = ast.Name(value, ast.Load())
    if name in bound:
        return None if _match(bound[name], value, {}) is None else bound
    return {**bound, name: value}


def _filled(part: Any, bound: Bound) -> Any:
    if isinstance(part, list):
        return [node for one in part for node in _filled_many(one, bound)]
    name = _wildcard(part, _ONE)
    if name:
        value = _value(name, bound)
        if isinstance(part, str):
            return value.id
        if hasattr(value, "ctx"):
            value.ctx = part.ctx
        return value
    if not isinstance(part, ast.AST):
        return part
    node: Any = type(part)(**{field: _filled(value, bound) for field, value in ast.iter_fields(part)})
    if isinstance(node, ast.Call):
        matched = [one for one in node.args if isinstance(one, ast.keyword)]
        node.args = [one for one in node.args if one not in matched]
        node.keywords = [*matched, *node.keywords]
    return node


def _filled_many(part: Any, bound: Bound) -> list[Any]:
    name = _wildcard(part, _MANY)
    return list(_value(name, bound)) if name else [_filled(part, bound)]


def _value(name: str, bound: Bound) -> Any:
    if name not in bound:
        raise LookupError(f"no wildcard `${name}` was matched that the replacement could use")
    return deepcopy(bound[name])
