"""The queues, flavors and mounts of the platform, as far as a command has read them, each only once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from jobspec.errors import (
    Forbidden,
    JobspecError,
    ListingIncomplete,
    NotFound,
    PlatformError,
    Refused,
    UnknownAction,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobspec.cloud.client import PlatformClient
    from jobspec.cluster import Flavor, Mount, Queue
    from jobspec.reconcile.preflight.facts import KnownFlavor, KnownQueue, Unchecked

T = TypeVar("T")


class ClusterReader:
    """What the optional actions return. An answer, or its failure, stays the same for the whole command.

    After a failure that is not an answer of the platform, nothing more is requested: a plan must not wait for
    a broken connection again and again.
    """

    def __init__(self, client: PlatformClient) -> None:
        self._client = client
        self._answers: dict[tuple[str, str], Any] = {}
        self._broken: PlatformError | None = None
        self._begun: datetime | None = None

    @property
    def begun(self) -> datetime:
        """When the first answer was requested; now if none was."""
        return self._begun or datetime.now(UTC)

    def queues(self) -> tuple[Queue, ...]:
        """Return every queue. Raises a `PlatformError`, or `ListingIncomplete`."""
        from jobspec.cloud import resources  # noqa: PLC0415 - only if something needs it

        return self._read("ListResourceQueues", "", lambda: resources.list_queues(self._client))

    def mounts(self, queue_id: str) -> tuple[Mount, ...]:
        """Return the file systems that a queue may mount. Raises a `PlatformError`."""
        from jobspec.cloud import resources  # noqa: PLC0415

        return self._read("ListMountPoints", queue_id, lambda: resources.list_mounts(self._client, queue_id))

    def known_queue(self, queue_id: str) -> KnownQueue:
        """Return a queue, or why it is unknown."""
        from jobspec.cloud import resources  # noqa: PLC0415

        try:
            return self._read(
                "GetResourceQueue", queue_id, lambda: resources.get_queue(self._client, queue_id)
            )
        except PlatformError as error:
            return self._listed_queue(queue_id, error) if _may_be_unknown(error) else _unchecked(error)

    def _listed_queue(self, queue_id: str, error: PlatformError) -> KnownQueue:
        """Return a queue from the list: the refusal of its id alone may have another reason.

        A list that is not found shows a platform that answers so to any action that it does not know.
        """
        from jobspec.reconcile.preflight.facts import Missing  # noqa: PLC0415

        is_certain = isinstance(error, NotFound)
        try:
            listed = self.queues()
        except (UnknownAction, Forbidden):
            return Missing() if is_certain else _unchecked(error)
        except (PlatformError, ListingIncomplete):
            return _unchecked(error)
        found = [queue for queue in listed if queue.id == queue_id]
        return found[0] if found else Missing() if listed or is_certain else _unchecked(error)

    def known_flavors(self) -> tuple[Flavor, ...] | Unchecked:
        """Return every flavor, or why they are unknown."""
        from jobspec.cloud import resources  # noqa: PLC0415

        try:
            return self._read("ListFlavorsV2", "", lambda: resources.list_flavors(self._client))
        except PlatformError as error:
            return _unchecked(error)

    def known_flavor(self, flavor_id: str) -> KnownFlavor:
        """Return a flavor that is not in the list of flavors.

        Without a list, a refusal may mean that the action is unknown.
        """
        from jobspec.cloud import resources  # noqa: PLC0415
        from jobspec.reconcile.preflight.facts import Missing  # noqa: PLC0415

        try:
            return self._read("GetFlavor", flavor_id, lambda: resources.get_flavor(self._client, flavor_id))
        except PlatformError as error:
            listed = self.known_flavors()
            is_listed = isinstance(listed, tuple) and bool(listed)  # an empty list is no list
            return Missing() if is_listed and _may_be_unknown(error) else _unchecked(error)

    def known_mounts(self, queue_id: str) -> tuple[Mount, ...] | Unchecked:
        """Return the file systems that a queue may mount, or why they are unknown."""
        try:
            return self.mounts(queue_id)
        except PlatformError as error:
            return _unchecked(error)

    def _read(self, action: str, about: str, call: Callable[[], T]) -> T:
        if (action, about) not in self._answers:
            self._begun = self.begun
            self._answers[action, about] = self._broken or self._request(call)
        answer: T | JobspecError = self._answers[action, about]
        if isinstance(answer, JobspecError):
            raise answer
        return answer

    def _request(self, call: Callable[[], T]) -> T | PlatformError | ListingIncomplete:
        try:
            return call()
        except PlatformError as error:
            self._broken = None if isinstance(error, Refused) else error
            return error
        except ListingIncomplete as error:
            return error


def _may_be_unknown(error: PlatformError) -> bool:
    """Whether a refusal may mean that the id is unknown; a wrong parameter has the same code."""
    is_invalid = isinstance(error, Refused) and error.api_code.partition(".")[0] == "InvalidParameter"
    return is_invalid or isinstance(error, NotFound)


def _unchecked(error: PlatformError) -> Unchecked:
    from jobspec.reconcile.preflight.facts import Unchecked  # noqa: PLC0415

    if isinstance(error, UnknownAction):
        return Unchecked(f"the platform does not offer `{error.action}`")
    if isinstance(error, Forbidden):
        return Unchecked(f"this key may not use `{error.action}`")
    return Unchecked(error.message)
