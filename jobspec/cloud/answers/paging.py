"""A listing that is proven complete, out of pages that shift while they are read.

Pages are sorted by ascending Id and each starts with the last task of the one before. A page is a stretch of
the list at one moment, so it holds every task between its first and its last that lives throughout: pages
that join on to each other from the first place to the end miss none, in whatever order they were read.
Without the overlap, every record deleted between two pages would hide one that is still there.
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
MAX_TASKS = 1_000_000  # ends a listing whose server makes up new ids for ever
PAGES_AHEAD = 4

Start: TypeAlias = "Callable[[int], Callable[[], Page]]"
"""Begins to read the page at an offset; what it returns waits for the page, or raises what went wrong."""
Fetch: TypeAlias = "Callable[[int], Page]"


class _ShiftedError(Exception):
    """The pages of one pass do not fit together."""


class _Ahead:
    """The pages of one pass; once the first one tells how the others lie, `PAGES_AHEAD` are read at once.

    Whoever asks for another page than the one foreseen gets it alone, and so all that follow.
    """

    def __init__(self, start: Start) -> None:
        self._start = start
        self._foreseen: Iterator[int] = iter(())
        self._under_way: deque[tuple[int, Callable[[], Page]]] = deque()

    def fetch(self, offset: int) -> Page:
        """The page at an offset."""
        if self._under_way and self._under_way[0][0] == offset:
            page = self._under_way[0][1]()
            self._under_way.popleft()
            self._read_on()
            return page
        self._foreseen = iter(())
        self._under_way.clear()
        page = self._start(offset)()
        if offset == 0:
            self._foreseen = _offsets(page)
            self._read_on()
        return page

    def _read_on(self) -> None:
        for offset in islice(self._foreseen, PAGES_AHEAD - len(self._under_way)):
            self._under_way.append((offset, self._start(offset)))


def _offsets(first: Page) -> Iterator[int]:
    """Where the pages after the first begin if all are as long, and last the one that shows the end."""
    size, total = len(first.tasks), min(first.total or 0, MAX_TASKS)
    if size < 2 or total < 2:  # such pages do not overlap, or there is no other
        return iter(())
    return chain(range(size - 1, total - 1, size - 1), (total - 1,))


def list_complete(start: Start) -> tuple[TaskRecord, ...]:
    """Every task that was there during the whole listing, by ascending Id; `start` begins to read a page.

    The first pass reads pages ahead; when they do not fit together, the next ones read one after another.
    Raises `ListingIncomplete` after five restarts; errors of reading pass through.
    """
    restarts, is_second_look = 0, False
    fetch: Fetch = _Ahead(start).fetch
    while True:
        try:
            tasks, total = _one_pass(fetch)
        except _ShiftedError as shift:
            fetch = _alone(start)
            restarts += 1
            if restarts > MAX_RESTARTS:
                raise _incomplete(str(shift)) from None
            continue
        if total in {None, len(tasks)}:
            return tasks
        if is_second_look:
            return _trusted(tasks, total)
        # The total is only a hint: it may be stale or count other things, so it costs one more pass, once.
        fetch, is_second_look = _alone(start), True


def _trusted(tasks: tuple[TaskRecord, ...], total: int | None) -> tuple[TaskRecord, ...]:
    """What was listed twice, whatever the total; but nothing at all is not believed of a list that has some.

    An empty list means that everything is to be submitted.
    """
    if not tasks:
        raise ListingIncomplete(
            f"the platform returned an empty list of tasks but a total of {total}",
            help="run the command again; nothing is changed while the platform's answers are inconsistent",
        )
    return tasks


def _alone(start: Start) -> Fetch:
    return lambda offset: start(offset)()


def list_instances(fetch: Callable[[int], tuple[InstanceRecord, ...]]) -> tuple[InstanceRecord, ...]:
    """Every instance, in the order they came; the end is a page with nothing new.

    Good for showing, not for deciding: instances have no id to prove by that none was skipped.
    """
    found: dict[tuple[object, ...], InstanceRecord] = {}
    while True:
        known = len(found)
        for one in fetch(known):
            found.setdefault((one.role_name, one.role_index, one.pod_name, one.launch_time), one)
        if len(found) == known:
            return tuple(found.values())
        if known > MAX_TASKS:
            raise _incomplete(f"the platform listed more than {MAX_TASKS} instances of one task")


def _one_pass(fetch: Fetch) -> tuple[tuple[TaskRecord, ...], int | None]:
    tasks: list[TaskRecord] = []
    while True:
        page = fetch(max(0, len(tasks) - 1))
        fresh = _continuation(tasks, page)
        if not fresh:
            _check_end(tasks, page, fetch)
            return tuple(tasks), page.total
        tasks.extend(fresh)
        if len(tasks) > MAX_TASKS:
            raise _incomplete(f"the platform listed more than {MAX_TASKS} tasks")


def _continuation(tasks: list[TaskRecord], page: Page) -> tuple[TaskRecord, ...]:
    """The tasks of `page` that come after `tasks`, once it is seen to join on to them."""
    ids = [task.id for task in page.tasks]
    if any(first >= second for first, second in pairwise(ids)):
        raise _ShiftedError("a page is not sorted by ascending id")
    if not tasks:
        return page.tasks
    if ids[:1] != [tasks[-1].id]:
        raise _ShiftedError("tasks moved between the pages")
    return page.tasks[1:]


def _check_end(tasks: list[TaskRecord], page: Page, fetch: Fetch) -> None:
    """A server that gives one task a page would look as if it ended after the first."""
    if len(tasks) != 1 or page.total == 1:
        return
    if any(task.id != tasks[0].id for task in fetch(1).tasks):
        raise _ShiftedError("the platform returns one task per page")


def _incomplete(why: str) -> ListingIncomplete:
    return ListingIncomplete(
        f"the list of tasks is incomplete: {why}",
        help="run the command again when fewer tasks are being deleted",
    )
