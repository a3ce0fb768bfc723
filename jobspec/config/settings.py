"""The contents of the configuration files: the endpoints and secrets that a project may name. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct, field

from jobspec.concealing import Concealing
from jobspec.config.allow_list import AllowList

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.cluster import Flavor

ALLOWED_SECRETS = "JOBSPEC_ALLOWED_SECRETS"
"""Names or patterns of environment variables, and folders, separated by commas."""


class NotifySettings(Concealing, frozen=True):
    """Where notifications go, and the key of their signatures; empty without one."""

    concealed: ClassVar[frozenset[str]] = frozenset({"url", "secret"})
    url: str
    secret: str = ""


class FileSettings(Struct, frozen=True):
    """The settings of one configuration file; None for a missing setting. `file` is its path."""

    file: str
    allowed_endpoints: tuple[str, ...] | None = None
    allowed_secrets: tuple[str, ...] | None = None
    secret_folders: tuple[str, ...] | None = None
    allowed_env: tuple[str, ...] | None = None
    notify: NotifySettings | None = None
    flavors: tuple[Flavor, ...] = ()


class Configuration(Struct, frozen=True):
    """The user's file, the machine's file, and the environment's additions to the user's."""

    user: FileSettings = field(default_factory=lambda: FileSettings("~/.config/jobspec/config.yaml"))
    machine: FileSettings = field(default_factory=lambda: FileSettings("/etc/jobspec/config.yaml"))
    added_secrets: tuple[str, ...] = ()
    added_folders: tuple[str, ...] = ()

    @property
    def secrets(self) -> AllowList:
        """Patterns of the environment variables that a task may name as a secret."""
        return AllowList(self.machine.allowed_secrets, self.user.allowed_secrets, self.added_secrets)

    @property
    def variables(self) -> AllowList:
        """Patterns of the environment variables that expressions may insert."""
        return AllowList(self.machine.allowed_env, self.user.allowed_env)

    @property
    def folders(self) -> AllowList:
        """Folders outside the project that may contain secret files."""
        return AllowList(self.machine.secret_folders, self.user.secret_folders, self.added_folders)

    @property
    def notify(self) -> NotifySettings | None:
        """Where notifications go: the user's setting, else the machine's."""
        return self.user.notify or self.machine.notify

    @property
    def flavors(self) -> tuple[Flavor, ...]:
        """Flavors from the machine's file, then those from the user's file."""
        return (*self.machine.flavors, *self.user.flavors)

    def endpoints(self, *typed: str) -> AllowList:
        """Return the endpoints that credentials may be sent to, including those that the user typed."""
        return AllowList(self.machine.allowed_endpoints, self.user.allowed_endpoints, typed)


def added_by_environment(environ: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the patterns and the folders in `JOBSPEC_ALLOWED_SECRETS`; an entry with a `/` is a folder."""
    entries = [entry.strip() for entry in environ.get(ALLOWED_SECRETS, "").split(",")]
    folders = tuple(entry for entry in entries if "/" in entry)
    return tuple(entry for entry in entries if entry and "/" not in entry), folders
