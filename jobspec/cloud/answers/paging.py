"""Return a listing that is proven complete, although tasks move between the pages while they are read.

Pages are sorted by ascending Id, and each page starts with the last task of the previous one. A page is a
part of the list at one moment, so it contains every task between its first and its last that exists during
the whole listing. Pages that overlap from the start of the list to its end therefore miss no such task, in
any order of reading. Without the overlap, each task deleted between two reads would hide an existing one.
The end of the list is a page with nothing new, or a first page that certainly is the whole list.
"""

from __future__ import annotations

from collections import deque
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING, TypeAlias

from jobspec.errors import ListingIncomplete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jobspec.cloud.answers.wire import InstanceRecord, Page, TaskRecord

MAX_RESTARTS = 5
MAX_TASKS = 1_000_000  # ends the listing of a server that invents new ids forever
PAGES_AHEAD = 4
SHORTEST_CUT = 10
"""The documented default of `Limit`: no platform ends a page of a longer list before this many tasks.

So a shorter first page that holds as many tasks as its total is the whole list, at one moment. A longer one
may have been cut, by a platform whose total counts the tasks of the page.
"""

Fetch: TypeAlias = "Callable[[int], Page]"
"""Reads the page at an offset."""
Start: TypeAlias = "Callable[[int], Callable[[], Page]]"
"""Starts to read the page at an offset; the returned function waits for the page, or raises the error."""
Keep: TypeAlias = "Callable[[TaskRecord], bool]"


class _ShiftedError(Exception):
    """The pages of one pass do not overlap."""


class _Listed:
    """What one pass has listed: all tasks are counted, and only some are kept."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self.kept: list[TaskRecord] = []
        self.count = 0
        self.last = ""

    def add(self, tasks: tuple[TaskRecord, ...]) -> None:
        """Add the tasks that follow those listed."""
        self.kept.extend(filter(self._keep, tasks))
        self.count += len(tasks)
        self.last = tasks[-1].id


class Ahead:
    """The pages of one pass, of which up to `PAGES_AHEAD` are read at once.

    The first page predicts the offsets of the others. After a request for an offset that was not predicted,
    that page and all later ones are read one by one.
    """

    def __init__(self, fetch: Fetch, start: Start) -> None:
        self._fetch = fetch
        self._start = start
        self._predicted: Iterator[int] = iter(())
        self._running: deque[tuple[int, Callable[[], Page]]] = deque()

    def fetch(self, offset: int) -> Page:
        """Return the page at an offset."""
        if self._running and self._running[0][0] == offset:
            page = self._running[0][1]()
            self._running.popleft()
            self._read_on()
            return page
        self._predicted = iter(())
        self._running.clear()
        page = self._fetch(offset)
        if offset == 0:
            self._predicted = _offsets(page)
            self._read_on()
        return page

    def _read_on(self) -> None:
        for offset in islice(self._predicted, PAGES_AHEAD - len(self._running)):
            self._running.append((offset, self._start(offset)))


def _offsets(first: Page) -> Iterator[int]:
    """Return the expected offsets of the pages after the first; the last one shows the end of the list."""
    size, total = len(first.tasks), min(first.total or 0, MAX_TASKS)
    if size < 2 or total < 2:  # the pages do not overlap, or there is only one
        return iter(())
    return chain(range(size - 1, total - 1, size - 1), (total - 1,))


def list_complete(fetch: Fetch, start: Start, *, keep: Keep = lambda _: True) -> tuple[TaskRecord, ...]:
    """Return every task to keep that exists during the whole listing, by ascending Id.

    `start` begins to read a page that `fetch` would read. The first pass reads pages ahead. If they do not
    overlap, the later passes read one page after another. Raises `ListingIncomplete` after five restarts;
    read errors propagate.
    """
    restarts, is_second_look = 0, False
    read: Fetch = Ahead(fetch, start).fetch
    while True:
        listed = _Listed(keep)
        try:
            total = _one_pass(listed, read)
        except _ShiftedError as shift:
            read = fetch
            restarts += 1
            if restarts > MAX_RESTARTS:
                raise incomplete(str(shift)) from None
            continue
        if total in {None, listed.count}:
            return tuple(listed.kept)
        if is_second_look:
            return _trusted(listed, total)
        # The total is only a hint: it may be stale or count other things. A mismatch costs one more pass,
        # once.
        read, is_second_look = fetch, True


def _trusted(listed: _Listed, total: int | None) -> tuple[TaskRecord, ...]:
    """Return the tasks that were listed twice, whatever the total; reject an empty list.

    The total is not 0 here, and an empty list would mean that every task must be submitted.
    """
    if not listed.count:
        raise empty(total)
    return tuple(listed.kept)


def list_instances(fetch: Callable[[int], tuple[InstanceRecord, ...]]) -> tuple[InstanceRecord, ...]:
    """Return every instance in the order of the responses; a page with no new instance ends the list.

    Use it for display only, not for decisions: instances have no id that could prove that none was skipped.
    """
    found: dict[tuple[object, ...], InstanceRecord] = {}
    while True:
        known = len(found)
        for one in fetch(known):
            found.setdefault((one.role_name, one.role_index, one.pod_name, one.launch_time), one)
        if len(found) == known:
            return tuple(found.values())
        if known > MAX_TASKS:
            raise incomplete(f"the platform listed more than {MAX_TASKS} instances of one task")


def _one_pass(listed: _Listed, fetch: Fetch) -> int | None:
    """Read the pages from the first to the last; return the total."""
    while True:
        page = fetch(max(0, listed.count - 1))
        fresh = _continuation(listed, page)
        if not fresh:
            _check_end(listed, page, fetch)
            return page.total
        listed.add(fresh)
        if is_whole(page, listed.count):
            return page.total
        if listed.count > MAX_TASKS:
            raise incomplete(f"the platform listed more than {MAX_TASKS} tasks")


def _continuation(listed: _Listed, page: Page) -> tuple[TaskRecord, ...]:
    """Return the tasks of `page` that follow, after checking that the page overlaps with those listed."""
    ids = [task.id for task in page.tasks]
    if any(first >= second for first, second in pairwise(ids)):
        raise _ShiftedError("a page is not sorted by ascending id")
    if not listed.count:
        return page.tasks
    if ids[:1] != [listed.last]:
        raise _ShiftedError("tasks moved between the pages")
    return page.tasks[1:]


def is_whole(page: Page, count: int) -> bool:
    """Return whether a page is the first one, and certainly holds the whole list; `count` are listed."""
    return len(page.tasks) == count == page.total and count < SHORTEST_CUT


def _check_end(listed: _Listed, page: Page, fetch: Fetch) -> None:
    """Detect a server that returns one task per page, whose list would appear to end after the first task."""
    if listed.count != 1 or page.total == 1:
        return
    if any(task.id != listed.last for task in fetch(1).tasks):
        raise _ShiftedError("the platform returns one task per page")


def empty(total: int | None) -> ListingIncomplete:
    """Return the error for an empty list whose total is another number."""
    return ListingIncomplete(
        f"the platform returned an empty list of tasks but a total of {total}",
        help="run the command again; nothing is changed while the platform's answers are inconsistent",
    )


def incomplete(why: str) -> ListingIncomplete:
    """Return the error for a listing that cannot be proven complete."""
    return ListingIncomplete(
        f"the list of tasks is incomplete: {why}",
        help="run the command again when fewer tasks are being deleted",
    )
