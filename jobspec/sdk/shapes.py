"""The return types of `CustomTask`'s methods: the platform's own JSON, with its own names."""

from __future__ import annotations

from typing import Any, TypeAlias, TypedDict

Json: TypeAlias = dict[str, Any]
"""One task, instance or transition as the platform returns it. Keys may be missing, null or new."""


class Submission(TypedDict):
    """The answer to a submit. `OrderNumber` is empty on a dedicated resource group."""

    Id: str
    OrderNumber: str


class TaskPage(TypedDict):
    """Some tasks. `Total` counts all that pass the filters, on this page or not."""

    Total: int
    List: list[Json]


class InstancePage(TypedDict):
    """Some instances of one task. `Total` counts all of them, on this page or not."""

    Total: int
    List: list[Json]
