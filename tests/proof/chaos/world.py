"""Where a round happens: a served platform, clones of one project, and the real command line in them."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jobspec.config.project_state import project_folder
from jobspec.config.state_folder import StateFolder
from jobspec.local.settings import Settings
from tests import processes
from tests.allowed import allow_endpoint
from tests.forked import Call
from tests.processes import PATIENCE, Streams
from tests.proof.chaos.owner import OWNER, signed
from tests.proof.chaos.plans import Declared

SCOPE = "chaos"
COMMIT_WINDOW = 2
"""Seconds in the project file; what the proxy delays takes effect well within."""
_SETTINGS = Settings(slots=4, grace=0.2, linger=0.3).as_environment()
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

    process: subprocess.Popen[str]
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
        return project_folder(kept_below(self.root), self.served.resolve()).path / "local.db"

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
        environ = environment(self.root, {"VOLC_ACCESSKEY": key, "VOLC_SECRETKEY": "any"})
        with out.open("wb") as to_out, err.open("wb") as to_err:
            streams = Streams(stdout=to_out, stderr=to_err)
            process = processes.start(Call(words, folder, environ), streams)
        return Started(process, out, err)

    def call(self, action: str, **body: object) -> Any:
        """Call the platform as a person's own client would, past the proxy; None when it refuses."""
        return call(self.url, action, body)


def kept_below(home: Path) -> StateFolder:
    """The state folder of whoever has this home."""
    return StateFolder(home / ".local/state/jobspec")


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a process of a test finds around it: no home and no key of the user's."""
    return processes.environment(home, kept_below(home), {**_SETTINGS, **(more or {})})


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
    environ = environment(home, OWNER | dict(around or {}))
    with processes.serving(folder, *options, kept=kept_below(home), environ=environ) as server:
        yield server.url
