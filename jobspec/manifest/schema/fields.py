"""The fields of the models as data: found by a document's path, and all of them in order; pure.

The one walk over pydantic's annotations, for checks, explanations and the generated reference.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic_core import PydanticUndefined

from jobspec.manifest.schema.scalars import CountOrPercent, Duration, LogBytes, Model, PositiveDuration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pydantic.fields import FieldInfo

_DURATION_VALIDATORS = [get_args(kind)[1] for kind in (Duration, PositiveDuration)]
_PERCENT_VALIDATOR = get_args(CountOrPercent)[1]
_SIZE_VALIDATOR = get_args(LogBytes)[1]


_UNITS = (("GiB", "GiB"), ("hours times replicas", "hours times replicas"), ("Cores", "cores"))
"""What in a description says the unit of a number, and the unit."""


@dataclass(frozen=True, slots=True)
class FieldHelp:
    """What there is to know about one field. `default` is None when it has none of its own."""

    path: str
    type: str
    description: str
    default: object
    examples: tuple[object, ...]
    required: bool
    unit: str = ""


def models_of(annotation: Any) -> tuple[type[Model], ...]:
    """The models that a field, or an item of it, may be."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return (annotation,)
    arguments = get_args(annotation)
    origin = get_origin(annotation)
    if origin is Annotated:
        return models_of(arguments[0])
    if origin is dict:
        return models_of(arguments[1])
    if origin in (Union, UnionType, tuple):
        return tuple(model for argument in arguments for model in models_of(argument))
    return ()


def field_of(model: type[Model], alias: str) -> FieldInfo | None:
    """The field a model's documents call `alias`."""
    name = model.field_aliases().get(alias)
    return None if name is None else model.model_fields[name]


def models_at(root: type[Model], path: Sequence[str | int]) -> tuple[type[Model], ...]:
    """The models that a document may hold at a path; none where no map of ours can stand."""
    models: tuple[type[Model], ...] = (root,)
    inside_map = False
    for step in path:
        if isinstance(step, int) or inside_map:
            inside_map = False
            continue
        infos = [info for model in models if (info := field_of(model, step))]
        inside_map = any(_is_dict(info.annotation) for info in infos)
        models = tuple(model for info in infos for model in models_of(info.annotation))
    return () if inside_map else models


def all_fields(root: type[Model], prefix: str = "") -> Iterator[FieldHelp]:
    """Every field below a model, in the order of the models; the same field of a union only once."""
    seen: set[str] = set()
    yield from _walk((root,), prefix, seen)


def explain_field(root: type[Model], path: str) -> FieldHelp | None:
    """What there is to know about the field at a dotted path such as `spec.roles.replicas`."""
    return next((field for field in all_fields(root) if field.path == path), None)


def _walk(models: Sequence[type[Model]], prefix: str, seen: set[str]) -> Iterator[FieldHelp]:
    for model in models:
        for alias, name in model.field_aliases().items():
            path = f"{prefix}{alias}"
            if path in seen:
                continue
            seen.add(path)
            info = model.model_fields[name]
            yield _help(path, _with_every_kind(models, alias) or info)
            below = f"{path}.NAME." if _is_dict(info.annotation) else f"{path}."
            yield from _walk(models_of(info.annotation), below, seen)


def _with_every_kind(models: Sequence[type[Model]], alias: str) -> FieldInfo | None:
    """The field that tells the models of a union apart, with the values of all of them."""
    infos = [info for model in models if (info := field_of(model, alias))]
    values = [
        value
        for info in infos
        if get_origin(info.annotation) is Literal
        for value in get_args(info.annotation)
    ]
    if len(models) < 2 or len(infos) < len(models) or not values:
        return None
    merged = copy(infos[0])
    merged.annotation = Literal[tuple(values)]  # type: ignore[assignment]  # built at run time
    merged.description = f"Which of {len(models)} kinds it is."
    return merged


def _help(path: str, info: FieldInfo) -> FieldHelp:
    words = type_words(info)
    return FieldHelp(
        path=path,
        type=words,
        description=info.description or "",
        default=_plain_default(info),
        examples=tuple(info.examples or ()),
        required=info.is_required(),
        unit=_unit(words, info.description or ""),
    )


def _plain_default(info: FieldInfo) -> object:
    return None if info.default is PydanticUndefined or isinstance(info.default, Model) else info.default


def _unit(words: str, description: str) -> str:
    if words == "duration":
        return "seconds"
    return next((unit for sign, unit in _UNITS if sign in description), "")


def type_words(info: FieldInfo) -> str:
    """The type of a field in words, such as `list of maps` or `one of Cloudfs, Gpfs`."""
    if any(validator in info.metadata for validator in _DURATION_VALIDATORS):
        return "duration"
    return _words(info.annotation)


def _words(annotation: Any) -> str:
    arguments, origin = get_args(annotation), get_origin(annotation)
    if origin in _GENERIC_WORDS:
        return _GENERIC_WORDS[origin](arguments)
    if origin is Annotated:
        return _annotated_words(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return "map"
    return {str: "text", int: "integer", float: "number", bool: "true or false"}.get(annotation, "any value")


def _literal_words(values: tuple[Any, ...]) -> str:
    return "one of " + ", ".join(f"`{value}`" if value != "" else '`""`' for value in values)


def _union_words(kinds: tuple[Any, ...]) -> str:
    return " or ".join(dict.fromkeys(_words(kind) for kind in kinds if kind is not NoneType))


_GENERIC_WORDS: dict[Any, Callable[[tuple[Any, ...]], str]] = {
    Literal: _literal_words,
    Union: _union_words,
    UnionType: _union_words,
    tuple: lambda arguments: f"list of {_words(arguments[0])}",
    dict: lambda arguments: f"map of names to {_words(arguments[1])}",
}


def _annotated_words(annotation: Any) -> str:
    arguments = get_args(annotation)
    if any(validator in arguments for validator in _DURATION_VALIDATORS):
        return "duration"
    if _SIZE_VALIDATOR in arguments:
        return "size"
    return "count or percentage" if _PERCENT_VALIDATOR in arguments else _words(arguments[0])


def _is_dict(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return _is_dict(get_args(annotation)[0])
    return get_origin(annotation) is dict
