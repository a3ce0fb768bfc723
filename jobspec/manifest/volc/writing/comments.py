"""The comments of a vendor's file, and the fields of a manifest that they belong to. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.manifest.volc.hiding import scalars
from jobspec.manifest.volc.writing.secret_comments import secretive, without_known
from jobspec.manifest.yaml.tree import Extent, Key, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from jobspec.manifest.volc.converting import ConvertedTask
    from jobspec.manifest.yaml.source import Source

_SIGN = re.compile(r"(?:^|(?<=[ \t]))#")

Path = tuple[Key, ...]


class Comment(Struct, frozen=True):
    """A comment: its line in the file, its text with the sign, and whether it has the line to itself."""

    line: int
    column: int
    text: str
    is_alone: bool

    def scalar(self, file: str) -> Scalar:
        """Return the comment as a node, to report it."""
        end = self.column + len(self.text)
        return Scalar(self.text, self.text, "", Extent(file, self.line, self.column, self.line, end))


class Placed(Struct, frozen=True):
    """Comments of a manifest: above a field, after its value, before the document, and after it."""

    above: dict[Path, list[str]]
    after: dict[Path, str]
    head: list[str]
    foot: list[str]


def comments_in(source: Source, secrets: Collection[str]) -> list[Comment]:
    """Return the comments of a file, in order, without credentials and without those that may have one."""
    written = list(_written(source))
    dropped = set(secretive(written))
    return [
        replace(one, text=_shown(one.text, secrets))
        for number, one in enumerate(written)
        if number not in dropped
    ]


def secret_comments(source: Source) -> Iterator[Comment]:
    """Yield the comments that are left out, as they are in the file."""
    written = list(_written(source))
    return (written[number] for number in secretive(written))


def _shown(text: str, secrets: Collection[str]) -> str:
    shown = f"#{without_known(text[1:], secrets)}"
    return "".join(char if char.isprintable() else "?" for char in shown)


def _written(source: Source) -> Iterator[Comment]:
    covered = _covered(source)
    for number, line in enumerate(source.text.split("\n") if "#" in source.text else ()):
        ranges = covered.get(number, ())
        for match in _SIGN.finditer(line):
            at = match.start()
            if any(start <= at < end for start, end in ranges):
                continue
            yield Comment(number, at, line[at:].rstrip(), not line[:at].strip())
            break


def _covered(source: Source) -> dict[int, list[tuple[int, int]]]:
    """Return the columns of each line that are inside a scalar."""
    covered: dict[int, list[tuple[int, int]]] = {}
    for node in (one for document in source.documents for one in scalars(document)):
        at = node.at
        for line in range(at.line, at.end_line + 1):
            start = at.column if line == at.line else 0
            end = at.end_column if line == at.end_line else 1 << 30
            if node.style in ("|", ">") and line == at.line:
                continue  # the line of the sign may have a comment
            covered.setdefault(line, []).append((start, end))
    return covered


def placed(task: ConvertedTask, comments: Collection[Comment], *, first: int, last: int) -> Placed:
    """Return where the comments of the lines from `first` to `last` belong in a manifest."""
    by_line: dict[int, list[Path]] = {}
    for line, path in _lines(task.tree, ()):
        by_line.setdefault(line, []).append(path)
    lines = sorted(by_line)
    placed = Placed({}, {}, [], [])
    start = task.document.at.line
    for one in comments:
        if not first <= one.line <= last:
            continue
        if one.is_alone and one.line < start:
            placed.head.append(one.text)
        elif one.is_alone:
            following = next((line for line in lines if line > one.line), None)
            if following is None:
                placed.foot.append(one.text)
            else:
                path = min(by_line[following], key=len)
                placed.above.setdefault(path, []).append(one.text)
        elif one.line in by_line:
            placed.after.setdefault(max(by_line[one.line], key=len), one.text)
    return placed


def _lines(node: Node, path: Path) -> Iterator[tuple[int, Path]]:
    """Yield the line in the vendor's file of each field and item of a manifest's metadata and spec."""
    if isinstance(node, Mapping):
        for name, (key, value) in node.entries.items():
            inner = (*path, name)
            if len(inner) > 1:
                yield key.at.line, inner
            yield from _lines(value, inner)
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield item.at.line, (*path, index)
            yield from _lines(item, (*path, index))
