"""The diagnostics about expressions. Pure."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from jobspec.diagnostics import Diagnostic, Severity
from jobspec.manifest.expressions.foreign_names import advice_for
from jobspec.manifest.expressions.functions import Unfit, kind_of, parameters_of
from jobspec.manifest.expressions.outside import NoValue
from jobspec.manifest.expressions.syntax import FIXED_NAMES, Call, Malformed, Reference
from jobspec.manifest.suggestions import nearest
from jobspec.manifest.yaml.tree import MAX_VALUES, Extent, Mapping, Node, Scalar
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.manifest.expressions.evaluating import ExpressionContext, Failure
    from jobspec.manifest.expressions.syntax import Insertion, Part

_MAX_COMPARED_NAMES = 500
"""Maximum number of names that a misspelled one is compared with."""
_MOST_LISTED = 8
_FORMS = "write `vars.NAME`, `matrix.NAME`, `env.NAME`, `git.sha`, `scope.project` or `scope.environment`"
PLAIN_WORD = re.compile(r"[A-Za-z0-9_./:=,@%+-]*")
"""Text that a shell passes on as it is."""


def explain(failure: Failure, node: Scalar, insertion: Insertion, context: ExpressionContext) -> Diagnostic:
    """Return the diagnostic for an expression without a value."""
    part, why = failure.part, failure.why
    place = _at(node, insertion, part).place
    if isinstance(why, Diagnostic):
        return why
    if isinstance(part, Malformed):
        return Diagnostic("JS306", part.message, place=place, label=part.label, help=part.help)
    if isinstance(why, NoValue):
        return Diagnostic(why.code, why.message, place=place, label=why.label, help=why.help)
    if isinstance(why, Unfit) and isinstance(part, Call):
        return _unfit(part, why, node, insertion)
    return _unknown(part, node, insertion, context)


def _unfit(part: Call, why: Unfit, node: Scalar, insertion: Insertion) -> Diagnostic:
    argument = part.arguments[why.argument]
    name = quote(argument.name) if isinstance(argument, Reference) else f"argument {why.argument + 1}"
    instead = (
        f"write `toJSON({parameters_of('toJSON')[0]})` for a map or a list" if part.function != "join" else ""
    )
    return Diagnostic(
        "JS307",
        f"`{part.function}()` needs {why.needed}, and {name} is {why.kind}",
        place=_at(node, insertion, argument).place,
        label=why.kind,
        help=instead or f"write `join({', '.join(parameters_of('join'))})` with {why.needed}",
    )


def _unknown(part: Part, node: Scalar, insertion: Insertion, context: ExpressionContext) -> Diagnostic:
    reference = part if isinstance(part, Reference) else None
    name = reference.name if reference else ""
    advice = advice_for(name) or (_advice(reference, context) if reference else "") or _FORMS
    return Diagnostic(
        "JS305",
        f"unknown name {quote(name)} in an expression",
        place=_at(node, insertion, part).place,
        label="no such name",
        help=advice,
    )


def _advice(reference: Reference, context: ExpressionContext) -> str:
    """Return what to write instead of a name that has no value."""
    root, *steps = reference.steps
    values = {"vars": context.variables, "matrix": context.matrix}
    if root in values and steps:
        return _advice_within(root, steps, values[root]) or _advice_to_add(root, steps)
    close = nearest(reference.name, _known_names(context))
    return f"did you mean {quote(close)}?" if close else ""


def _advice_within(root: str, steps: list[str], values: Node | None) -> str:
    """Return which name in a map of values is meant, or which ones there are; empty if neither helps."""
    found, above = values, [root]
    for step in steps:
        below = found.get(step) if isinstance(found, Mapping) else None
        if below is None:
            break
        found, above = below, [*above, step]
    where = ".".join(above)
    if not isinstance(found, Mapping):
        return f"{quote(where)} is not a map: write {quote(where)}" if len(above) > 1 else ""
    known = list(islice(found.entries, _MAX_COMPARED_NAMES))
    wrong, *rest = steps[len(above) - 1 :]
    close = nearest(wrong, known)
    if close:
        corrected = [*above, close, *rest]
        is_whole = _has_name(values, corrected[1:])
        return f"did you mean {quote('.'.join(corrected if is_whole else [*above, close]))}?"
    is_listed = where != "vars" and 0 < len(found.entries) <= _MOST_LISTED
    listed = ", ".join(quote(f"{where}.{name}") for name in known)
    return f"known are {listed}" if is_listed else ""


def _has_name(values: Node | None, steps: list[str]) -> bool:
    for step in steps:
        values = values.get(step) if isinstance(values, Mapping) else None
    return values is not None


def _advice_to_add(root: str, steps: list[str]) -> str:
    name = quote(".".join(steps))
    return f"add {name} to " + (
        "`spec.vars` in `jobspec.yaml`" if root == "vars" else "the `matrix` of the set"
    )


def _known_names(context: ExpressionContext) -> list[str]:
    allowed = context.outside.allowed
    return [
        *islice(_paths("vars", context.variables), _MAX_COMPARED_NAMES),
        *islice(_paths("matrix", context.matrix), _MAX_COMPARED_NAMES),
        *FIXED_NAMES,
        *(f"env.{name}" for name in allowed if "*" not in name),
    ]


def _paths(prefix: str, node: Node | None) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, (_, value) in node.entries.items():
            yield from _paths(f"{prefix}.{key}", value)
    elif node is not None:
        yield prefix


def not_text(node: Scalar, insertion: Insertion, found: Node) -> Diagnostic:
    """Report a value that is no scalar inside of text."""
    kind = kind_of(found)
    return Diagnostic(
        "JS307",
        f"{quote(insertion.written)} is {kind}, which cannot be inserted into text",
        place=_at(node, insertion, insertion.part).place,
        label=f"refers to {kind}",
        help="refer to a scalar inside it, or make the expression the whole value",
    )


def not_plain(node: Scalar, insertion: Insertion) -> Diagnostic:
    """Warn of a value inside a command that the shell may take apart."""
    variable = quote("VALUE: ${{ " + insertion.written + " }}")
    return Diagnostic(
        "JS365",
        f"the value of {quote(insertion.written)} is not a plain word, and the shell interprets it",
        place=_at(node, insertion, insertion.part).place,
        label="inserted into a command",
        help=f'under `spec.env`, write {variable}, and in the command, `"$VALUE"`',
        severity=Severity.WARNING,
    )


def too_large(node: Node) -> Diagnostic:
    """Report expressions that add more values than a tree may contain."""
    return Diagnostic(
        "JS106",
        f"the expanded expressions exceed {MAX_VALUES:,} values",
        place=node.at.place,
        label="exceeds the limit",
        help="use a large variable less often",
    )


def too_deep(node: Node) -> Diagnostic:
    """Report variables that refer to each other through too many levels."""
    return Diagnostic(
        "JS330",
        "variables refer to each other through too many levels",
        place=node.at.place,
        label="exceeds the limit",
        help="replace one of the references with its value",
    )


def _at(node: Scalar, insertion: Insertion, part: Part | Malformed) -> Extent:
    """Return the place of a part; of the whole expression if it is a single name."""
    if part == insertion.part and not isinstance(part, Malformed):
        return inside(node, insertion.start, insertion.end)
    return inside(node, insertion.begin + part.start, insertion.begin + part.end)


def inside(node: Scalar, start: int, end: int) -> Extent:
    """Return the place of a part of a scalar's text; the whole scalar if escapes or line breaks hide it."""
    at, quotes = node.at, 1 if node.style else 0
    if at.line != at.end_line or at.end_column - at.column != len(node.text) + 2 * quotes:
        return at
    first = at.column + quotes
    return at._replace(column=first + start, end_column=first + end)
