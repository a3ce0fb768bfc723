"""How a replica is started, watched and ended: the interface, and its implementation with processes.

The supervisor knows only the two protocols. Each replica's processes have a shim as their parent (see `shim`)
and a mark in their environment (see `processes`): the shim ends them as a tree, and the mark finds those that
remain when the shim or the supervisor was killed. A process that hides from both is found as an orphan of
this process, or in its control group (see `cgroup`).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from jobspec.local.addresses import HOST
from jobspec.local.folder import Folder, make_log_folder, open_private
from jobspec.local.supervisor import cgroup
from jobspec.local.supervisor.cgroup import Cgroups, own_group
from jobspec.local.supervisor.environment import (
    base_environment,
    needs_bash,
    replica_environment,
    shared_environment,
)
from jobspec.local.supervisor.lifecycle import ReplicaExit
from jobspec.local.supervisor.processes import end_orphans, marked, signal_marked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.local.settings import Settings
    from jobspec.local.store.spec import Replica, RunnableTask

_SHIM = (sys.executable, "-I", "-S", str(Path(__file__).parents[1] / "shim.py"))

_BASH = "/bin/bash"


class Handle(Protocol):
    """A replica that was started, with all its processes."""

    def poll(self) -> ReplicaExit | None:
        """Return how it ended, or None while any of its processes is alive."""

    def terminate(self) -> None:
        """Send TERM to all its processes; they are killed after the grace period."""

    def kill(self) -> None:
        """Kill all its processes at once."""


class Launch(Struct, frozen=True):
    """One attempt at a task. `shared` are the variables that all its replicas get."""

    task_id: str
    spec: RunnableTask
    shared: Mapping[str, str]


class Executor(Protocol):
    """Starts replicas."""

    def prepare(self, task_id: str, spec: RunnableTask) -> Launch:
        """Choose the addresses of the replicas."""

    def start(self, launch: Launch, replica: Replica) -> Handle:
        """Start one replica. Raises `OSError` if that is not possible."""

    def adopt(self, task_id: str) -> Handle:
        """Return a handle of all living processes of a task that another supervisor started."""


class ProcessExecutor:
    """Runs replicas as processes of this machine, in the project's folder, with their output in its logs."""

    def __init__(
        self, folder: Folder, *, store_mark: str, settings: Settings, environ: Mapping[str, str]
    ) -> None:
        self._folder = folder
        self._store_mark = store_mark
        self._settings = settings
        self._base = base_environment(environ)
        self._cgroups = Cgroups(own_group(), store_mark)
        self._shims: set[int] = set()

    def prepare(self, task_id: str, spec: RunnableTask) -> Launch:
        """Choose free ports for the replicas; another process may still take one before they do."""
        names = [replica.name for replica in spec.replicas()]
        ports = dict(zip(names, _free_ports(len(names)), strict=True))
        return Launch(task_id, spec, shared_environment(task_id, spec, ports))

    def start(self, launch: Launch, replica: Replica) -> Handle:
        """Start the shim of one replica, which starts the command."""
        mark = f"{self._mark(launch.task_id)}{replica.name}"
        log = self._open_log(launch.task_id, replica)
        group = self._cgroups.make(launch.task_id, replica.name)
        try:
            process = subprocess.Popen(  # noqa: S603 - running the task's command is the purpose
                [*_SHIM, *self._orders(launch, replica, group)],
                cwd=self._folder.root,
                env=replica_environment(self._base, launch.spec, launch.shared, replica=replica, mark=mark),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        except (OSError, ValueError) as refused:
            if group is not None:
                cgroup.remove(group)
            if isinstance(refused, OSError):
                raise
            # A null byte or a lone surrogate that was not refused earlier.
            raise OSError(str(refused)) from refused
        finally:
            os.close(log)
        self._shims.add(process.pid)
        return _Started(process, _Left(mark + "\0", (group,) if group else ()), self._shims)

    def adopt(self, task_id: str) -> Handle:
        """Return a handle of everything that carries the task's mark or is in its control groups."""
        return _Adopted(_Left(self._mark(task_id), self._cgroups.of_task(task_id)))

    def _orders(self, launch: Launch, replica: Replica, group: Path | None) -> tuple[str, ...]:
        """Return the fields of the shim's `Orders`, in order."""
        supervisor, log = os.getpid(), self._folder.log(launch.task_id, replica.name)
        given = (supervisor, self._settings.grace, group or "", log, self._settings.log_limit)
        return (*map(str, given), launch.spec.command, shell_for(launch.spec))

    def _mark(self, task_id: str) -> str:
        return f"{self._store_mark}/{task_id}/"

    def _open_log(self, task_id: str, replica: Replica) -> int:
        make_log_folder(self._folder, task_id)
        return open_private(self._folder.log(task_id, replica.name), os.O_WRONLY | os.O_APPEND)


class _Left(Struct, frozen=True):
    """What may remain of a replica or a task without its shim."""

    mark: str
    groups: tuple[Path, ...]

    def is_empty(self) -> bool:
        """Return whether nothing remains; the control groups are removed then."""
        if marked(self.mark) or not all(map(cgroup.is_empty, self.groups)):
            return False
        for group in self.groups:
            cgroup.remove(group)
        return True

    def terminate(self) -> None:
        signal_marked(self.mark, signal.SIGTERM)

    def kill(self) -> None:
        for group in self.groups:
            cgroup.kill(group)
        signal_marked(self.mark, signal.SIGKILL)


class _Started(Struct, frozen=True):
    """A running shim; `shims` are all that this process has started and not reaped yet."""

    process: subprocess.Popen[bytes]
    left: _Left
    shims: set[int]

    def poll(self) -> ReplicaExit | None:
        code = self.process.poll()
        if code is None:
            return None
        self.shims.discard(self.process.pid)
        if code >= 0 and self.left.is_empty():
            return ReplicaExit(code)
        # By a signal: either the command's, or the shim itself was killed and has left its processes behind.
        # Those without a mark are now children of this process, as only those of dead shims can be.
        self.left.kill()
        is_over = end_orphans(self.shims) and self.left.is_empty()
        return (ReplicaExit(code) if code >= 0 else ReplicaExit(128 - code, -code)) if is_over else None

    def terminate(self) -> None:
        self.process.terminate()

    def kill(self) -> None:
        self.left.kill()


class _Adopted(Struct, frozen=True):
    left: _Left

    def poll(self) -> ReplicaExit | None:
        if not self.left.is_empty():
            return None
        return ReplicaExit(128 + signal.SIGKILL, signal.SIGKILL)

    def terminate(self) -> None:
        self.left.terminate()

    def kill(self) -> None:
        self.left.kill()


def shell_for(spec: RunnableTask) -> str:
    """Return the shell for a command: bash, if the task has variables that other shells drop."""
    return _BASH if needs_bash(spec) and os.access(_BASH, os.X_OK) else "/bin/sh"


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:  # all at once, so that they differ
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in sockets]
