"""The JSON of a long list of tasks in pieces: the document of `TasksView`, with `total` as its last key.

Without its last piece it is not valid JSON, so a list that ends early cannot be mistaken for a complete one.
"""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

from jobspec.report.tasks.view import TasksView

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jobspec.report.tasks.view import LiveTaskView
    from jobspec.report.view import PlatformView

_START_OF_TASKS = ',\n  "total": null,\n  "more": false,\n  "tasks": []\n}'
_DEPTH = "    "


def pieces(pages: Iterable[Sequence[LiveTaskView]], platform: PlatformView) -> Iterator[str]:
    """Yield the document in pieces of whole lines; the line break of the last one may be missing."""
    empty = TasksView(platform=platform, total=None, more=False, tasks=())
    head = empty.to_json().removesuffix(_START_OF_TASKS)
    yield f'{head},\n  "more": false,\n  "tasks": ['
    number, last = 0, ""
    for page in pages:
        texts = [indent(task.to_json(), _DEPTH) for task in page]
        number += len(texts)
        if texts:
            # A comma follows each task but the last one of all.
            done = [last, *texts[:-1]] if last else texts[:-1]
            last = texts[-1]
            if done:
                yield "".join(f"{text},\n" for text in done)
    yield f'{last}\n  ],\n  "total": {number}\n}}'
