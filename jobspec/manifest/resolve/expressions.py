"""Expand `${{ … }}` expressions in a tree, before it is validated. Pure.

A scalar that is one whole expression gets the value with its type; inside text, the value is inserted as
text. The shell's `$VAR` and `${VAR}` are not changed. `$${{` is a literal `${{`, which is unescaped exactly
once: variables are expanded separately, and their values are never expanded again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic, Related
from jobspec.manifest.expressions.evaluating import ExpressionContext, Failure, evaluate, referenced
from jobspec.manifest.expressions.functions import spelled
from jobspec.manifest.expressions.outside import Outside
from jobspec.manifest.expressions.problems import (
    PLAIN_WORD,
    explain,
    inside,
    not_plain,
    not_text,
    too_deep,
    too_large,
)
from jobspec.manifest.expressions.syntax import Insertion, Literal, Malformed, Reference, pieces, whole
from jobspec.manifest.validate.plaintext_signs import COMMANDS
from jobspec.manifest.yaml.tree import MAX_VALUES, Mapping, Node, Scalar, weight
from jobspec.quoting import quote

if TYPE_CHECKING:
    from jobspec.manifest.task import Scope

_MAX_LEVELS = 200
"""Maximum levels of maps and of variables in variables; a recursion of this depth fits on the stack."""
_LEVELS_OF_A_VARIABLE = 5


class _Stopped(Exception):
    """The rest of the tree is not expanded: it grows too large, or has too many problems."""


class _Expansion(Struct):
    """The expansion of one tree: the problems so far, and how much it may still grow."""

    context: ExpressionContext
    is_of_variables: bool = False
    """Whether the tree contains the variables themselves, which may refer to each other."""
    is_of_templates: bool = False
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
            self.problems.append(too_large(expression))
            raise _Stopped

    def enter(self, node: Node, levels: int) -> None:
        self.level += levels
        if self.level > _MAX_LEVELS:
            self.problems.append(too_deep(node))
            raise _Stopped


def expand(
    node: Node, context: ExpressionContext, *, is_of_templates: bool = False
) -> tuple[Node, tuple[Diagnostic, ...]]:
    """Return the tree with every expression expanded, and the problems; unchanged if it grows too large.

    The tree is a document or a layer, or with `is_of_templates` a map of layers.
    """
    return _run(node, _Expansion(context, is_of_templates=is_of_templates))


def expand_variables(
    variables: Mapping | None, scope: Scope, outside: Outside | None = None
) -> tuple[Mapping | None, tuple[Diagnostic, ...]]:
    """Return the variables with their expressions expanded; they may refer to each other without cycles."""
    if variables is None:
        return None, ()
    context = ExpressionContext(variables, scope, outside=outside or Outside())
    expanded, problems = _run(variables, _Expansion(context, is_of_variables=True))
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


def _expanded(node: Node, expansion: _Expansion, path: tuple[str, ...] = ()) -> Node:
    """Return a tree with its expressions expanded; `path` are the keys and items that it is below."""
    if isinstance(node, Scalar):
        return _scalar(node, expansion, path) if "${{" in node.text else node
    expansion.enter(node, 1)
    if isinstance(node, Mapping):
        for key, _ in node.entries.values():
            if "${{" in key.text:
                expansion.report(not_allowed_in(key, "a key"))
        entries = {
            name: (key, _expanded(value, expansion, (*path, name)))
            for name, (key, value) in node.entries.items()
        }
        result: Node = replace(node, entries=entries)
    else:
        below = (*path, "[]")
        result = replace(node, items=tuple(_expanded(item, expansion, below) for item in node.items))
    expansion.level -= 1
    return result


def _scalar(node: Scalar, expansion: _Expansion, path: tuple[str, ...]) -> Node:
    if not expansion.is_of_variables:
        in_layer = path[1:] if expansion.is_of_templates else path
        return _replaced(node, expansion, in_command=is_command(in_layer))
    known = expansion.done.get(id(node))
    if known is None and id(node) in expansion.open:  # met again inside a map or a list that contains it
        expansion.report(_circle_around(node))
        return node
    if known is None:
        expansion.enter(node, _LEVELS_OF_A_VARIABLE)
        expansion.open[id(node)] = node
        known = expansion.done[id(node)] = _replaced(node, expansion, in_command=False)
        del expansion.open[id(node)]
        expansion.level -= _LEVELS_OF_A_VARIABLE
    return known


def _replaced(node: Scalar, expansion: _Expansion, *, in_command: bool) -> Node:
    text = str(node.value)
    parts = pieces(text)
    expression = whole(parts)
    if expression is None:
        written = (_inserted(node, part, expansion, in_command=in_command) for part in parts)
        return replace(node, value="".join(written))
    found = _value(node, expression, expansion)
    if isinstance(found, Failure):
        expansion.report(explain(found, node, expression, expansion.context))
        return node
    expansion.grow(found, node)
    if isinstance(found, Scalar):
        return replace(found, at=node.at, style=node.style, expression=text)
    return replace(found, at=node.at)


def _inserted(node: Scalar, part: str | Insertion, expansion: _Expansion, *, in_command: bool) -> str:
    if isinstance(part, str):
        return part
    found = _value(node, part, expansion)
    if isinstance(found, Scalar) and found.value is not None:
        expansion.grow(found, node)
        text = spelled(found)
        if in_command and may_be_taken_apart(part, text):
            expansion.report(not_plain(node, part))
        return text
    problem = (
        explain(found, node, part, expansion.context)
        if isinstance(found, Failure)
        else not_text(node, part, found)
    )
    expansion.report(problem)
    return str(node.value)[part.start : part.end]


def is_command(path: tuple[str, ...]) -> bool:
    """Whether a shell runs the text at a path in a task or a layer."""
    return len(path) == 2 and path[0] == "spec" and path[1] in COMMANDS


def may_be_taken_apart(part: Insertion, text: str) -> bool:
    """Whether a shell may read more than a word in a text that an expression inserts into a command."""
    return not part.is_constant and PLAIN_WORD.fullmatch(text) is None


def value_of(insertion: Insertion, context: ExpressionContext) -> Node | Failure:
    """Return the value of an expression, with variables that are already expanded."""
    part = insertion.part
    if isinstance(part, Reference):  # most are
        return referenced(part, context)
    if insertion.unknown is not None or isinstance(part, Malformed):
        return Failure(insertion.unknown or part, None)
    return part.node if isinstance(part, Literal) else evaluate(part, lambda one: referenced(one, context))


def _value(node: Scalar, insertion: Insertion, expansion: _Expansion) -> Node | Failure:
    part = insertion.part
    if not expansion.is_of_variables:
        return value_of(insertion, expansion.context)
    if insertion.unknown is not None or isinstance(part, Malformed):
        return Failure(insertion.unknown or part, None)

    def look_up(reference: Reference) -> Node | Failure:
        if reference.steps[0] == "vars":
            return _variable(reference, node, insertion, expansion)
        return referenced(reference, expansion.context)

    return evaluate(part, look_up)


def _variable(
    reference: Reference, node: Scalar, insertion: Insertion, expansion: _Expansion
) -> Node | Failure:
    """Return the expanded value of a variable, for another variable that refers to it."""
    found: Node | None = expansion.context.variables
    for step in reference.steps[1:]:
        if isinstance(found, Scalar):
            inner = _of_variables(found, reference, expansion, within=(node, insertion))
            if isinstance(inner, Failure):
                return inner
            found = inner
        found = found.get(step) if isinstance(found, Mapping) else None
    if found is None:
        return Failure(reference, None)
    top = reference.steps[1]
    variables = expansion.context.variables
    if variables is not None and top in variables.entries:
        expansion.context.outside.use_variable(top, variables.entries[top][1])
    return _of_variables(found, reference, expansion, within=(node, insertion))


def _of_variables(
    found: Node, reference: Reference, expansion: _Expansion, *, within: tuple[Scalar, Insertion]
) -> Node | Failure:
    if id(found) in expansion.open:
        return Failure(reference, _circle(*within, expansion.open[id(found)], reference.name))
    return _expanded(found, expansion) if holds_expression(found) else found


def _circle(node: Scalar, insertion: Insertion, first: Scalar, name: str) -> Diagnostic:
    begins = () if first is node else (Related(first.at.place, "the circle starts here"),)
    place = inside(node, insertion.start, insertion.end).place
    is_alone = isinstance(insertion.part, Reference) and insertion.end - insertion.start == len(
        node.text.strip()
    )
    if first is node and is_alone:  # `jobspec convert` writes this for an open value
        return Diagnostic(
            "JS330",
            f"{quote(name)} has no value: it refers to itself",
            place=place,
            label="to be filled in",
            help="replace the expression with the value",
        )
    return Diagnostic(
        "JS330",
        f"{quote(name)} refers to itself",
        place=place,
        label="closes the circle",
        help="replace one of the references with its value",
        related=begins,
    )


def _circle_around(node: Scalar) -> Diagnostic:
    found = next((part for part in pieces(str(node.value)) if isinstance(part, Insertion)), None)
    if found is None:
        raise ValueError("a text that is being expanded contains an expression")
    return _circle(node, found, node, found.written)


def not_allowed_in(node: Scalar, where: str) -> Diagnostic:
    """Return the diagnostic for an expression in a place that does not allow one, such as `a key`."""
    return Diagnostic(
        "JS331",
        f"an expression is not allowed in {where}",
        place=node.at.place,
        label="not expanded here",
        help="replace the expression with its value",
    )
