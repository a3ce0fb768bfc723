"""A task after defaults, templates, environment and expressions, with the place that each value came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from jobspec.manifest.validate.plaintext_credentials import find_plaintext
from jobspec.manifest.yaml.tree import Key, Mapping, Node, Scalar, dotted
from jobspec.redaction.shapes import hide_known_shapes
from jobspec.report.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HIDDEN = "(hidden)"
_PARTS = ("apiVersion", "kind", "metadata", "spec", "lifecycle")


class ShownValueView(View, frozen=True, kw_only=True):
    """One value of a task, and the place that it came from."""

    path: Annotated[str, Meta(description="Path in the document, such as `spec.roles[0].replicas`.")]
    value: Annotated[
        Any, Meta(description="The value; an empty map or list stands for itself. Secrets are references.")
    ]
    file: Annotated[str, Meta(description="File that the value is written in.")]
    line: Annotated[
        int,
        Meta(description="Line in the file, from 1; of an expression, the line that the expression is in."),
    ]


class ShownTaskView(View, frozen=True, kw_only=True):
    """One task after everything."""

    name: Annotated[str, Meta(description="Name of the task.")]
    document: Annotated[
        dict[str, Any],
        Meta(description="The complete document, without what null removed, and without built-in defaults."),
    ]
    values: Annotated[
        tuple[ShownValueView, ...], Meta(description="Each value, in the order of the document.")
    ]


class ShowView(View, frozen=True, kw_only=True):
    """Tasks after everything, as `jobspec show --output json` prints them."""

    version: Annotated[Literal["jobspec/show.v1"], Meta(description="This format.")] = "jobspec/show.v1"
    scope: Annotated[str, Meta(description="The set of tasks: project or project/environment.")]
    tasks: Annotated[tuple[ShownTaskView, ...], Meta(description="The tasks, in the order of their names.")]


def shown_task(name: str, document: Mapping) -> ShownTaskView:
    """Return the view of a task's merged document."""
    entries = {part: document.entries[part] for part in _PARTS if part in document.entries}
    key, metadata = entries["metadata"]
    entries["metadata"] = (key, _named_first(metadata))
    hidden = frozenset({*(id(one.node) for one in find_plaintext(document)), *_private(document)})
    kept = _kept(Mapping(entries, document.at), (), hidden)
    return ShownTaskView(name=name, document=_plain(kept), values=tuple(_values(kept, ())))


def _named_first(metadata: Node) -> Node:
    if not isinstance(metadata, Mapping):
        return metadata
    own = metadata.entries
    return Mapping({**{name: own[name] for name in ("name",) if name in own}, **own}, metadata.at)


def _private(document: Mapping) -> Iterator[int]:
    """Yield the values of variables that the platform shows only to the task's creator, by identity."""
    spec = document.get("spec")
    env = spec.get("env") if isinstance(spec, Mapping) else None
    for _, variable in env.entries.values() if isinstance(env, Mapping) else ():
        private = variable.get("private") if isinstance(variable, Mapping) else None
        if isinstance(variable, Mapping) and isinstance(private, Scalar) and private.value is True:
            yield id(variable.get("value"))


def _kept(node: Node, path: tuple[Key, ...], hidden: frozenset[int]) -> Node:
    """Return a tree without secrets, without what null removed, and without parts that are empty then."""
    if isinstance(node, Scalar):
        value = HIDDEN if id(node) in hidden else node.value
        return Scalar(
            hide_known_shapes(value) if isinstance(value, str) else value, node.text, node.style, node.at
        )
    if isinstance(node, Mapping):
        parts = {name: (key, _kept(one, (*path, name), hidden)) for name, (key, one) in node.entries.items()}
        is_literal = "extra" in path
        kept = {name: entry for name, entry in parts.items() if is_literal or not _is_nothing(entry[1], path)}
        return Mapping(kept, node.at)
    items = (_kept(item, (*path, index), hidden) for index, item in enumerate(node.items))
    return type(node)(tuple(items), node.at)


def _is_nothing(node: Node, path: tuple[Key, ...]) -> bool:
    is_null = isinstance(node, Scalar) and node.value is None
    return is_null or (not path and isinstance(node, Mapping) and not node.entries)


def _plain(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Mapping):
        return {name: _plain(value) for name, (_, value) in node.entries.items()}
    return [_plain(item) for item in node.items]


def _values(node: Node, path: tuple[Key, ...]) -> Iterator[ShownValueView]:
    parts: Iterable[tuple[Key, Node]]
    if isinstance(node, Scalar):
        parts = ()
    elif isinstance(node, Mapping):
        parts = [(name, value) for name, (_, value) in node.entries.items()]
    else:
        parts = list(enumerate(node.items))
    if not parts:
        place = node.at.place
        yield ShownValueView(
            path=dotted(path), value=_plain(node), file=place.file, line=place.span.start.line
        )
    for step, value in parts:
        yield from _values(value, (*path, step))
