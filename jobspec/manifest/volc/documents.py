"""Find the tasks in the documents of a file: alone, in a list, or in an answer of the API. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.volc.names import form
from jobspec.manifest.volc.task import knows
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.manifest.volc.findings import Findings
    from jobspec.manifest.yaml.source import Source

_WRAPPERS = ("result", "list", "customtask", "task", "data")
_HELP = "Pass a task file of the vendor's command line, a task as the API returns it, or the SDK's arguments."


def tasks_in(source: Source, findings: Findings) -> Iterator[Mapping]:
    """Yield the tasks of a file; what is none is reported."""
    documents = [one for one in source.documents if not (isinstance(one, Scalar) and one.is_absent)]
    for document in documents:
        yield from _tasks(document, findings, 0)


def _tasks(node: Node, findings: Findings, depth: int) -> Iterator[Mapping]:
    if isinstance(node, Mapping) and knows(node):
        yield node
        return
    wrapped = _wrapped(node) if depth < len(_WRAPPERS) else None
    if wrapped is not None:
        yield from _tasks(wrapped, findings, depth + 1)
    elif isinstance(node, Sequence) and node.items and depth < len(_WRAPPERS):
        for item in node.items:
            yield from _tasks(item, findings, depth + 1)
    elif isinstance(node, Mapping) and "apiVersion" in node.entries:
        findings.refuse(node, "the document is already a jobspec manifest", "Leave it out.")
    else:
        findings.refuse(node, "the document is not a vendor task", _HELP)


def _wrapped(node: Node) -> Node | None:
    if not isinstance(node, Mapping):
        return None
    found = (value for name, (_, value) in node.entries.items() if form(name) in _WRAPPERS)
    return next((value for value in found if not isinstance(value, Scalar)), None)
