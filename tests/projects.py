"""A project in a folder of its own, and the real command line, run in it as real processes.

The home is an empty folder and no key is in the environment. What the platform holds is read through its
API, not through the command that is tested.
"""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobspec.config.project_state import project_folder
from jobspec.config.state_folder import StateFolder
from jobspec.local.api.app import application
from tests import processes
from tests.forked import Call
from tests.local.calls import create, log, result, until
from tests.local.places import folder_of, state_of_test
from tests.processes import APART, PATIENCE, QUICK, Ended, Streams

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

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
class Project:
    """A folder with manifests, a home that is not the user's, and the `keys` that every command finds."""

    root: Path
    home: Path
    kept: StateFolder = field(default_factory=state_of_test)
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """Where the local platform keeps what it knows of the project."""
        return project_folder(self.kept, self.root.resolve()).path

    @property
    def tasks(self) -> Path:
        return self.root / "tasks"

    def run(self, *arguments: str, exits: int = 0, environ: Mapping[str, str] | None = None) -> Ended:
        """Run a command to its end, without a terminal, and hold it to an exit code."""
        ended = self.attempt(*arguments, environ=environ)
        assert ended.code == exits, f"{arguments} exits {ended.code}, not {exits}:\n{ended.printed}"
        return ended

    def attempt(self, *arguments: str, environ: Mapping[str, str] | None = None) -> Ended:
        """Run a command to its end, without a terminal, whatever it exits with."""
        return processes.run(self._call(arguments, environ))

    def run_python(
        self,
        *arguments: str,
        environ: Mapping[str, str] | None = None,
        under: Callable[[], None] | None = None,
    ) -> Ended:
        """Run a new Python here to its end, for what a forked command cannot show."""
        return processes.run_python(self._call(arguments, environ), under)

    def apply(self, *options: str, exits: int = 0, environ: Mapping[str, str] | None = None) -> Ended:
        return self.run("apply", "--yes", *options, exits=exits, environ=environ)

    def plan(self, *options: str) -> dict[str, Any]:
        """The change of each task in the plan."""
        view = self.run("plan", "-o", "json", *options).json
        return {change["task"]: change for change in view["changes"]}

    @contextmanager
    def running(
        self, *arguments: str, environ: Mapping[str, str] | None = None, streams: Streams = APART
    ) -> Iterator[subprocess.Popen[str]]:
        """A command under way, which does not outlive the test."""
        with processes.running(self._call(arguments, environ), streams) as process:
            yield process

    def environ(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a command."""
        return processes.environment(self.home, self.kept, {**self.keys, **(more or {})})

    def _call(self, arguments: tuple[str, ...], environ: Mapping[str, str] | None) -> Call:
        return Call(arguments, self.root, self.environ(environ))

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
