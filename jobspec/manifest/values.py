"""The parts of tasks and projects as values; the models in `schema` describe and check how they are written.

A test holds the defaults of both equal.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

API_VERSION = "jobspec/v1"
KINDS = ("Project", "Task", "TaskSet")
SET_PREFIX = "set/"
"""Begins the name of a set wherever the name of a task may be given; no task name contains a `/`."""
SECRET_HELP = "write `{secret: {env: NAME}}` or `{secret: {file: path}}`"  # noqa: S105 - a form, not a secret
FRAMEWORKS = ("Custom", "PyTorch", "PyTorchDDP", "TensorFlowPS", "Horovod", "BytePS", "MPI", "MXNet")
"""The frameworks that the platform is known to accept, in any case."""
DEFAULT_DEADLINE_SECONDS = 432_000
"""Five days: the default of the platform's own SDK."""
DEFAULT_LIST_LAG_SECONDS = {"volcengine": 30, "local": 0}
DEFAULT_COMMIT_WINDOW_SECONDS = {"volcengine": 60, "local": 0}
DEFAULT_WRITES_PER_SECOND = {"volcengine": 5.0, "local": 0.0}


class SecretRef(Struct, frozen=True):
    """A reference to a secret. The value is resolved only at submit and shown nowhere."""

    source: Literal["env", "file"]
    name: str
    """The environment variable, or the file."""

    @property
    def reference(self) -> dict[str, dict[str, str]]:
        """The reference as written in a manifest; a spec hash contains it instead of the secret."""
        return {"secret": {self.source: self.name}}

    def __str__(self) -> str:
        """`secret env HF_TOKEN`: printed wherever the value must not be shown."""
        return f"secret {self.source} {self.name}"


class NameRef(Struct, frozen=True):
    """The name of a queue or of a file system in place of its id, which is looked up before planning."""

    kind: Literal["queue", "vepfs"]
    name: str

    @property
    def reference(self) -> dict[str, str]:
        """The reference as written in a manifest. A final spec hash contains the id, never this."""
        return {"name": self.name}

    def __str__(self) -> str:
        """`queue example`: what is printed until the id is known."""
        return f"{self.kind} {self.name}"


class Dependency(Struct, frozen=True):
    """A task, or every task of a set, that must have ended before a task is submitted."""

    task: str
    """The name of a task, or `set/NAME`."""
    condition: Literal["Succeeded", "Finished"] = "Succeeded"

    @property
    def is_set(self) -> bool:
        """Whether it refers to a set."""
        return self.task.startswith(SET_PREFIX)

    @property
    def name(self) -> str:
        """The name of the task or of the set."""
        return self.task.removeprefix(SET_PREFIX)


class Lifecycle(Struct, frozen=True, rename="camel"):
    """The rules for reconciling a task. `cooldown` is in seconds."""

    on_change: Literal["Replace", "AfterCompletion", "Manual"] = "Replace"
    restart_policy: Literal["Never", "OnFailure", "Always"] = "Never"
    backoff_limit: int = 3
    cooldown: int = 0
    suspend: bool = False
    protect: bool = False
    on_removal: Literal["Cancel", "Delete", "Retain"] = "Cancel"
    history_limit: int | None = None
    ignore_changes: tuple[str, ...] = ()
    rerun: str = ""
    previous_names: tuple[str, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    rerun_on: tuple[str, ...] = ()


class Platform(Struct, frozen=True, rename="camel"):
    """The service that runs the tasks. Times are in seconds, `log_limit` is in bytes."""

    kind: Literal["volcengine", "local"]
    region: str | None = None
    profile: str = "default"
    endpoint: str | None = None
    list_lag: int | None = None
    commit_window: int | None = None
    max_writes_per_second: float | None = None
    slots: int | None = None
    retry_mode: Literal["same-id", "new-id-with-tags", "new-id-without-tags"] | None = None
    log_limit: int | None = None

    @property
    def list_lag_seconds(self) -> int:
        """`listLag`, or its default for this kind of platform."""
        return DEFAULT_LIST_LAG_SECONDS[self.kind] if self.list_lag is None else self.list_lag

    @property
    def commit_window_seconds(self) -> int:
        """`commitWindow`, or its default for this kind of platform."""
        return DEFAULT_COMMIT_WINDOW_SECONDS[self.kind] if self.commit_window is None else self.commit_window

    @property
    def writes_per_second(self) -> float:
        """`maxWritesPerSecond`, or its default for this kind of platform; 0 means unlimited."""
        given = self.max_writes_per_second
        return DEFAULT_WRITES_PER_SECOND[self.kind] if given is None else given


LOCAL_PLATFORM = Platform(kind="local")


class Limits(Struct, frozen=True, rename="camel"):
    """The limits on what one apply may change without `--force`. A percentage is text, such as `30%`."""

    max_removals: int | str = "30%"
    max_replacements: int | str = 10
    max_lost_replica_hours: float = 24.0
    max_submits: int | None = None
    max_submit_replica_hours: float | None = None
    max_submit_gpu_hours: float | None = None
    max_reruns: int = 10


PreflightSetting = Literal["strict", "normal", "off"]
"""What a plan checks with the platform, and whether a task that exceeds the whole quota is refused."""
OutsideKind = Literal[
    "cancelled-outside",
    "failed",
    "blocked-by-failure",
    "metadata-edited",
    "duplicate",
    "copy",
    "unmanaged-twin",
    "other-scope",
    "platform-retry",
    "record-gone",
    "unknown-state",
    "inconsistent-tags",
    "protected",
    "unclear-rename",
]
"""The kinds of drift: a task left its declared state by itself."""
PendingKind = Literal[
    "new",
    "spec-changed",
    "metadata-changed",
    "removed",
    "renamed",
    "suspended",
    "resumed",
    "retry",
    "stopping",
    "waits-for-completion",
    "waiting",
    "max-failed",
    "manual",
    "history",
]
"""The kinds of what an apply is expected to resolve: a manifest was changed and not applied yet."""
DriftKind = Literal[OutsideKind, PendingKind]
"""The kinds of findings of `jobspec drift`, in their order."""


class Acknowledgement(Struct, frozen=True, rename="camel"):
    """A known finding of `jobspec drift` that is silent up to and including a day, in UTC.

    None matches any value.
    """

    task: str
    reason: str
    until: str
    kind: DriftKind | None = None
    field: str | None = None
    observed: Any = None
    run: str | None = None
