"""Find the items with `remove: true` in a task that remove nothing. Pure.

Those of templates are no mistake: a template may be for tasks with the item, and for tasks without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobspec.diagnostics import Diagnostic, Severity
from jobspec.manifest.schema.keyed_lists import KEYED_LISTS, REMOVE, identity
from jobspec.manifest.yaml.tree import Mapping, Scalar, Sequence, child, plain
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Map

_MOST_LISTED = 8


def useless_removals(document: Mapping, base: Mapping | None) -> Iterator[Diagnostic]:
    """Yield a warning for each item of a task that removes nothing from the layers below it."""
    for name, field in KEYED_LISTS.items():
        items = child(document, "spec", name)
        for item in items.items if isinstance(items, Sequence) else ():
            written = item.get(REMOVE) if isinstance(item, Mapping) else None
            if written is None or not isinstance(written, Scalar) or written.value is not True:
                continue
            below = None if base is None else child(base, "spec", name)
            known = [] if below is None else _keys(plain(below), field)
            key = item.get(field) if isinstance(item, Mapping) else None
            if isinstance(key, Scalar) and not _is_known(key.value, known):
                yield _useless(name, key, known)


def has_useless_removal(document: Map[str, Any], base: Map[str, Any]) -> bool:
    """Whether `useless_removals` yields anything, for plain values."""
    spec = document.get("spec")
    lists = ((name, spec.get(name)) for name in KEYED_LISTS) if isinstance(spec, dict) else ()
    return any(
        isinstance(item, dict) and item.get(REMOVE) is True and not _is_inherited(base, name, item)
        for name, items in lists
        for item in (items if isinstance(items, list) else ())
    )


def _is_inherited(base: Map[str, Any], name: str, item: Map[str, Any]) -> bool:
    field = KEYED_LISTS[name]
    return _is_known(item.get(field), _keys((base.get("spec") or {}).get(name), field))


def _keys(items: Any, field: str) -> list[object]:
    return [one.get(field) for one in items if isinstance(one, dict)] if isinstance(items, list) else []


def _is_known(key: object, known: list[object]) -> bool:
    return identity(key) is None or identity(key) in map(identity, known)


def _useless(name: str, key: Scalar, known: list[object]) -> Diagnostic:
    from jobspec.manifest.validate.shape import closest  # noqa: PLC0415 - pydantic, only to explain

    names = [str(one) for one in known]
    close = closest(key.text, names)
    listed = f"inherited are {', '.join(map(quote, names[:_MOST_LISTED]))}; or remove the item"
    return Diagnostic(
        "JS373",
        f"no inherited item of {quote(f'spec.{name}')} is {quote(key.text)}",
        place=key.at.place,
        label="removes nothing",
        help=f"did you mean {quote(close)}?" if close else listed if names else "remove the item",
        severity=Severity.WARNING,
    )
