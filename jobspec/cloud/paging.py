"""A listing that is proven complete, out of pages that shift while they are read.

Pages are sorted by ascending Id and each starts one before the end of the last. Ids are ordered strictly, so
the boundary task keeps its place if and only if as many tasks before it went as came; then no later task was
skipped. Without the overlap, every record deleted between two pages would hide one that is still there.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from jobspec.errors import ListingIncomplete

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobspec.cloud.wire import InstanceRecord, Page, TaskRecord

MAX_RESTARTS = 5
MAX_TASKS = 1_000_000  # ends a listing whose server makes up new ids for ever

Fetch: TypeAlias = "Callable[[int], Page]"


class _ShiftedError(Exception):
    """The pages of one pass do not fit together."""


def list_complete(fetch: Fetch) -> tuple[TaskRecord, ...]:
    """Every task that was there during the whole listing, by ascending Id; `fetch` reads a page at an offset.

    Raises `ListingIncomplete` after five restarts; errors of `fetch` pass through.
    """
    restarts, is_second_look = 0, False
    while True:
        try:
            tasks, total = _one_pass(fetch)
        except _ShiftedError as shift:
            restarts += 1
            if restarts > MAX_RESTARTS:
                raise _incomplete(str(shift)) from None
            continue
        if is_second_look or total in {None, len(tasks)}:
            return tasks
        # The total is only a hint: it may be stale or count other things, so it costs one more pass, once.
        is_second_look = True


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
        raise _ShiftedError("a page was not sorted by ascending id")
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
        raise _ShiftedError("the platform gives one task a page")


def _incomplete(why: str) -> ListingIncomplete:
    return ListingIncomplete(
        f"the list of tasks could not be read to its end: {why}",
        help="run it again when fewer tasks are being deleted",
    )
