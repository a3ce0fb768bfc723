"""Validate a tree against a model: the only code that converts pydantic's errors to diagnostics.

pydantic's `loc` is not a path in the document (unions add steps), so every place is found by walking the tree
and skipping the steps that are not in it.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field, ValidationError

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic
from jobspec.manifest.schema.fields import choices, field_of, models_at
from jobspec.manifest.schema.limits import MAX_COMPARED
from jobspec.manifest.schema.project import Defaults, ProjectDocument, Templates
from jobspec.manifest.schema.roles import ONE_SIZE
from jobspec.manifest.schema.scalars import Model
from jobspec.manifest.schema.spelling import ALIKE, form
from jobspec.manifest.schema.task_model import MergedTask
from jobspec.manifest.schema.task_set import LooseTaskSet
from jobspec.manifest.validate import wording
from jobspec.manifest.validate.habits import meanings
from jobspec.manifest.validate.wording import Finding
from jobspec.manifest.yaml.tree import (
    FoundNode,
    Key,
    Mapping,
    Node,
    Scalar,
    Sequence,
    at_path,
    dotted,
    plain,
    with_text,
)
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from collections.abc import Mapping as Map

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from jobspec.manifest.validate.published import Part


M = TypeVar("M", bound=Model)
MAX_LISTED = 10


class DefaultsDocument(Model):
    """Defaults alone, so that their problems are reported once and at their place."""

    defaults: Defaults = Field(description="What is merged under every task.")


class TemplatesDocument(Model):
    """Templates alone, so that their problems are reported once and at their place."""

    templates: Templates = Field(description="What tasks extend.")


_MODELS: Map[Part, type[Model]] = {
    "Task": MergedTask,
    "TaskSet": LooseTaskSet,
    "Project": ProjectDocument,
    "Defaults": DefaultsDocument,
    "Templates": TemplatesDocument,
}


def explain(part: Part, document: Node) -> tuple[dict[str, Any] | None, tuple[Diagnostic, ...]]:
    """Return the plain values of a document as a model accepts them, or None; and its problems of shape.

    A quoted expression becomes text where only text is accepted. The number of problems is limited.
    """
    model, accepted, problems = check(_MODELS[part], document)
    return None if model is None else plain(accepted), problems


def check(model: type[M], document: Node) -> tuple[M | None, Node, tuple[Diagnostic, ...]]:
    """Return the document as a model, or None; the document as accepted; and its problems of shape."""
    try:
        return model.model_validate(plain(document)), document, ()
    except ValidationError as error:
        details = error.errors(include_url=False)
    quoted = _quoted_for_text(document, details)
    if quoted:
        return check(model, with_text(document, quoted))
    return None, document, tuple(_diagnostics(details[: MAX_PROBLEMS + 1], document, model))


def _quoted_for_text(document: Node, details: Collection[ErrorDetails]) -> set[int]:
    """Return the quoted whole expressions in places that require text, by identity: quotes make them text.

    Elsewhere the value keeps its type, because YAML requires quotes around an expression inside `{…}`.
    """
    wanted = (detail for detail in details if detail["type"] in ("string_type", "text_or_map"))
    nodes = (_document_path(detail, document).node for detail in wanted)
    return {id(node) for node in nodes if _is_quoted_number(node)}


def _is_quoted_number(node: Node) -> bool:
    return (
        isinstance(node, Scalar)
        and bool(node.expression and node.style)
        and isinstance(node.value, (int, float))
    )


def _diagnostics(
    details: Collection[ErrorDetails], document: Node, model: type[Model]
) -> Iterator[Diagnostic]:
    missing = _missing_by_container(details, document)
    covered: set[tuple[Key, ...]] = set()
    for detail in details:
        if detail["type"] == "extra_forbidden":
            unknown, meant = _unknown_field(detail, document, model, missing)
            covered.update(meant)
            yield unknown
    for detail in details:
        if detail["type"] == "extra_forbidden":
            continue
        if detail["type"] in ("missing", "union_tag_not_found"):
            path = _missing_path(detail, document)
            if path not in covered:
                yield _missing_field(path, document, model)
        elif detail["type"] == ALIKE:
            yield from _alike_keys(detail, document, model)
        elif detail["type"] == ONE_SIZE:
            yield _not_one_size(detail, document, model)
        elif not _is_echo(detail, document):
            yield wording.wrong_value(_finding(detail, document, model))


def _alike_keys(detail: ErrorDetails, document: Node, model: type[Model]) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each key that would collide with another on the wire, or misses its field."""
    found = _document_path(detail, document)
    where = wording.container(models_at(model, found.path), found)
    for key, meant in detail["ctx"]["keys"]:
        node = found.node.key(key) if isinstance(found.node, Mapping) else None
        both = isinstance(found.node, Mapping) and meant in found.node.entries
        advice = (
            f"remove one of them; the correct spelling is {quote(meant)}" if both else f"write {quote(meant)}"
        )
        place = (node.at if node else found.extent).place
        yield wording.alike_key((key, meant), where, place, advice)


