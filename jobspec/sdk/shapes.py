"""What the methods of `CustomTask` return: the platform's own JSON, with its own names."""

from __future__ import annotations

from typing import Any, TypeAlias, TypedDict

Json: TypeAlias = dict[str, Any]
"""One task, instance or transition as the platform writes it. Keys may be missing, null or new."""


class Submission(TypedDict):
    """The answer to a submit. `OrderNumber` is empty on a dedicated resource group."""

    Id: str
    OrderNumber: str


class TaskPage(TypedDict):
    """Some tasks. `Total` is how many pass the filters, on this page or not."""

    Total: int
    List: list[Json]


class InstancePage(TypedDict):
    """Some instances of one task. `Total` is how many it has, on this page or not."""

    Total: int
    List: list[Json]
