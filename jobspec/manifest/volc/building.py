"""Build the tree of a manifest, whose nodes keep the positions of the vendor's file. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobspec.manifest.yaml.tree import Extent, Mapping, Node, Scalar
from jobspec.manifest.yaml.tree import Sequence as List

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class Builder:
    """A map that is being built; `put` takes dotted paths."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Scalar, Node | Builder]] = {}

    def put(self, path: str | Sequence[str], key: Scalar, value: Node) -> None:
        """Set a field. `key` is where the vendor's file gives it."""
        name, *rest = path.split(".") if isinstance(path, str) else path
        if not rest:
            self._entries[name] = (key_at(name, key.at), value)
            return
        _, inner = self._entries.setdefault(name, (key_at(name, key.at), Builder()))
        if isinstance(inner, Builder):
            inner.put(rest, key, value)

    def text(self, name: str) -> str:
        """Return the text of a field; empty if it is no scalar."""
        _, value = self._entries.get(name, (None, None))
        return str(value.value) if isinstance(value, Scalar) else ""

    def change(self, name: str, change: Callable[[Scalar], Scalar]) -> None:
        """Replace the value of a field, if it is a scalar."""
        key, value = self._entries.get(name, (None, None))
        if key is not None and isinstance(value, Scalar):
            self._entries[name] = (key, change(value))

    def change_list(self, name: str, change: Callable[[List], List | None]) -> None:
        """Replace the value of a field, if it is a list; None removes the field."""
        key, value = self._entries.get(name, (None, None))
        if key is None or not isinstance(value, List):
            return
        changed = change(value)
        if changed is None:
            del self._entries[name]
        else:
            self._entries[name] = (key, changed)

    def __contains__(self, name: str) -> bool:
        """Whether a field is set."""
        return name in self._entries

    def node(self, at: Extent, order: Iterable[str] = ()) -> Mapping:
        """Return the map, its fields in the given order first."""
        names = dict.fromkeys((*(name for name in order if name in self._entries), *self._entries))
        return Mapping({name: self._entry(name) for name in names}, at)

    def _entry(self, name: str) -> tuple[Scalar, Node]:
        key, value = self._entries[name]
        return key, value.node(key.at) if isinstance(value, Builder) else value


def key_at(name: str, at: Extent) -> Scalar:
    """Return a key of a manifest with the place of what it was made from."""
    return Scalar(name, name, "", at)


def value_at(value: Any, at: Extent) -> Scalar:
    """Return a value of a manifest with the place of what it was made from."""
    return Scalar(value, value if isinstance(value, str) else str(value), '"', at)


def map_of(values: dict[str, Node], at: Extent) -> Mapping:
    """Return a map, all at one place."""
    return Mapping({name: (key_at(name, at), value) for name, value in values.items()}, at)


def reference(variable: str, at: Extent) -> Mapping:
    """Return a reference to a secret in an environment variable."""
    return map_of({"secret": map_of({"env": value_at(variable, at)}, at)}, at)