def _not_one_size(detail: ErrorDetails, document: Node, model: type[Model]) -> Diagnostic:
    found = _document_path(detail, document)
    where = wording.container(models_at(model, found.path), found)
    second = found.node.key("resources") if isinstance(found.node, Mapping) else None
    has_both = second is not None and isinstance(found.node, Mapping) and "flavor" in found.node.entries
    place = second.at.place if second is not None and has_both else _enclosing(found).place
    return wording.not_one_size(where, place, has_both=has_both)


def _is_echo(detail: Map[str, Any], document: Node) -> bool:
    """Whether a list is reported as too short only because some of its items were refused."""
    if detail["type"] != "too_short":
        return False
    node = _document_path(detail, document).node
    return isinstance(node, Sequence) and len(node.items) >= detail["ctx"]["min_length"]


def _document_path(detail: Map[str, Any], document: Node) -> FoundNode:
    steps = [step for step in detail["loc"] if step != "[key]"]
    return at_path(document, steps)


def _missing_path(detail: Map[str, Any], document: Node) -> tuple[Key, ...]:
    if detail["type"] == "union_tag_not_found":
        name = str(detail["ctx"]["discriminator"]).strip("'")
        return (*_document_path(detail, document).path, name)
    *above, name = detail["loc"]
    return (*at_path(document, above).path, name)


def _missing_by_container(
    details: Collection[ErrorDetails], document: Node
) -> dict[tuple[Key, ...], list[str]]:
    missing: dict[tuple[Key, ...], list[str]] = {}
    for detail in details:
        if detail["type"] in ("missing", "union_tag_not_found"):
            *container, name = _missing_path(detail, document)
            missing.setdefault(tuple(container), []).append(str(name))
    return missing


def _unknown_field(
    detail: ErrorDetails,
    document: Node,
    model: type[Model],
    missing: Map[tuple[Key, ...], list[str]],
) -> tuple[Diagnostic, list[tuple[Key, ...]]]:
    """Return the diagnostic, and the paths of missing fields that it covers."""
    *above, name = detail["loc"]
    container = at_path(document, above)
    shown = str(name)
    wanted = missing.get(container.path, [])
    known = [alias for m in models_at(model, container.path) for alias in m.field_aliases()]
    present = container.node.entries if isinstance(container.node, Mapping) else {}
    usual = [field for field in meanings(shown) if field in known]
    meant = closest(shown, wanted) or next((field for field in usual if field in wanted), None)
    suggestion = meant or closest(shown, [alias for alias in known if alias not in present])
    key = container.node.key(shown) if isinstance(container.node, Mapping) else None
    noun = wording.noun(models_at(model, container.path), container)
    where = wording.container(models_at(model, container.path), container)
    if meant:
        advice = f"did you mean {quote(meant)}? it is required and missing here"
    elif usual:
        path = dotted((*_named(container.path), usual[0]))
        advice = f"use `{usual[0]}`; see `jobspec explain {path}`"
    elif suggestion:
        advice = f"did you mean `{suggestion}`?"
    else:
        advice = _advice(shown, known, model=model, path=container.path)
    diagnostic = Diagnostic(
        "JS204",
        f"unknown field {quote(shown)} in {where}",
        place=(key.at if key else container.extent).place,
        label=f"not a field of {noun}",
        help=advice,
    )
    return diagnostic, [(*container.path, meant)] if meant else []


