"""The wording of a value that does not fit its field: headline, label and help. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jobspec.diagnostics import Diagnostic, Place
from jobspec.manifest.schema.fields import all_fields, models_of
from jobspec.manifest.schema.limits import MAX_COMPARED, MAX_DAYS
from jobspec.manifest.schema.task_set import EXACTLY_ONE
from jobspec.manifest.schema.type_info import type_info
from jobspec.manifest.values import SECRET_HELP
from jobspec.manifest.yaml.tree import FoundNode, Key, Mapping, Node, Scalar, dotted
from jobspec.quoting import quote
from jobspec.redaction.names import VARIABLE

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from jobspec.manifest.schema.scalars import Model

_EXPECTED = {
    "string_type": "text",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "`true` or `false`",
    "tuple_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
    "text_or_map": "text",
}
_OF_FORM = frozenset({"string_pattern_mismatch", "string_too_long", "duration", "size", "percent", "date"})
_INSERTED = re.compile(r"(?<!\$)\$\{\{\s*(?!slug\()(?P<value>(?:(?!\}\}).)*?)\s*\}\}")
_TRUTHS = {"yes": "true", "on": "true", "no": "false", "off": "false", "true": "true", "false": "false"}


class Finding(Struct, frozen=True):
    """One invalid value: the model's error about it, and its place."""

    kind: str
    context: dict[str, Any]
    subject: str
    name: str
    node: Node
    place: Place
    info: FieldInfo | None
    choices: tuple[object, ...]


def wrong_value(finding: Finding) -> Diagnostic:
    """Return the diagnostic for a value that does not fit."""
    word = _WORDS.get(finding.kind, _wrong_type if finding.kind in _EXPECTED else _unforeseen)
    code, message, label, advice = word(finding)
    if isinstance(finding.node, Scalar) and (with_slug := _with_slug(finding, finding.node)):
        advice = f"write {quote(with_slug)}: `slug` makes a word of any value"
    elif isinstance(finding.node, Scalar) and finding.node.expression:
        advice = _of_expression(finding, finding.node, advice)
    elif isinstance(finding.node, Scalar) and "${{" in finding.node.text and finding.kind in _OF_FORM:
        advice = "correct the text, or the values that its expressions insert"
    return Diagnostic(code, message, place=finding.place, label=label, help=advice)


def _with_slug(finding: Finding, node: Scalar) -> str:
    """Return a name with `slug` around the values in it, which makes it valid; empty if that cannot help."""
    if (finding.subject, finding.kind) != ("`metadata.name`", "string_pattern_mismatch"):
        return ""
    text = node.expression or node.text
    found = _INSERTED.sub(r"${{ slug(\g<value>) }}", text)
    return "" if found == text else found


def _of_expression(finding: Finding, node: Scalar, advice: str) -> str:
    """Return the help for the value of an expression: the expression itself is kept."""
    name = node.expression.strip("${} \n")
    if (
        finding.kind in ("string_type", "text_or_map")
        and not node.style
        and isinstance(node.value, (int, float))
    ):
        return f'write `{finding.name}: "${{{{ {name} }}}}"`: quotes turn the value into text'
    if node.is_absent or node.value is None or "${{" in node.text:
        return f"set {quote(name)}"
    return (
        f"correct {quote(name)}, which is {quote(node.text)}: {advice}"
        if advice
        else f"correct {quote(name)}"
    )


def alike_key(keys: tuple[str, str], where: str, place: Place, advice: str) -> Diagnostic:
    """Return the diagnostic for a key that differs from a second one only in its spelling."""
    key, meant = keys
    return Diagnostic(
        "JS212",
        f"{quote(key)} in {where} differs from {quote(meant)} only in spelling",
        place=place,
        label="ambiguous spelling",
        help=advice,
    )


