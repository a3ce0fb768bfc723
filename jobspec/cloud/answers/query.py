"""The filters of `ListCustomTasks`: how they are sent, and how they are applied on our side."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from jobspec.cloud.answers.wire import TaskRecord

SortBy: TypeAlias = Literal["Id", "Name", "CreateTime", "UpdateTime"]
SortOrder: TypeAlias = Literal["Ascend", "Descend"]

_UNSET = datetime.min.replace(tzinfo=UTC)


class ListQuery(Struct, frozen=True):
    """Filters of a list; an empty value does not filter. `fuzzy` matches a part of the name or the id.

    `limit` is the requested page size; the platform may return fewer. It is at least 2, because the pages of
    a complete listing overlap by one task.
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
        """Return the request body for the page at `offset`, with only the first of several tags.

        Whether the platform combines several tags with AND or OR is unconfirmed; `matches` applies the
        others.
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
        """Whether every filter is sent to the platform, so that its total counts only matching tasks."""
        return len(self.tags) <= 1

    def matches(self, task: TaskRecord) -> bool:
        """Whether a returned task matches the filters.

        A server may match parts of names and tags, and may ignore filters that it does not know. A field that
        the server does not return never excludes a task. `fuzzy` is applied by the server only.
        """
        return (
            self.name in {"", task.name}
            and self.id in {"", task.id}
            and set(self.tags) <= set(task.tags)
            and (not self.states or task.state in self.states)
            and self._is_in_scope(task)
        )

    def _is_in_scope(self, task: TaskRecord) -> bool:
        """Whether the group, the queue and the creator match, as far as the server returned them."""
        groups = (self.resource_group_id,) if self.resource_group_id else ()
        return (
            _may_be(task.group, groups)
            and _may_be(task.own_queue, self.resource_queue_ids)
            and _may_be(task.creator_user_id, self.creator_user_ids)
        )

    def in_order(self, tasks: Iterable[TaskRecord]) -> tuple[TaskRecord, ...]:
        """Return the tasks in the requested order; equal ones by id, and those without a time as earliest."""
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
