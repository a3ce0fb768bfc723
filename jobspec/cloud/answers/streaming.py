"""Yield a listing page by page, as soon as each page is proven to join on to those before it.

What was yielded cannot be taken back, so no pass starts again. No restart is needed: each page is a part
of the list at one moment, and it joins on if it starts at or before the last task that was yielded, whatever
was created or deleted meanwhile. If tasks before it were deleted, an earlier page is read instead.
"""

from __future__ import annotations

from itertools import pairwise
from operator import gt, lt
from typing import TYPE_CHECKING

from jobspec.cloud.answers.paging import (
    MAX_RESTARTS,
    MAX_TASKS,
    Ahead,
    Fetch,
    Start,
    empty,
    incomplete,
    is_whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from jobspec.cloud.answers.wire import Page, TaskRecord


def list_in_order(fetch: Fetch, start: Start, *, is_descending: bool) -> Iterator[tuple[TaskRecord, ...]]:
    """Yield every task that exists during the whole listing, once, in the order of ids.

    `fetch` and `start` read pages in that order. Raises `ListingIncomplete` as soon as the rest cannot be
    proven complete; what was yielded before is then a part of the list only. A total that does not agree
    costs one more pass, which may show no further task.
    """
    comes_after = lt if is_descending else gt
    listed: set[str] = set()
    total = yield from _pass(Ahead(fetch, start).fetch, comes_after, listed)
    if not listed and total:
        total = yield from _pass(fetch, comes_after, listed)
    if total not in {None, len(listed)}:
        _look_again(fetch, comes_after, listed, total)


def _pass(
    fetch: Fetch, comes_after: Callable[[str, str], bool], listed: set[str]
) -> Generator[tuple[TaskRecord, ...], None, int | None]:
    """Yield the tasks of one pass, add their ids to `listed`, and return the last total."""
    offset, last, largest, failures = 0, "", 2, 0
    while failures <= MAX_RESTARTS:
        page = fetch(offset)
        if not _is_in_order(page, comes_after):
            failures += 1
            continue
        largest = max(largest, len(page.tasks))
        if last and not _joins_on(page, last, comes_after):
            offset, failures = max(0, offset - largest + 1), failures + 1
            continue
        fresh = tuple(task for task in page.tasks if not last or comes_after(task.id, last))
        if fresh:
            failures, last = 0, fresh[-1].id
            _add(listed, fresh)
            yield fresh
        if is_whole(page, len(listed)) or (not fresh and _is_end(page, len(listed), fetch)):
            return page.total
        failures += not fresh
        offset += len(page.tasks) - 1
    raise incomplete("the pages do not join on to each other")


def _is_in_order(page: Page, comes_after: Callable[[str, str], bool]) -> bool:
    return all(comes_after(second.id, first.id) for first, second in pairwise(page.tasks))


def _joins_on(page: Page, last: str, comes_after: Callable[[str, str], bool]) -> bool:
    return bool(page.tasks) and not comes_after(page.tasks[0].id, last)


def _is_end(page: Page, count: int, fetch: Fetch) -> bool:
    """Return whether a page without a new task ends the list: it then contains at most the last task.

    A server that returns one task per page would seem to end after the first one.
    """
    if len(page.tasks) > 1:
        return False
    if count == 1 and page.total != 1 and any(task.id != page.tasks[0].id for task in fetch(1).tasks):
        raise incomplete("the platform returns one task per page")
    return True


def _add(listed: set[str], fresh: tuple[TaskRecord, ...]) -> None:
    listed.update(task.id for task in fresh)
    if len(listed) > MAX_TASKS:
        raise incomplete(f"the platform listed more than {MAX_TASKS} tasks")


def _look_again(
    fetch: Fetch, comes_after: Callable[[str, str], bool], listed: set[str], total: int | None
) -> None:
    """Raise `ListingIncomplete` if another pass shows a task that is not listed, but is not new either."""
    if not listed:
        raise empty(total)
    again: set[str] = set()
    for _ in _pass(fetch, comes_after, again):
        pass
    newest = max(listed)
    if any(one < newest for one in again - listed):
        raise incomplete("a second look shows other tasks")