def not_one_size(where: str, place: Place, *, has_both: bool) -> Diagnostic:
    """Return the diagnostic for a role without a size, or with two."""
    if has_both:
        return Diagnostic(
            "JS303",
            f"{where} has both `flavor` and `resources`",
            place=place,
            label="only one is allowed",
            help="remove one of them",
        )
    return Diagnostic(
        "JS205",
        f"missing field `flavor` in {where}",
        place=place,
        label="`flavor` is missing here",
        help="add `flavor: ml.g1e.large`, or `resources` with cores and memory",
    )


Words = tuple[str, str, str, str]


def _wrong_type(finding: Finding) -> Words:
    expected, actual = _EXPECTED[finding.kind], kind_of(finding.node)
    advice = _secret_form(finding.node) if finding.name == "secret" else _retyped(finding)
    return "JS206", f"{finding.subject} is {actual}, not {expected}", f"this is {actual}", advice


def _secret_form(node: Node) -> str:
    """Return how to write a reference to a secret, with the name of the variable if it is known."""
    if isinstance(node, Scalar) and VARIABLE.fullmatch(node.text):
        return f"write `{{secret: {{env: {node.text}}}}}`"
    return SECRET_HELP


def _retyped(finding: Finding) -> str:
    """Return what to write for a value of the wrong type, keeping the user's own text where possible."""
    node, kind = finding.node, finding.kind
    by_example = f"write {example(finding.name, finding.info)}"
    if not isinstance(node, Scalar) or node.is_absent:
        return by_example
    match kind:
        case "string_type" | "text_or_map":
            return f"write {quote(f'{finding.name}: {json.dumps(node.text, ensure_ascii=False)}')}"
        case "int_type" | "float_type" | "finite_number" if re.fullmatch(r"[0-9][0-9_,]{0,15}", node.text):
            number = int(node.text.replace("_", "").replace(",", ""))
            why = "without quotes" if node.style else "in plain digits"
            return f"write `{finding.name}: {number}`, {why}"
        case "bool_type" if node.text.lower() in _TRUTHS:
            return f"write `{finding.name}: {_TRUTHS[node.text.lower()]}`"
        case "tuple_type" if isinstance(node.value, str) and not _has_items_of_maps(finding.info):
            return f"write {quote(f'{finding.name}: [{node.text}]')}"
    return by_example


def _has_items_of_maps(info: FieldInfo | None) -> bool:
    return info is not None and bool(models_of(info.annotation))


def _not_allowed(finding: Finding) -> Words:
    allowed = [str(value).lower() if isinstance(value, bool) else str(value) for value in finding.choices]
    if isinstance(finding.node, Scalar) and finding.node.style and finding.node.text in allowed:
        written = f"write {quote(f'{finding.name}: {finding.node.text}')}, without quotes"
        expected = "a boolean" if isinstance(finding.choices[0], bool) else "a number"
        return "JS207", f"{finding.subject} is text, not {expected}", "this is text", written
    text = finding.node.text if isinstance(finding.node, Scalar) else ""
    named = [value.lower() for value in allowed if value]
    close = get_close_matches(text[:MAX_COMPARED].lower(), named, 1)
    meant = [value for value in allowed if close and value.lower() == close[0]]
    listed = ", ".join(map(quote, filter(None, allowed)))
    advice = f"did you mean {quote(meant[0])}?" if meant else f"write one of {listed}"
    shown = quote(text) if isinstance(finding.node, Scalar) else kind_of(finding.node)
    field = re.sub(r"\[[0-9]+\]`$", "`", finding.subject)  # a list of words is named, not its item
    return "JS207", f"{shown} is not a value of {field}", f"known are {listed}", advice


_BOUNDS = {"ge": "at least {}", "gt": "more than {}", "le": "at most {}", "lt": "less than {}"}


def _amount(number: float) -> str:
    return f"{int(number):,}" if float(number).is_integer() else f"{number:g}"


def _out_of_bounds(finding: Finding) -> Words:
    key = next(key for key in _BOUNDS if key in finding.context)
    bound = _BOUNDS[key].format(_amount(finding.context[key]))
    shown = example(finding.name, finding.info)
    return "JS208", f"{finding.subject} must be {bound}", "out of bounds", f"write {shown}"


