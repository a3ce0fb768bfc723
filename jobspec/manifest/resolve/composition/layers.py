"""The layers below a task, merged: the project's defaults, then the templates that it extends. Pure.

Each template applies once, below everything that extends it, even if several of a task's templates extend it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.manifest.resolve.composition.merging import LAYERED, merge, merge_values
from jobspec.manifest.resolve.headers import first_key
from jobspec.manifest.yaml.tree import Extent, Mapping, Node, Scalar, Sequence, child

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as Map

    from jobspec.diagnostics import Place

MAX_LEVELS = 50
"""Maximum number of templates that extend each other in a row."""
_MAX_KEPT = 1000
"""Maximum number of combinations of templates that are kept merged."""


class TemplateLayer(Struct, frozen=True):
    """A template as a layer. Its expressions are expanded, unless it `is_deferred`."""

    layer: Mapping
    parents: tuple[str, ...]
    is_deferred: bool
    """Whether it refers to the values of a cell, so that it is expanded for each task."""


class Layers(Struct, frozen=True):
    """What is merged under a task: a layer, then others that are expanded with the task's own names."""

    base: Mapping | None
    deferred: tuple[Mapping, ...] = ()


class Templates(Struct, frozen=True, eq=False):
    """The templates of a project in one environment, and the places where they are written."""

    by_name: Map[str, TemplateLayer] = field(default_factory=dict)
    extents: Map[str, tuple[Extent, ...]] = field(default_factory=dict)
    """Where each template is written: in the project's `templates`, in those of the environment, or both."""
    elsewhere: Map[str, str] = field(default_factory=dict)
    """What to do about each name that only another environment has as a template."""
    merged: dict[tuple[str, ...], Layers] = field(default_factory=dict)
    """The layers of each combination so far."""

    @property
    def deferred(self) -> tuple[Mapping, ...]:
        """The templates whose expressions are expanded with the names of each task."""
        return tuple(one.layer for one in self.by_name.values() if one.is_deferred)

    def covers(self, place: Place) -> bool:
        """Whether a place is in one of the templates."""
        return any(_is_within(place, extent.place) for own in self.extents.values() for extent in own)

    def used_at(self, place: Place, names: Iterable[str]) -> bool:
        """Whether a place is in one of the templates that a task extends by names, directly or not."""
        parents = {name: template.parents for name, template in self.by_name.items()}
        used = in_order(names, parents)
        return any(_is_within(place, extent.place) for name in used for extent in self.extents[name])

    def under(self, names: tuple[str, ...], defaults: Mapping | None) -> Layers:
        """Return the layers below a task that extends templates, from the project's defaults up."""
        if not names:
            return Layers(defaults)
        if names not in self.merged:
            if len(self.merged) >= _MAX_KEPT:
                self.merged.clear()
            self.merged[names] = self._under(names, defaults)
        return self.merged[names]

    def _under(self, names: tuple[str, ...], base: Mapping | None) -> Layers:
        parents = {name: template.parents for name, template in self.by_name.items()}
        used = [self.by_name[name] for name in in_order(names, parents)]
        first = next((index for index, one in enumerate(used) if one.is_deferred), len(used))
        for template in used[:first]:
            base = above(base, template.layer)
        return Layers(base, tuple(one.layer for one in used[first:]))


def _is_within(place: Place, whole: Place) -> bool:
    starts = whole.file == place.file and whole.span.start <= place.span.start
    return starts and place.span.end <= whole.span.end


NO_TEMPLATES = Templates()


def in_order(names: Iterable[str], parents: Map[str, tuple[str, ...]]) -> list[str]:
    """Return the known templates that some names mean, each after those it extends, and each once."""
    found: dict[str, None] = {}
    _visit(names, parents, found, MAX_LEVELS)
    return list(found)


def _visit(
    names: Iterable[str], parents: Map[str, tuple[str, ...]], found: dict[str, None], levels: int
) -> None:
    for name in names:
        if name in parents and name not in found and levels:
            _visit(parents[name], parents, found, levels - 1)
            found.setdefault(name)


def extended(document: Node) -> tuple[Scalar, ...]:
    """Return the names in `extends`: one name as text, or a list; empty if it has another shape."""
    node = child(document, "extends")
    items = node.items if isinstance(node, Sequence) else (node,)
    return tuple(one for one in items if isinstance(one, Scalar) and isinstance(one.value, str))


def extended_values(document: Map[str, Any]) -> tuple[str, ...]:
    """Return what `extended` returns, for plain values."""
    found = document.get("extends")
    items = found if isinstance(found, list) else [found]
    return tuple(one for one in items if isinstance(one, str))


def above(base: Mapping | None, layer: Mapping) -> Mapping:
    """Return a layer, without its own `extends`, with the layers below it merged under it."""
    parts = {part: layer.entries[part] for part in LAYERED if part in layer.entries}
    entries = {part: entry for part, entry in parts.items() if not _is_absent(entry[1])}
    own = replace(layer, entries=entries)
    merged = merge(base, own)
    return merged if isinstance(merged, Mapping) else own


def _is_absent(node: Node) -> bool:
    return isinstance(node, Scalar) and node.is_absent


def with_base(document: Mapping, base: Mapping | None) -> Mapping:
    """Return a task's document with the layers below it merged under it; it then has a spec and a lifecycle.

    `spec: null` inherits nothing, and `spec:` without a value everything.
    """
    entries = dict(document.entries)
    for part in LAYERED:
        below = base.get(part) if base is not None else None
        key, own = entries.get(part) or _empty(part, document)
        if part in entries and isinstance(own, Scalar) and own.value is None and part != "metadata":
            own, below = (Mapping({}, key.at), below) if own.is_absent else (Mapping({}, own.at), None)
        if part in entries or part != "metadata":
            entries[part] = (key, merge(below, own, (part,)))
    return replace(document, entries=entries)


def _empty(part: str, document: Mapping) -> tuple[Scalar, Node]:
    at = first_key(document)
    return Scalar(part, part, "", at), Mapping({}, at)


def values_with_base(document: Map[str, Any], base: Map[str, Any]) -> dict[str, Any]:
    """Return what `with_base` returns, for plain values without null."""
    merged = {"spec": {}, "lifecycle": {}, **document}
    for part in LAYERED:
        merged[part] = merge_values(base.get(part), merged[part], (part,))
    return merged
