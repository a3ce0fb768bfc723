"""The fields of a manifest, from the models: those that take secrets, and those that take text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from jobspec.manifest.schema.project import ProjectDocument
from jobspec.manifest.schema.scalars import SecretRefModel, SecretSource
from jobspec.manifest.schema.task_model import TaskDocument

Leaf = tuple[str, Any]
DOCUMENTS: dict[str, type[BaseModel]] = {"Task": TaskDocument, "Project": ProjectDocument}


def leaves(model: type[BaseModel], path: str = "") -> Iterator[Leaf]:
    """Each place of a value in a document, with its type; `NAME` is any key of a map, `[]` any item."""
    for name, field in model.model_fields.items():
        yield from _below(field.annotation, f"{path}.{field.alias or name}".lstrip("."))


def _below(kind: Any, path: str) -> Iterator[Leaf]:
    origin, inner = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not SecretRefModel:
        yield from leaves(kind, path)
    elif origin is dict:
        yield from _below(inner[1], f"{path}.NAME")
    elif origin is tuple:
        yield from _below(inner[0], f"{path}[]")
    elif inner and origin is not None and "Literal" not in str(origin):
        for part in inner:
            yield from _below(part, path)
    else:
        yield path, kind


def takes_secret() -> frozenset[str]:
    """The fields that take a reference to a secret."""
    return frozenset(path for path, kind in leaves(TaskDocument) if kind is SecretRefModel)


def takes_text(document: str) -> tuple[str, ...]:
    """The fields that hold a scalar, in order: a secret may be put into any of them by mistake."""
    found = (path for path, kind in leaves(DOCUMENTS[document]) if kind is not type(None))
    return tuple(dict.fromkeys(path for path in found if path not in {"apiVersion", "kind"}))


SOURCES = tuple(name for name in SecretSource.model_fields)
