"""Reads the live tasks of an account, from any user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.errors import UsageError
from jobspec.manifest.files.filenames import PROJECT_FILE
from jobspec.reconcile import tags
from jobspec.reconcile.tags import TagKey
from jobspec.report.tasks import view as tasks_view
from jobspec.report.tasks.view import (
    InstancesView,
    LiveTaskView,
    TaskDetailView,
    TasksView,
    TimelineView,
)
from jobspec.report.view import PlatformView
from jobspec.workflow.account.connect import Connection, connect
from jobspec.workflow.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.cloud.answers.query import ListQuery
    from jobspec.cloud.answers.wire import TaskRecord
    from jobspec.cloud.client import PlatformClient
    from jobspec.workflow.account.account import Located

_MOST_A_PAGE = 100
_LEAST_A_PAGE = 2


class OpenAccount(Struct, frozen=True):
    """A platform and a connection to it."""

    located: Located
    connection: Connection
    surroundings: Surroundings

    @property
    def platform(self) -> PlatformView:
        """Where the tasks run."""
        return PlatformView.of(self.connection.address)

    @property
    def client(self) -> PlatformClient:
        """The client of the platform."""
        return self.connection.client


class Listing(Struct, frozen=True):
    """Tasks in the requested order; `more` tells whether further ones may exist. `total` is their number.

    It is None if unknown: the platform counts with its own filters only, not with those applied here.
    """

    tasks: tuple[TaskRecord, ...]
    total: int | None
    more: bool


def open_account(located: Located, surroundings: Surroundings) -> OpenAccount:
    """Connect to a platform."""
    connection = connect(located.platform, located.place, surroundings, endpoint_from=located.endpoint_from)
    return OpenAccount(located, connection, surroundings)


def list_tasks(account: OpenAccount, query: ListQuery, *, limit: int | None) -> TasksView:
    """Return the first tasks of a query, at most `limit`; all of them without a limit.

    Raises `ListingIncomplete` if the result cannot be proven complete.
    """
    client = account.client
    found = complete_listing(client, query) if limit is None else partial_listing(client, query, limit)
    return TasksView(
        platform=account.platform,
        total=found.total,
        more=found.more,
        tasks=tuple(tasks_view.live_task(task, account.located.scopes) for task in found.tasks),
    )


def stream_tasks(account: OpenAccount, query: ListQuery) -> Iterator[tuple[LiveTaskView, ...]]:
    """Yield all tasks of a query in the order of ids, page by page, as soon as they are proven complete.

    Raises `ListingIncomplete` when the rest cannot be; what was yielded is then only a part of the list.
    """
    for records in account.client.list_in_order(query):
        yield tuple(tasks_view.live_task(record, account.located.scopes) for record in records)


def all_listed(account: OpenAccount, tasks: tuple[LiveTaskView, ...]) -> TasksView:
    """Return the view of tasks that are the whole list."""
    return TasksView(platform=account.platform, total=len(tasks), more=False, tasks=tasks)


def scope_tag(scope: str) -> str:
    """Return the tag of a scope from its name, or from the shortened name that a table shows."""
    return tags.prefixed(TagKey.SCOPE, scope) if tags.is_encoded(scope) else tags.encode(TagKey.SCOPE, scope)


def own_scope(account: OpenAccount) -> str:
    """Return the scope of the project in the working directory. Raises `UsageError` without one."""
    if account.located.scope is None:
        raise UsageError(
            f"`--managed-by-this` needs a project: there is no `{PROJECT_FILE}` in or above this folder",
            help="use --managed SCOPE, or -p with a project folder",
            code="JS316",
        )
    return account.located.scope


def partial_listing(client: PlatformClient, query: ListQuery, limit: int) -> Listing:
    """Return the first tasks of a query in its order, as the platform pages them.

    For display only: a task may be missing if others appear or disappear meanwhile.
    """
    paged = replace(query, limit=min(max(limit + 1, _LEAST_A_PAGE), _MOST_A_PAGE))
    found: dict[str, TaskRecord] = {}
    seen: set[str] = set()
    offset = 0
    while True:
        page = client.list_page(paged, offset=offset)
        offset += len(page.tasks)
        found.update((task.id, task) for task in page.tasks if query.matches(task))
        is_end = offset == page.total or seen.issuperset(task.id for task in page.tasks)
        seen.update(task.id for task in page.tasks)
        if len(found) > limit:
            total = page.total if query.is_sent_whole and len(found) == len(seen) else None
            return Listing(tuple(found.values())[:limit], total, more=True)
        if is_end:
            return Listing(tuple(found.values()), len(found), more=False)


def complete_listing(client: PlatformClient, query: ListQuery) -> Listing:
    """Return all tasks of a query in its order. Raises `ListingIncomplete`."""
    tasks = client.list_all(query)
    return Listing(query.in_order(tasks), len(tasks), more=False)


def read_task(account: OpenAccount, task_id: str) -> TaskDetailView:
    """Return one task with the platform's own record. Raises `NotFound`."""
    record = account.client.get(task_id)
    return tasks_view.detail(record, account.platform, account.located.scopes)


def read_instances(account: OpenAccount, task_id: str) -> InstancesView:
    """Return the replicas of a task. Raises `NotFound`."""
    records = account.client.instances(task_id)
    return tasks_view.instances(task_id, records, account.platform)


def read_timeline(account: OpenAccount, task_id: str) -> TimelineView:
    """Return the state changes of a task. Raises `NotFound`, or `UnknownAction`."""
    records = account.client.timelines(task_id)
    return tasks_view.timeline(task_id, records, account.platform)
