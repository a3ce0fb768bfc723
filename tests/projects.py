"""A project in a folder of its own, and the real command line, run in it as real processes.

The home is an empty folder and no key is in the environment. What the platform holds is read through its
API, not through the command that is tested.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from jobspec.config.project_state import project_folder
from jobspec.config.state_folder import VARIABLE as STATE
from jobspec.config.state_folder import StateFolder
from jobspec.local.api.app import application
from jobspec.local.settings import Settings
from tests.forked import Call, call
from tests.local.calls import create, log, result, until
from tests.local.places import folder_of, state_of_test

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TIMEOUT = 60.0
"""Seconds after which any command is killed."""
PATIENCE = 30.0
"""Seconds in which a run comes to a state, also on a busy machine."""
QUICK = Settings(slots=8, grace=0.3, linger=0.5)
FOREVER = "exec sleep 60"
UNTIL_GO = "until [ -e go ]; do sleep 0.05; done"
"""A command that runs until the test writes the file `go`."""

PROJECT = """\
apiVersion: jobspec/v1
kind: Project
metadata: {name: demo}
spec:
  manifests: [tasks/**/*.yaml]
  defaults:
    spec:
      image: ml_platform/python:3.11
      roles: [{name: worker, replicas: 1, flavor: ml.g1e.large}]
"""

TASK = """\
apiVersion: jobspec/v1
kind: Task
metadata:
  name: %s
spec:
  entrypoint: %s
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, and what it said on stdout and on stderr."""

    code: int | None
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass(frozen=True, slots=True)
class Streams:
    """What a command reads from and writes to, as `Popen` takes it."""

    stdin: int = subprocess.DEVNULL
    stdout: int = subprocess.PIPE
    stderr: int = subprocess.PIPE


APART = Streams()


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with manifests, and a home that is not the user's."""

    root: Path
    home: Path
    kept: StateFolder = field(default_factory=state_of_test)

    @property
    def state(self) -> Path:
        """Where the local platform keeps what it knows of the project."""
        return project_folder(self.kept, self.root.resolve()).path

    @property
    def tasks(self) -> Path:
        return self.root / "tasks"

    def run(self, *arguments: str, exits: int = 0, environ: Mapping[str, str] | None = None) -> Ended:
        """Run a command to its end, without a terminal, and hold it to an exit code."""
        code, out, err = call(Call(arguments, self.root, self._environ(environ)), TIMEOUT)
        ended = Ended(code, out.decode(), err.decode())
        assert ended.code == exits, f"{arguments} exits {ended.code}, not {exits}:\n{ended.said}"
        return ended

    def apply(self, *options: str, exits: int = 0, environ: Mapping[str, str] | None = None) -> Ended:
        return self.run("apply", "--yes", *options, exits=exits, environ=environ)

    def plan(self, *options: str) -> dict[str, Any]:
        """What the plan says of each task."""
        view = self.run("plan", "-o", "json", *options).json
        return {change["task"]: change for change in view["changes"]}

    @contextmanager
    def running(
        self, *arguments: str, environ: Mapping[str, str] | None = None, streams: Streams = APART
    ) -> Iterator[subprocess.Popen[str]]:
        """A command under way, which does not outlive the test."""
        process = subprocess.Popen(
            [sys.executable, "-m", "jobspec", *arguments],
            cwd=self.root,
            env=self._environ(environ),
            stdin=streams.stdin,
            stdout=streams.stdout,
            stderr=streams.stderr,
            text=True,
        )
        end = threading.Timer(TIMEOUT, process.kill)
        end.start()
        try:
            yield process
        finally:
            end.cancel()
            process.kill()
            process.communicate(timeout=TIMEOUT)

    def _environ(self, more: Mapping[str, str] | None) -> dict[str, str]:
        own = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8"}
        own |= {STATE: str(self.kept.path)}
        return {**own, **QUICK.as_environment(), **(more or {})}

    def declare(
        self, name: str, command: str = "true", *, lifecycle: str = "", spec: str = "", file: str = ""
    ) -> Path:
        """Write a task's manifest; `lifecycle` is the inside of a flow map, `spec` more lines of that map."""
        text = TASK % (name, json.dumps(command))
        text += "".join(f"  {line}\n" for line in spec.splitlines())
        text += f"lifecycle: {{{lifecycle}}}\n" if lifecycle else ""
        return self.write(file or f"tasks/{name}.yaml", text)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def edit(self, name: str, before: str, after: str) -> None:
        """Change one place of a file."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert text.count(before) == 1
        self.write(name, text.replace(before, after))

    def remove(self, name: str) -> None:
        (self.tasks / f"{name}.yaml").unlink()

    def runs(self, name: str | None = None) -> list[Any]:
        """The records on the local platform, of every task or of one, from the oldest to the newest."""
        with closing(application(folder_of(self.root, self.kept), settings=QUICK)) as app:
            listed = result(app, "ListCustomTasks", Limit=-1, SortOrder="Ascend")["List"]
        records = [{key: record[key] for key in record if key != "ServerTime"} for record in listed]
        return [record for record in records if name in {None, record["Name"]}]

    def only_run(self, name: str) -> Any:
        [record] = self.runs(name)
        return record

    def states(self) -> dict[str, str]:
        """The state of the newest run of each task."""
        return {record["Name"]: record["State"] for record in self.runs()}

    def log(self, task_id: str) -> str:
        with closing(application(folder_of(self.root, self.kept), settings=QUICK)) as app:
            return log(app, task_id)

    def submit_unmanaged(self, name: str, command: str) -> None:
        """Create a run as somebody else would, without any tag."""
        with closing(application(folder_of(self.root, self.kept), settings=QUICK)) as app:
            create(app, Name=name, command=command)

    def until_state(self, name: str, state: str) -> Any:
        """Wait for the newest run of a task to be in a state, and return it."""
        until(lambda: self.states().get(name) == state, seconds=PATIENCE)
        return self.runs(name)[-1]

    def let_go(self) -> None:
        """End what waits for the file `go`."""
        (self.root / "go").touch()

    def close(self) -> None:
        """End whatever runs: a supervisor without its lock ends, and all its processes with it."""
        (self.state / "supervisor.lock").unlink(missing_ok=True)


@contextmanager
def new_project(folder: Path) -> Iterator[Project]:
    """An empty project below `folder`, for as long as the context lasts."""
    project = Project(folder / "demo", folder / "home")
    project.home.mkdir()
    project.write("jobspec.yaml", PROJECT)
    project.tasks.mkdir()
    try:
        yield project
    finally:
        project.close()


def line_with(text: str, stream: IO[str] | None) -> str:
    """Read a stream until a line holds a text, and return that line."""
    assert stream is not None
    for line in stream:
        if text in line:
            return line
    raise AssertionError(f"the stream ended before `{text}`")
