"""Find the tasks in the documents of a file: alone, in a list, or in an answer of the API. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.volc.findings import CHANGED
from jobspec.manifest.volc.given import is_empty
from jobspec.manifest.volc.names import form
from jobspec.manifest.volc.task import knows
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.manifest.volc.findings import Findings
    from jobspec.manifest.yaml.source import Source

_WRAPPERS = ("result", "list", "customtask", "task", "data")
_TOTALS = ("total", "totalcount")
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
    wrapped = _wrapped(node) if depth < len(_WRAPPERS) else []
    if wrapped:
        _report_missing(node, wrapped, findings)
        for one in wrapped:
            yield from _tasks(one, findings, depth + 1)
    elif isinstance(node, Sequence) and node.items and depth < len(_WRAPPERS):
        for item in node.items:
            yield from _tasks(item, findings, depth + 1)
    elif isinstance(node, Mapping) and "apiVersion" in node.entries:
        findings.refuse(node, "the document is already a jobspec manifest", "Leave it out.")
    else:
        findings.refuse(node, "the document is not a vendor task", _HELP)


def _wrapped(node: Node) -> list[Node]:
    """Return what is in the wrappers of a map: all that is not empty, or else the first."""
    if not isinstance(node, Mapping):
        return []
    found = [value for name, (_, value) in node.entries.items() if form(name) in _WRAPPERS]
    found = [value for value in found if not isinstance(value, Scalar)]
    return [value for value in found if not is_empty(value)] or found[:1]


def _report_missing(node: Node, wrapped: list[Node], findings: Findings) -> None:
    """Report that an answer of the API is one page of several."""
    entries = node.entries.items() if isinstance(node, Mapping) else ()
    total = next((value for name, (_, value) in entries if form(name) in _TOTALS), None)
    listed = [len(one.items) for one in wrapped if isinstance(one, Sequence)]
    if isinstance(total, Scalar) and isinstance(total.value, int) and listed and sum(listed) < total.value:
        findings.warn(
            CHANGED,
            total,
            f"the file lists {sum(listed)} of {total.value} tasks",
            "Convert the other pages, too.",
        )
