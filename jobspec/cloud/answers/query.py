"""What to list: the filters of `ListCustomTasks`, how they are sent, and how they are held on our side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from jobspec.cloud.answers.wire import TaskRecord

SortBy: TypeAlias = Literal["Id", "Name", "CreateTime", "UpdateTime"]
SortOrder: TypeAlias = Literal["Ascend", "Descend"]

_UNSET = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Filters of a list; an empty one does not filter. `fuzzy` looks for a part of the name or the id.

    `limit` is the size of a page that is asked for; the platform may give less. It is at least 2, because
    the pages of a whole listing overlap by one task.
    """

    name: str = ""
    fuzzy: str = ""
    id: str = ""
    resource_group_id: str = ""
    resource_queue_ids: tuple[str, ...] = ()
    creator_user_ids: tuple[int, ...] = ()
    states: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sort_by: SortBy = "Id"
    sort_order: SortOrder = "Descend"
    limit: int = 100

    def __post_init__(self) -> None:
        if self.limit < 2:
            raise ValueError("the page size must be at least 2")

    def body(self, *, offset: int) -> dict[str, object]:
        """The request for the page at `offset`, with the first of several tags only.

        Whether the platform joins several tags by AND or by OR is unconfirmed: `matches` does the rest.
        """
        filters: dict[str, object] = {
            "Name": self.name,
            "Filter": self.fuzzy,
            "Id": self.id,
            "ResourceGroupId": self.resource_group_id,
            "ResourceQueueIds": list(self.resource_queue_ids),
            "CreatorUserIds": list(self.creator_user_ids),
            "States": list(self.states),
            "Tags": list(self.tags[:1]),
        }
        window = {"Offset": offset, "Limit": self.limit, "SortBy": self.sort_by, "SortOrder": self.sort_order}
        return {key: value for key, value in filters.items() if value} | window

    @property
    def is_sent_whole(self) -> bool:
        """Whether the platform is told every filter, so that its count is of the tasks that are meant."""
        return len(self.tags) <= 1

    def matches(self, task: TaskRecord) -> bool:
        """Whether a task that came back is really meant.

        A server may match names and tags by a part, and may not know a filter at all. What it does not show
        of a task cannot be held against it; `fuzzy` is the server's alone.
        """
        return (
            self.name in {"", task.name}
            and self.id in {"", task.id}
            and set(self.tags) <= set(task.tags)
            and (not self.states or task.state in self.states)
            and self._is_shown_as_meant(task)
        )

    def _is_shown_as_meant(self, task: TaskRecord) -> bool:
        """Whether it is in the group and in one of the queues, and of one of the creators."""
        groups = (self.resource_group_id,) if self.resource_group_id else ()
        return (
            _may_be(task.group, groups)
            and _may_be(task.own_queue, self.resource_queue_ids)
            and _may_be(task.creator_user_id, self.creator_user_ids)
        )

    def in_order(self, tasks: Iterable[TaskRecord]) -> tuple[TaskRecord, ...]:
        """The tasks in the order asked for; of equal ones by id, and without a time before all others."""
        is_descending = self.sort_order == "Descend"
        return tuple(sorted(tasks, key=self._sort_key, reverse=is_descending))

    def _sort_key(self, task: TaskRecord) -> tuple[str | datetime, str]:
        match self.sort_by:
            case "Id":
                return (task.id, task.id)
            case "Name":
                return (task.name, task.id)
            case "CreateTime":
                return (task.create_time or _UNSET, task.id)
            case "UpdateTime":
                return (task.update_time or _UNSET, task.id)


def _may_be(shown: object, wanted: Collection[object]) -> bool:
    return not wanted or shown in {None, ""} or shown in wanted