def _too_short(finding: Finding) -> Words:
    shown = example(finding.name, finding.info)
    if finding.context.get("actual_length"):
        fewest = finding.context["min_length"]
        return (
            "JS208",
            f"{finding.subject} has fewer than {fewest} items",
            f"at least {fewest} are needed",
            f"write {shown}",
        )
    return "JS208", f"{finding.subject} is empty", "the value is missing", f"write {shown}"


def _too_long(finding: Finding) -> Words:
    limit = finding.context["max_length"]
    if finding.kind == "too_long":
        return (
            "JS208",
            f"{finding.subject} has more than {limit} items",
            "too many",
            f"remove items until {limit} are left",
        )
    length = len(finding.node.text) if isinstance(finding.node, Scalar) else 0
    message = f"{finding.subject} is longer than {limit} characters"
    return "JS208", message, f"{length} characters", f"shorten it to {limit} characters"


def _bad_form(finding: Finding) -> Words:
    known = type_info(finding.info)
    text = finding.node.text if isinstance(finding.node, Scalar) else ""
    written = quote(known.fit(text)) if known.fit else known.example
    rule = known.rule
    if rule.startswith("is "):
        value = quote(text) if isinstance(finding.node, Scalar) else kind_of(finding.node)
        rule = f"is {value}, {rule.removeprefix('is ')}"
    return "JS209", f"{finding.subject} {rule}", "invalid format", f"write {written}"


def _long_duration(finding: Finding) -> Words:
    limit = finding.context["le"]
    return (
        "JS208",
        f"{finding.subject} exceeds the maximum of the platform",
        f"at most {limit:,} seconds",
        f"write at most `{MAX_DAYS}d`",
    )


def _size_out_of_bounds(finding: Finding) -> Words:
    bounds = "from 4KiB to 1024TiB"
    return "JS208", f"{finding.subject} is out of bounds", bounds, f"write a size {bounds}"


def _bad_secret(finding: Finding) -> Words:
    return (
        "JS210",
        f"{finding.subject} needs exactly one source",
        "exactly one of `env` and `file`",
        SECRET_HELP,
    )


def _no_kind(finding: Finding) -> Words:
    return (
        "JS210",
        f"{finding.subject} needs `kind` or `field`",
        "one of `kind` and `field` is missing",
        "add `kind: …`, as `jobspec drift` prints it",
    )


def _no_axis(finding: Finding) -> Words:
    what = kind_of(finding.node)
    advice = f"write `{finding.name}: [1, 2]`, or `{finding.name}: {{range: [0, 8]}}`"
    return "JS206", f"{finding.subject} is {what}, neither a list nor a range", f"this is {what}", advice


def _not_exactly_one(finding: Finding) -> Words:
    names = ", ".join(map(quote, finding.context["names"].split(", ")))
    advice = "write one of them, as in `logUniform: [0.0001, 0.1]`"
    return "JS210", f"{finding.subject} needs exactly one distribution", f"one of {names}", advice


def _unforeseen(finding: Finding) -> Words:
    return "JS206", f"{finding.subject} is not valid", "not valid here", ""


_WORDS: dict[str, Callable[[Finding], Words]] = {
    "literal_error": _not_allowed,
    "greater_than_equal": _out_of_bounds,
    "greater_than": _out_of_bounds,
    "less_than": _out_of_bounds,
    "less_than_equal": _out_of_bounds,
    "string_too_short": _too_short,
    "too_short": _too_short,
    "string_too_long": _too_long,
    "too_long": _too_long,
    "string_pattern_mismatch": _bad_form,
    "duration": _bad_form,
    "long_duration": _long_duration,
    "size": _bad_form,
    "size_bounds": _size_out_of_bounds,
    "percent": _bad_form,
    "date": _bad_form,
    "secret": _bad_secret,
    "acknowledgement": _no_kind,
    "list_or_range": _no_axis,
    EXACTLY_ONE: _not_exactly_one,
}


