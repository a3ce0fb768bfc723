"""The fields of the models as data: find one by its path, or list all of them in order. Pure.

The only walk over pydantic's annotations, for checks, explanations and the generated reference.
"""

from __future__ import annotations

from copy import copy
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import Struct
from pydantic_core import PydanticUndefined

from jobspec.manifest.schema.scalars import Model
from jobspec.manifest.schema.type_info import TypeInfo, type_info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pydantic.fields import FieldInfo


class FieldHelp(Struct, frozen=True):
    """The documentation of one field. `default` is None if the field has no default."""

    path: str
    type: str
    description: str
    default: object
    examples: tuple[object, ...]
    required: bool
    unit: str = ""


def models_of(annotation: Any) -> tuple[type[Model], ...]:
    """Return the models that a field, or an item of it, may be."""
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
    """Return the field that a model's documents call `alias`."""
    name = model.field_aliases().get(alias)
    return None if name is None else model.model_fields[name]


def models_at(root: type[Model], path: Sequence[str | int]) -> tuple[type[Model], ...]:
    """Return the models that a document may contain at a path; empty if the path cannot contain a model."""
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
    """Yield every field below a model, in the order of the models; a field of several models only once."""
    seen: set[str] = set()
    yield from _walk((root,), prefix, seen)


def explain_field(root: type[Model], path: str) -> FieldHelp | None:
    """Return the documentation of the field at a dotted path such as `spec.roles.replicas`."""
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
    """Return the field that distinguishes the models of a union, with the values of all of them."""
    infos = [info for model in models if (info := field_of(model, alias))]
    is_tag = all(get_origin(info.annotation) is Literal for info in infos)
    if len(models) < 2 or len(infos) < len(models) or not is_tag:
        return None
    merged = copy(infos[0])
    merged.annotation = Literal[choices(infos)]  # type: ignore[assignment]  # built at run time
    merged.description = f"Which of {len(models)} kinds it is."
    return merged


def _help(path: str, info: FieldInfo) -> FieldHelp:
    return FieldHelp(
        path=path,
        type=type_words(info),
        description=info.description or "",
        default=_plain_default(info),
        examples=tuple(info.examples or ()),
        required=info.is_required(),
        unit=type_info(info).unit,
    )


def _plain_default(info: FieldInfo) -> object:
    return None if info.default is PydanticUndefined or isinstance(info.default, Model) else info.default


def type_words(info: FieldInfo) -> str:
    """Return the type of a field in words, such as `list of maps` or `one of Cloudfs, Gpfs`."""
    return _name_in(info.metadata) or _words(info.annotation)


def _name_in(metadata: Iterable[Any]) -> str:
    return next((one.name for one in metadata if isinstance(one, TypeInfo)), "")


def choices(infos: Iterable[FieldInfo]) -> tuple[object, ...]:
    """Return the values that fields, or items of them, are limited to."""
    return tuple(dict.fromkeys(value for info in infos for value in _literals(info.annotation)))


def _literals(annotation: Any) -> tuple[object, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(value for argument in get_args(annotation) for value in _literals(argument))


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
    plain, *metadata = get_args(annotation)
    return _name_in(metadata) or _words(plain)


def _is_dict(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return _is_dict(get_args(annotation)[0])
    return get_origin(annotation) is dict
