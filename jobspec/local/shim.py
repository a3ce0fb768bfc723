"""The parent of one replica's processes: it starts, ends and reaps them, and writes their log.

It runs the command in a new session, adopts every process that leaves that session, and ends only when none
of these processes is left: after the command itself has ended, as a container does; after TERM; or when the
supervisor is gone. TERM goes to all of them, and KILL after the grace period. It ends as the command did:
with its code, or by its signal. Their output comes through a pipe, so that the log is always bounded.

Only the standard library is used, and the file is run by path with the arguments of `Orders`, so it starts in
milliseconds. Without `/proc` and `prctl` (macOS), only the command's own process group is reached.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import threading
import time
from types import FrameType
from typing import NamedTuple

sys.path.append(os.path.dirname(__file__))  # noqa: PTH120 - pathlib would double the start-up time
from bounded_log import BoundedLog  # type: ignore[import-not-found] # run by its path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_WATCH = 0.5  # seconds between checks of the supervisor, where the kernel does not notify
_REPEAT = 0.05  # seconds between rounds of KILL: a process may fork while it is being killed
_CHUNK = 1 << 16
_DRAIN = 5.0  # seconds for the rest of the log, which another process may hold open
_RESET = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ]


class Orders(NamedTuple):
    """The arguments: `grace` in seconds, `group` the folder of a control group or empty, `limit` in bytes.

    `shell` runs the command, as `sh`.
    """

    supervisor: str
    grace: str
    group: str
    log: str
    limit: str
    command: str
    shell: str = "/bin/sh"


class Shim:
    """The processes of one replica, and how they end."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._supervisor = int(orders.supervisor)
        self._grace = float(orders.grace)
        self._kill_at: float | None = None
        self._command = 0

    def run(self) -> int:
        """Run the command until all its processes are gone; return its wait status."""
        _enter(self._orders.group)
        self._listen()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGALRM})
        if os.getppid() != self._supervisor:
            return 1 << 8  # no supervisor is left to start it for
        reading, writing = os.pipe()
        # Started with the signals blocked: they must reach this thread to end its wait.
        pump = threading.Thread(target=self._pump, args=(reading,), daemon=True)
        pump.start()
        self._command = os.posix_spawn(
            self._orders.shell,
            ["sh", "-c", self._orders.command],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, writing, fd) for fd in (1, 2)],
            setsid=True,
            setsigmask=[],
            setsigdef=_RESET,
        )
        os.close(writing)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGALRM})
        status = self._reap()
        pump.join(_DRAIN)
        return status

    def _pump(self, reading: int) -> None:
        log = BoundedLog(self._orders.log, int(self._orders.limit))
        while data := os.read(reading, _CHUNK):
            log.write(data)

    def _listen(self) -> None:
        signal.signal(signal.SIGTERM, self._on_term)
        signal.signal(signal.SIGALRM, self._on_tick)
        signal.setitimer(signal.ITIMER_REAL, _WATCH, _WATCH)
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    def _reap(self) -> int:
        status = 0
        while True:
            try:
                pid, ended = os.waitpid(-1, 0)
            except ChildProcessError:
                return status
            if pid == self._command:
                status = ended
                self._kill_from(time.monotonic())

    def _on_term(self, _signum: int, _frame: FrameType | None) -> None:
        if self._kill_at is None:
            self._signal_all(signal.SIGTERM)
            self._kill_from(time.monotonic() + self._grace)

    def _on_tick(self, signum: int, frame: FrameType | None) -> None:
        if self._kill_at is not None:
            if time.monotonic() >= self._kill_at:
                self._signal_all(signal.SIGKILL)
        elif os.getppid() != self._supervisor:
            self._on_term(signum, frame)

    def _kill_from(self, moment: float) -> None:
        self._kill_at = moment if self._kill_at is None else min(self._kill_at, moment)
        signal.setitimer(signal.ITIMER_REAL, max(self._kill_at - time.monotonic(), 1e-3), _REPEAT)

    def _signal_all(self, signum: int) -> None:
        parents = _parents()
        for pid in _descendants(parents, os.getpid()):
            _send(pid, parents[pid], signum)
        if not parents:
            _send_group(self._command, signum)


def _enter(group: str) -> None:
    """Enter a control group, with every process started later; without one, parents and marks count."""
    if group:
        try:
            with open(f"{group}/cgroup.procs", "wb", buffering=0) as file:  # noqa: PTH123 - as below
                file.write(b"0")
        except OSError:
            return


def _prctl(option: int, value: int) -> None:
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(option, value, 0, 0, 0)


def _parents() -> dict[int, int]:
    """Return the parent's id of every process id; empty without `/proc`."""
    if not os.path.isdir("/proc"):  # noqa: PTH112 - pathlib would double the start-up time
        return {}
    pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208 - as above
    found = ((pid, _parent(pid)) for pid in pids)
    return {pid: parent for pid, parent in found if parent is not None}


def _parent(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - as above
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return int(fields[1]) if fields else None


def _descendants(parents: dict[int, int], ancestor: int) -> list[int]:
    found, new = [], [ancestor]
    while new:
        new = [pid for pid, parent in parents.items() if parent in new]
        found += new
    return found


def _send(pid: int, parent: int, signum: int) -> None:
    try:
        pin = os.pidfd_open(pid)
    except OSError:
        return
    try:
        if _parent(pid) == parent:  # else the id was reused
            signal.pidfd_send_signal(pin, signum)
    except ProcessLookupError:
        return
    finally:
        os.close(pin)


def _send_group(leader: int, signum: int) -> None:
    try:
        os.killpg(leader, signum)
    except (ProcessLookupError, PermissionError):
        return


def _end_like(status: int) -> None:
    """End this process with the code or by the signal of a wait status, without a second core dump."""
    if os.WIFSIGNALED(status):
        signum = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if signum != signal.SIGKILL:
            signal.signal(signum, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signum})
        os.kill(os.getpid(), signum)
    os._exit(os.waitstatus_to_exitcode(status))


def _orders(arguments: list[str]) -> Orders:
    """Return the arguments from a supervisor; one of release 0.1 passes three, and the log as its output."""
    if len(arguments) > 3:
        return Orders(*arguments)
    supervisor, grace, command = arguments
    return Orders(supervisor, grace, "", os.readlink("/proc/self/fd/1"), str(1 << 30), command)  # noqa: PTH115 - a start-up without pathlib


if __name__ == "__main__":
    _end_like(Shim(_orders(sys.argv[1:])).run())