def _advice(shown: str, known: list[str], *, model: type[Model], path: tuple[Key, ...]) -> str:
    elsewhere = wording.home_of(model, shown, path) or wording.only_home_of(model, shown)
    if elsewhere:
        return f"{quote(shown)} belongs under `{elsewhere}`"
    for field in meanings(shown):
        home = wording.home_of(model, field, path)
        if home:
            return f"use `{field}` under `{home}`"
    if len(known) > MAX_LISTED:
        return f"run `jobspec explain {dotted(_named(path))}` to list the fields"
    return "known are " + ", ".join(map(quote, known)) + _short_form(_fields(model, path), path)


def _short_form(infos: list[FieldInfo], path: tuple[Key, ...]) -> str:
    """Return how to write text instead of a map, if a field accepts both and its example is text."""
    texts = [info for info in infos if info.examples and isinstance(info.examples[0], str)]
    return f"; or write {wording.example(str(path[-1]), texts[0])}" if texts else ""


def _named(path: tuple[Key, ...]) -> tuple[Key, ...]:
    """Return a path as `jobspec explain` accepts it: of a task, and without the indexes of items."""
    names = tuple(step for step in path if isinstance(step, str))
    if "defaults" in names:
        return names[names.index("defaults") + 1 :]
    return names[2:] if names[:1] == ("templates",) else names


def closest(name: str, candidates: Collection[str]) -> str | None:
    """Return the candidate that a misspelled name most likely means, ignoring case, `-` and `_`."""
    by_form = {form(candidate): candidate for candidate in candidates}
    meant = form(name[:MAX_COMPARED])
    longer = [candidate for candidate in by_form if len(meant) > 2 and candidate.startswith(meant)]
    found = get_close_matches(meant, list(by_form), 1, 0.6) or longer
    return by_form[found[0]] if found else None


def _missing_field(path: tuple[Key, ...], document: Node, model: type[Model]) -> Diagnostic:
    *above, last = path
    name, container = str(last), at_path(document, above)
    models = models_at(model, container.path)
    info = next((info for m in models if (info := field_of(m, name))), None)
    where = wording.container(models, container)
    written = container.node.key(name) if isinstance(container.node, Mapping) else None
    example = wording.example(name, info)
    if written is not None:
        return Diagnostic(
            "JS205",
            f"{quote(name)} in {where} has no value",
            place=written.at.place,
            label="the value is missing",
            help=f"write {example}",
        )
    return Diagnostic(
        "JS205",
        f"missing field {quote(name)} in {where}",
        place=_enclosing(container).place,
        label=f"{quote(name)} is missing here",
        help=wording.where_to_add(example, container.path if model is MergedTask else ()),
    )


def _enclosing(container: FoundNode) -> Any:
    """Return the key of a map; for an item of a list, its first key; else the start of the map."""
    if container.key is not None:
        return container.key.at
    if isinstance(container.node, Mapping) and container.node.entries:
        return next(iter(container.node.entries.values()))[0].at
    return container.node.at


def _finding(detail: ErrorDetails, document: Node, model: type[Model]) -> Finding:
    loc = list(detail["loc"])
    found = _document_path(detail, document)
    kind, context = detail["type"], dict(detail.get("ctx", {}))
    if kind == "union_tag_invalid":
        name = str(context["discriminator"]).strip("'")
        found = at_path(document, (*found.path, name))
        kind, context = "literal_error", {}
    parent = at_path(document, found.path[:-1])
    is_key = loc[-1:] == ["[key]"]
    infos = _fields(model, found.path[: -1 if is_key else None])
    extent = found.key.at if is_key and found.key is not None else found.extent
    if isinstance(found.node, Scalar) or is_key:
        value: Node = found.node
    else:
        value, extent = found.node, (found.key.at if found.key else extent)
    return Finding(
        kind=kind,
        context=context,
        subject=wording.subject(models_at(model, parent.path), parent, found),
        name=next((step for step in reversed(found.path) if isinstance(step, str)), ""),
        node=found.key if is_key and found.key is not None else value,
        place=extent.place,
        info=next(iter(infos), None),
        choices=choices(infos),
    )


def _fields(model: type[Model], path: tuple[Key, ...]) -> list[FieldInfo]:
    """Return the fields at a path, in each possible model; for an item of a list, the field of the list."""
    *above, name = path[:-1] if path and isinstance(path[-1], int) else path or ("",)
    return [info for m in models_at(model, above) if (info := field_of(m, str(name)))]
