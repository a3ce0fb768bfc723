"""The allow-lists of the machine and of the user, which can only narrow the machine's list. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class AllowList(Struct, frozen=True):
    """Entries of the machine's file, of the user's file, and those `added` by the environment or an option.

    None means that a file has no such list. Added entries count as the user's.
    """

    machine: tuple[str, ...] | None = None
    user: tuple[str, ...] | None = None
    added: tuple[str, ...] = ()

    def allows(self, fits: Callable[[str], bool]) -> bool:
        """Whether an entry allows the value, and every list that exists has such an entry."""
        if self.is_refused_by_machine(fits):
            return False
        return _any(fits, (*(self.user or ()), *self.added)) or (
            self.user is None and self.machine is not None
        )

    def excludes(self, fits: Callable[[str], bool]) -> bool:
        """Whether a list exists that has no matching entry."""
        own = (*(self.user or ()), *self.added)
        return self.is_refused_by_machine(fits) or (self.user is not None and not _any(fits, own))

    def is_refused_by_machine(self, fits: Callable[[str], bool]) -> bool:
        """Whether the machine's list has no matching entry: then no setting of the user can allow it."""
        return self.machine is not None and not _any(fits, self.machine)


def _any(fits: Callable[[str], bool], entries: Iterable[str]) -> bool:
    return any(map(fits, entries))
