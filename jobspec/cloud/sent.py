"""The secrets that a client has sent, which the platform may say back in any later answer."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from jobspec.redaction.masking import Mask
from jobspec.redaction.values import secrets_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jobspec.cloud.answers.wire import InstanceRecord, Page, TaskRecord, TimelineRecord


class Sent:
    """Remembers secrets, and takes them out of what the platform tells people. Threads may share one.

    What a record holds as data stays as it is: nothing may be decided from what was masked.
    """

    def __init__(self, own: Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._secrets = frozenset(own)
        self._mask = Mask.of(self._secrets)

    def __repr__(self) -> str:
        """Nothing of what it is about."""
        return type(self).__name__

    def note(self, body: Mapping[str, object]) -> tuple[str, ...]:
        """Remember the secrets of a body that is about to be sent, and return all that are known."""
        with self._lock:
            new = frozenset(secrets_in(body)) - self._secrets
            if new:
                self._secrets, self._mask = self._secrets | new, self._mask.also(new)
            return tuple(self._secrets)

    def out_of_task(self, task: TaskRecord) -> TaskRecord:
        """The task with nothing of them in what is said about it."""
        said = self._mask.over(task.diag_info)
        return task if said == task.diag_info else replace(task, diag_info=said)

    def out_of_page(self, page: Page) -> Page:
        """The page, with each of its tasks so."""
        return replace(page, tasks=tuple(map(self.out_of_task, page.tasks)))

    def out_of_instances(self, found: Iterable[InstanceRecord]) -> tuple[InstanceRecord, ...]:
        """The replicas with nothing of them in what is said about each."""
        return tuple(replace(one, diag_info=self._mask.over(one.diag_info)) for one in found)

    def out_of_timelines(self, found: Iterable[TimelineRecord]) -> tuple[TimelineRecord, ...]:
        """The transitions with nothing of them in what is said about each."""
        return tuple(replace(one, message=self._mask.over(one.message)) for one in found)
