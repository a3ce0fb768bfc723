"""Render tasks as YAML, each value with a comment that names its file and line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobspec.manifest.yaml.writing import as_block, to_yaml
from jobspec.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.report.show.view import ShownTaskView, ShownValueView, ShowView

_KEY = re.compile(r":$|^ *\? ")
"""A line with the key of a map or a list, or with a long key whose value is on the next line."""
_FIELD = re.compile(r"(?P<indent>[ -]*)(?P<name>[A-Za-z_][A-Za-z0-9_-]*): ")


def render(view: ShowView) -> str:
    """Return the tasks as YAML documents, which are valid manifests."""
    return "---\n".join("".join(_document(task)) for task in view.tasks)


def _document(task: ShownTaskView) -> Iterator[str]:
    """Yield the lines of a task: the writer puts each value on one line, after the keys above it."""
    values = iter(task.values)
    for line in to_yaml(task.document).splitlines():
        yield f"{line}\n" if _KEY.search(line) else _commented(line, next(values))


def _commented(line: str, value: ShownValueView) -> str:
    comment = f"  # {printable(value.file)}:{value.line}"
    field = _FIELD.match(line)
    if field is None or not isinstance(value.value, str):
        return f"{line}{comment}\n"
    head, *below = as_block(field["name"], value.value).splitlines()
    if not below:
        return f"{line}{comment}\n"
    indent = " " * len(field["indent"])
    return "\n".join([f"{field['indent']}{head}{comment}", *(f"{indent}{one}".rstrip() for one in below), ""])