def kind_of(node: Node) -> str:
    """Return the kind of a node in words: `a number`, `a list`, …"""
    if isinstance(node, Mapping):
        return "a map"
    if not isinstance(node, Scalar):
        return "a list"
    match node.value:
        case None:
            return "empty"
        case bool():
            return quote(node.text)
        case int() | float():
            return "a number"
        case _:
            return "text"


def _class_noun(models: Sequence[type[Model]]) -> str | None:
    return getattr(models[0], "noun", None) if models else None


def container(models: Sequence[type[Model]], found: FoundNode) -> str:
    """Return the name of a map in words: "role `worker`", "`spec.retry`", "the manifest"."""
    word = _class_noun(models)
    if not found.path:
        return f"the {word or 'manifest'}"
    if word is None:
        return quote(dotted(found.path))
    name = found.path[-1]
    if isinstance(name, int):
        node = (
            found.node.get("mountPath" if word == "storage" else "name")
            if isinstance(found.node, Mapping)
            else None
        )
        name = node.text if isinstance(node, Scalar) and node.text else name + 1
    return f"{word} {quote(name)}" if isinstance(name, str) else f"{word} {name}"


def noun(models: Sequence[type[Model]], found: FoundNode) -> str:
    """Return the kind of a map in words: "a role", "`spec.retry`", "the manifest"."""
    word = _class_noun(models)
    if word is None or not found.path:
        return container(models, found)
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def subject(models: Sequence[type[Model]], parent: FoundNode, found: FoundNode) -> str:
    """Return the name of a value in words: "`spec.priority`", "`replicas` in role `worker`".

    An item that should be a map has no name of its own: "`spec.roles[0]`".
    """
    if _class_noun(models) is None or not found.path or isinstance(found.path[-1], int):
        return quote(dotted(found.path)) if found.path else "the manifest"
    return f"{quote(found.path[-1])} in {container(models, parent)}"


def example(name: str, info: FieldInfo | None) -> str:
    """Return an example of a field: "`replicas: 2`"."""
    if info is None or not info.examples:
        return f"`{name}: …`"
    return f"`{name}: {flow(info.examples[0])}`"


def flow(value: object) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, str):
        return (
            value if re.fullmatch(r"[A-Za-z][\w ./:-]*|/[\w./-]*|[0-9]+[a-z%]", value) else json.dumps(value)
        )
    return json.dumps(value)


def where_to_add(written: str, path: Sequence[Key]) -> str:
    """Return the help for a missing field; those of a spec may come from the project's defaults."""
    if tuple(path) == ("spec",):
        return f"add {written}, or set it under `spec.defaults.spec` in `jobspec.yaml`"
    return f"add {written}"


def home_of(model: type[Model], name: str, near: Sequence[Key]) -> str | None:
    """Return the map that a misplaced field belongs to; only maps above or below `near` are suggested.

    A field of the manifest or of one of its top-level maps may belong to any map.
    """
    here = tuple(step for step in near if isinstance(step, str))
    homes = [home for home in _homes(model, name) if len(here) < 2 or _are_in_line(home, here)]
    return dotted(min(homes, key=len)) if homes else None


_GENERIC_NAMES = frozenset({"id", "name", "path", "port", "type", "value"})
"""Names whose only field says nothing about what the user meant."""


def only_home_of(model: type[Model], name: str) -> str | None:
    """Return the only map that has a field of this name; None if there are several."""
    if name in _GENERIC_NAMES:
        return None
    homes = set(_homes(model, name))
    return dotted(homes.pop()) if len(homes) == 1 else None


def _homes(model: type[Model], name: str) -> list[tuple[str, ...]]:
    paths = (tuple(field.path.split(".")) for field in all_fields(model))
    return [path[:-1] for path in paths if path[-1] == name and path[:-1]]


def _are_in_line(one: Sequence[str], other: Sequence[str]) -> bool:
    return all(a == b for a, b in zip(one, other, strict=False))
