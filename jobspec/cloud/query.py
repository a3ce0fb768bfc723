"""What to list: the filters of `ListCustomTasks`, how they are sent, and how they are held on our side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from jobspec.cloud.wire import TaskRecord

SortBy: TypeAlias = Literal["Id", "Name", "CreateTime", "UpdateTime"]
SortOrder: TypeAlias = Literal["Ascend", "Descend"]


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
            raise ValueError("a page holds at least 2 tasks")

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

    def matches(self, task: TaskRecord) -> bool:
        """Whether a task that came back is really meant: a server may match names and tags by a part."""
        return (
            self.name in {"", task.name}
            and self.id in {"", task.id}
            and set(self.tags) <= set(task.tags)
            and (not self.states or task.state in self.states)
        )
