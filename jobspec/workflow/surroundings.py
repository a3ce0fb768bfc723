"""The surroundings of a command, as values: nothing here looks at the process."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec import field

from jobspec.apply.clock import InterruptibleClock
from jobspec.concealing import Concealing
from jobspec.config.state_folder import StateFolder, find_state_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jobspec.cloud.observing import Observer


class Surroundings(Concealing, frozen=True):
    """The surroundings of a command: environment variables, home, working directory, clock, and observers.

    `observer`, if set, receives each attempt of a request. `notify` receives messages for the user, possibly
    the same one several times.
    """

    concealed: ClassVar[frozenset[str]] = frozenset({"environ", "notify"})
    environ: Mapping[str, str]  # may contain keys
    home: Path
    cwd: Path
    clock: InterruptibleClock = field(default_factory=InterruptibleClock)
    observer: Observer | None = None
    notify: Callable[[str], None] = lambda _: None

    @property
    def state(self) -> StateFolder:
        """The state folder. Raises `StateFolderError`; nothing is created or read."""
        return find_state_folder(self.environ, self.home)
