"""Where a round happens: a served platform, clones of one project, and the real command line in them."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.allowed import allow_endpoint
from tests.local.places import state_of
from tests.projects import line_with
from tests.proof.chaos.owner import OWNER, signed
from tests.proof.chaos.plans import Declared

SCOPE = "chaos"
COMMIT_WINDOW = 2
"""Seconds in the project file; what the proxy delays takes effect well within."""
PATIENCE = 30.0
_SETTINGS = {"JOBSPEC_LOCAL_SLOTS": "4", "JOBSPEC_LOCAL_GRACE": "0.2", "JOBSPEC_LOCAL_LINGER": "0.3"}
_PROJECT = """\
apiVersion: jobspec/v1
kind: Project
metadata: {name: %s}
spec:
  manifests: [tasks/*.yaml]
  platform: {kind: volcengine, endpoint: "%s", listLag: %ds, commitWindow: %ds}
  defaults:
    spec:
      image: ml_platform/python:3.11
      roles: [{name: worker, replicas: 1, flavor: ml.g1e.large}]
"""


@dataclass(frozen=True, slots=True)
class Started:
    """A command under way; what it says goes to files."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it lives."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)


@dataclass(frozen=True, slots=True)
class World:
    """The folders of a round below `root`, and the platform at `url`."""

    root: Path
    url: str

    @property
    def served(self) -> Path:
        """The folder whose platform is served."""
        return self.root / "served"

    @property
    def database(self) -> Path:
        """Where the platform keeps its tasks."""
        return state_of(self.served, self.root) / "local.db"

    def clone(self, number: int) -> Path:
        """One of the folders that hold the project, with a journal of its own."""
        return self.root / f"clone-{number}"

    def make_clones(self, count: int, *, endpoint: str, list_lag: int) -> None:
        """Make the clones, without tasks yet."""
        allow_endpoint(self.root, endpoint)
        for number in range(count):
            (self.clone(number) / "tasks").mkdir(parents=True)
            text = _PROJECT % (SCOPE, endpoint, list_lag, COMMIT_WINDOW)
            (self.clone(number) / "jobspec.yaml").write_text(text, encoding="utf-8")

    def edit(self, count: int, manifests: Sequence[Declared]) -> None:
        """Let every clone declare just these tasks."""
        for number in range(count):
            folder = self.clone(number) / "tasks"
            for path in folder.iterdir():
                path.unlink()
            for task in manifests:
                (folder / f"{task.name}.yaml").write_text(manifest(task), encoding="utf-8")

    def start(self, words: Sequence[str], folder: Path, key: str) -> Started:
        """Start a command that signs with an access key of its own."""
        out, err = self.root / f"{key}.out", self.root / f"{key}.err"
        with out.open("wb") as to_out, err.open("wb") as to_err:
            process = subprocess.Popen(
                [sys.executable, "-m", "jobspec", *words],
                cwd=folder,
                env=environment(self.root) | {"VOLC_ACCESSKEY": key, "VOLC_SECRETKEY": "any"},
                stdin=subprocess.DEVNULL,
                stdout=to_out,
                stderr=to_err,
            )
        return Started(process, out, err)

    def call(self, action: str, **body: object) -> Any:
        """Call the platform as a person's own client would, past the proxy; None when it refuses."""
        return call(self.url, action, body)


def environment(home: Path) -> dict[str, str]:
    """What a process of a test finds around it: no home and no key of the user's."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **_SETTINGS}


def call(url: str, action: str, body: Mapping[str, object]) -> Any:
    """Call a platform; None when it refuses."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    try:
        query, data = f"Action={action}&Version=2021-10-01", json.dumps(body).encode()
        connection.request("POST", f"/?{query}", data, signed(urlsplit(url).netloc, query, data))
        return json.loads(connection.getresponse().read()).get("Result")
    finally:
        connection.close()


def manifest(task: Declared) -> str:
    """The text that declares a task."""
    lifecycle = {"suspend": task.suspended, "previousNames": [task.previous] if task.previous else []}
    document = {
        "apiVersion": "jobspec/v1",
        "kind": "Task",
        "metadata": {"name": task.name, "description": task.description},
        "spec": {"entrypoint": task.command},
        "lifecycle": lifecycle,
    }
    return json.dumps(document)


@contextmanager
def new_world(root: Path) -> Iterator[World]:
    """A world below `root`, of which no process is left afterwards."""
    (root / "served").mkdir(parents=True)
    with serving(root / "served", home=root) as url:
        yield World(root, url)


@contextmanager
def serving(
    folder: Path, *options: str, home: Path, around: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Serve the platform of a folder; yields its URL. Nothing that it started outlives this."""
    command = [sys.executable, "-m", "jobspec", "serve", str(folder), "--port", "0", *options]
    with (folder / "serve.err").open("wb") as err:
        server = subprocess.Popen(
            command,
            env=environment(home) | OWNER | dict(around or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
        )
    try:
        yield line_with("http://", server.stdout).split()[-1]
    finally:
        server.kill()
        server.communicate(timeout=PATIENCE)
        end_supervisor(state_of(folder, home))


def end_supervisor(state: Path) -> None:
    """A supervisor whose lock is removed ends, and all its processes with it; return when it has."""
    path = state / "supervisor.lock"
    with suppress(FileNotFoundError), path.open("rb") as lock:
        path.unlink()
        until(lambda: _is_free(lock.fileno()))


def _is_free(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def until(condition: Callable[[], bool], *, seconds: float = PATIENCE) -> None:
    """Return as soon as a condition holds; fail when it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)
