"""Write converted manifests as text, with the comments of the vendor's file. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jobspec.manifest.volc.writing.comments import Placed, comments_in, placed
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import Node, at_path, plain
from jobspec.manifest.yaml.writing import as_block, to_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from jobspec.manifest.volc.converting import ConvertedTask
    from jobspec.manifest.volc.writing.comments import Path

    Write = Callable[[str, Any], str]

_LINE = re.compile(r"^(?=.)", re.MULTILINE)
_BLOCK = re.compile(r": [|>][-+]?$")


def texts(
    tasks: Sequence[ConvertedTask], documents: Sequence[Mapping[str, Any]], secrets: Collection[str]
) -> Iterator[str]:
    """Yield the text of each manifest. `documents` are the values to write."""
    sources = {id(one.source): one.source for one in tasks}
    known = {number: comments_in(source, secrets) for number, source in sources.items()}
    for index, (task, document) in enumerate(zip(tasks, documents, strict=True)):
        first, last = _range(task, tasks, index)
        yield render(document, placed(task, known[id(task.source)], first=first, last=last))


def _range(task: ConvertedTask, tasks: Sequence[ConvertedTask], index: int) -> tuple[int, int]:
    """Return the lines whose comments belong to a task: from the end of the one before it."""
    before = tasks[index - 1] if index and tasks[index - 1].source is task.source else None
    after = tasks[index + 1] if index + 1 < len(tasks) and tasks[index + 1].source is task.source else None
    first = 0 if before is None else before.document.at.end_line + 1
    return first, task.document.at.end_line if after else 1 << 30


def render(document: Mapping[str, Any], comments: Placed) -> str:
    """Return the text of a manifest. Parsing it gives exactly the document's values."""
    for write in (as_block, _as_it_is):
        bare = "".join(_parts(document, write))
        tree = _tree(bare, document)
        if tree is None:
            continue
        text = _with_comments(bare, tree, comments)
        return text if _tree(text, document) is not None else bare
    raise ValueError("a manifest cannot be written as YAML")


def _parts(document: Mapping[str, Any], write: Write) -> Iterator[str]:
    for name, value in document.items():
        if isinstance(value, dict) and value:
            yield f"{name}:\n"
            yield from (_LINE.sub("  ", write(field, part)) for field, part in value.items())
        else:
            yield to_yaml({name: value})


def _as_it_is(name: str, value: Any) -> str:
    return to_yaml({name: value})


def _tree(text: str, document: Mapping[str, Any]) -> Node | None:
    """Return the text as a tree; None if it does not have the document's values."""
    source = parse(text.encode(), "")
    if source.diagnostics or [plain(one) for one in source.documents] != [document]:
        return None
    return source.documents[0]


def _with_comments(text: str, tree: Node, comments: Placed) -> str:
    lines = text.split("\n")
    above: dict[int, list[str]] = {}
    for path, notes in comments.above.items():
        number = _line_of(tree, path)
        if number is None:
            continue
        indent = len(lines[number]) - len(lines[number].lstrip())
        above.setdefault(number, []).extend(f"{' ' * indent}{note}" for note in notes)
    for path, note in comments.after.items():
        number = _line_of(tree, path)
        if number is None:
            continue
        if _BLOCK.search(lines[number]):
            indent = len(lines[number]) - len(lines[number].lstrip())
            above.setdefault(number, []).append(f"{' ' * indent}{note}")
        else:
            lines[number] += f" {note}"
    written = [part for number, line in enumerate(lines) for part in (*above.get(number, ()), line)]
    head = "".join(f"{note}\n" for note in comments.head)
    foot = "".join(f"{note}\n" for note in comments.foot)
    return head + "\n".join(written) + foot


def _line_of(tree: Node, path: Path) -> int | None:
    """Return the line of a field; None if it is in the project's defaults instead."""
    found = at_path(tree, path)
    if found.path != path:
        return None
    return (found.node.at if found.key is None else found.key.at).line
