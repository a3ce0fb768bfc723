"""Put the given values into the variables of a project, converted to the types of the declared ones. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.diagnostics import Diagnostic
from jobspec.manifest.expressions.functions import kind_of
from jobspec.manifest.expressions.outside import NULL, credential, holds_credential, node_text
from jobspec.manifest.schema.limits import MAX_COMPARED
from jobspec.manifest.suggestions import nearest
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import NO_EXTENT, Mapping, Node, Scalar, Sequence, child, plain
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from jobspec.manifest.expressions.outside import GivenVariable

_MARK = "${{"


class Merged(Struct, frozen=True):
    """The variables with the given values, and the given values that do not fit."""

    variables: Mapping | None
    problems: tuple[Diagnostic, ...] = ()


def with_given(
    variables: Mapping | None, given: Iterable[GivenVariable], declared: Callable[[str], Node | None]
) -> Merged:
    """Return the variables with the given values in place of the declared ones.

    `declared` returns the value that decides the type: None if the project does not declare the name, which
    is reported elsewhere.
    """
    entries = {} if variables is None else dict(variables.entries)
    problems = []
    for one in given:
        like = declared(one.name)
        if like is None:
            continue
        found = _converted(one, like)
        if isinstance(found, Diagnostic):
            problems.append(found)
        else:
            key = entries[one.name][0] if one.name in entries else Scalar(one.name, one.name, "", NO_EXTENT)
            entries[one.name] = (key, found)
    at = NO_EXTENT if variables is None else variables.at
    return Merged(Mapping(entries, at) if entries else variables, tuple(problems))


def undeclared(given: Iterable[GivenVariable], known: Collection[str]) -> Iterator[Diagnostic]:
    """Yield an error for each given value whose name no environment of the project declares."""
    for one in given:
        if one.name not in known:
            close = nearest(one.name, known)
            shown = quote(one.name[:MAX_COMPARED])
            add = f"add {shown} to `spec.vars` in `jobspec.yaml`, or remove {one.source}"
            advice = f"did you mean {quote(close)}?" if close else add
            if "." in one.name and one.name.partition(".")[0] in known:
                advice = f"give the whole map: --var {one.name.partition('.')[0]}='{{…}}'"
            message = (
                f"{one.source} sets {quote(one.name)}, which the project does not declare in `spec.vars`"
            )
            yield _problem(one, message, "no such variable", advice)


def _converted(one: GivenVariable, like: Node) -> Node | Diagnostic:
    name = f"vars.{one.name}"
    text = node_text(one.node) if one.node is not None else one.text
    if text is None:
        return NULL
    if holds_credential(one.name, one.node or Scalar(text, text, "'", NO_EXTENT)):
        why = credential(name)
        return Diagnostic(why.code, f"{why.message}; {one.source} sets it", one.place, why.label, why.help)
    if _MARK in text:
        message = f"the value of {quote(name)} from {one.source} contains {quote(_MARK)}"
        return _problem(one, message, "not expanded in a value from outside", "write the value itself")
    found = _of_type(one, text, like)
    if found is None:
        message = f"{quote(name)} is {_type_of(like)}, and the value from {one.source} is not"
        return _problem(one, message, "another type", _advice(one, like))
    return found


def _of_type(one: GivenVariable, text: str, like: Node) -> Node | None:
    """Return the value with the type of the declared one; None if it has another type."""
    if not isinstance(like, Scalar):
        node = one.node if one.node is not None else read_value(text)
        return node if type(node) is type(like) else None
    if one.node is not None and not isinstance(one.node, Scalar):
        return one.node if like.value is None else None
    if like.value is None and one.node is not None:
        return one.node
    if like.value is None or isinstance(like.value, str):
        return Scalar(text, text, "'", NO_EXTENT)
    return _like_scalar(text, like)


def _like_scalar(text: str, like: Scalar) -> Scalar | None:
    """Return the boolean or the number in a text, if the declared value is one, too."""
    node = read_value(text.strip())
    if not isinstance(node, Scalar) or node.style:
        return None
    value = node.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(like.value, bool):
        return _boolean(value, like) if isinstance(value, bool) else None
    fits = is_number and (isinstance(like.value, float) or isinstance(value, int))
    return replace(node, at=NO_EXTENT) if fits else None


def _boolean(value: bool, like: Scalar) -> Scalar:
    """Return a boolean in the spelling of the declared one: what an expression inserts does not depend on it.

    A program may accept only `True`, or only `true`.
    """
    text = "true" if value else "false"
    spelling = text.upper() if like.text.isupper() else text.title() if like.text.istitle() else text
    return Scalar(value, spelling, "", NO_EXTENT)


def read_value(text: str) -> Node | None:
    """Return the only value in a YAML text; None if it has errors or several documents."""
    source = parse(text.encode("utf-8", "surrogatepass"), "")
    return source.documents[0] if len(source.documents) == 1 and not source.diagnostics else None


def _type_of(like: Node) -> str:
    if not isinstance(like, Scalar):
        return kind_of(like)
    if isinstance(like.value, bool):
        return "a boolean"
    return (
        "an integer"
        if isinstance(like.value, int)
        else "a number"
        if isinstance(like.value, float)
        else "a text"
    )


def _advice(one: GivenVariable, like: Node) -> str:
    if isinstance(like, Mapping):
        return f"write YAML or JSON: --var {one.name}='{{key: value}}'"
    if isinstance(like, Sequence):
        return f"write YAML or JSON: --var {one.name}='[1, 2]'"
    if isinstance(like.value, bool):
        return "write `true` or `false`"
    if isinstance(like.value, int):
        return "write digits, or declare the variable with a decimal point, as `1.0`"
    return "write a number" if isinstance(like.value, float) else "write a single value"


def _problem(one: GivenVariable, message: str, label: str, advice: str) -> Diagnostic:
    return Diagnostic("JS369", message, one.place, label, advice)


def is_same(one: GivenVariable, other: GivenVariable) -> bool:
    """Whether two given values of one name mean the same, for any declared type."""
    first, second = (node_text(each.node) if each.node is not None else each.text for each in (one, other))
    if first == second or first is None or second is None:
        return first == second
    nodes = read_value(first), read_value(second)
    are_containers = all(isinstance(node, Mapping | Sequence) for node in nodes)
    return (
        are_containers
        and nodes[0] is not None
        and nodes[1] is not None
        and plain(nodes[0]) == plain(nodes[1])
    )


def declared_in(document: Mapping, environment: str | None) -> dict[str, Node]:
    """Return the declared variables by name: the environment's win, then the project's, then any other's."""
    environments = child(document, "spec", "environments")
    others = (
        [child(value, "vars") for _, value in environments.entries.values()]
        if isinstance(environments, Mapping)
        else []
    )
    own = child(environments, environment or "", "vars") if environments is not None else None
    found: dict[str, Node] = {}
    for variables in (*reversed(others), child(document, "spec", "vars"), own):
        if isinstance(variables, Mapping):
            for name, (_, value) in variables.entries.items():
                is_null = isinstance(value, Scalar) and value.value is None
                found[name] = found[name] if is_null and name in found else value
    return found
