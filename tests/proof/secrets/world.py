"""A project, a home and a platform: the real command line is run there, and all that it lets out is kept."""

from __future__ import annotations

import io
import logging
import os
import shlex
import ssl
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from unittest import mock

from jobspec.apply.clock import InterruptibleClock
from jobspec.apply.journal import NAME
from jobspec.cli import main
from jobspec.cloud.settings import DEFAULT_REGION
from jobspec.config.scope_state import AccountId, scope_folder
from jobspec.config.state_folder import StateFolder
from tests.allowed import allow_endpoint
from tests.local.places import make_parents
from tests.processes import Ended
from tests.proof.secrets.canary import Canary
from tests.proof.secrets.evidence import Evidence, Hit, note_exception, note_files, note_request, note_values
from tests.proof.secrets.platform import Platform, Request, served

_CLICK_MAIN: Callable[..., object] = type(main.cli).main
KEYS = {
    "VOLC_ACCESSKEY": Canary.named("access key", "AKLT{}"),
    "VOLC_SECRETKEY": Canary.named("secret key"),
    "VOLC_SESSION_TOKEN": Canary.named("session token"),
}
PROJECT = """\
apiVersion: jobspec/v1
kind: Project
metadata: {{name: demo}}
spec:
  manifests: [tasks/**/*.yaml]
  platform: {{kind: volcengine, endpoint: "{url}", listLag: 0s, commitWindow: 0s, maxWritesPerSecond: 1000}}
{more}"""
TASK = """\
apiVersion: jobspec/v1
kind: Task
metadata: {name: train}
spec:
  image: ml_platform/python:3.11
  entrypoint: python train.py
  roles: [{name: worker, replicas: 1, flavor: ml.g1e.large}]
"""


@dataclass(slots=True)
class World:
    """Where commands are run. `canary` is the secret of this world, and the account's `KEYS` are secrets too.

    `inputs` are the files that were there before; `patches` break the product while a command runs.
    """

    folder: Path
    canary: Canary
    platform: Platform
    environ: dict[str, str]
    evidence: Evidence = field(default_factory=Evidence)
    inputs: dict[Path, bytes] = field(default_factory=dict)
    patches: list[AbstractContextManager[object]] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.folder / "demo"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def journal(self) -> Path:
        """The journal of the project's scope."""
        state = StateFolder(self.home / ".local/state/jobspec")
        account = AccountId("volcengine", self.platform.url, DEFAULT_REGION)
        return scope_folder(state, account, "demo").path / NAME

    @property
    def secret(self) -> str:
        return self.canary.value

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file of the user's own, below the project or at an absolute path; it may hold a canary."""
        path = self.root / name
        make_parents(path)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(data)
        self.inputs[path] = data
        return path

    def project(self, more: str = "") -> None:
        """Write the project file, with more lines of its spec."""
        self.write("jobspec.yaml", PROJECT.format(url=self.platform.url, more=more))
        allow_endpoint(self.home, self.platform.url)

    def task(self, spec: str = "", *, rest: str = "", name: str = "tasks/train.yaml") -> None:
        """Write the manifest of the task, with more lines of its spec, and more behind it."""
        lines = "".join(f"  {line}\n" for line in spec.splitlines())
        self.write(name, TASK + lines + rest)

    def hits(self) -> list[Hit]:
        return self.evidence.hits([self.canary, *KEYS.values()])

    def is_sent(self) -> bool:
        """Whether a create has carried the canary, as it has to."""
        return any(self.secret in text for body in self.platform.created() for text in _texts(body))

    def run(self, line: str) -> Ended:
        """Run a command in this process, and keep what it lets out."""
        with ExitStack() as stack:
            stack.enter_context(_surroundings(self))
            streams = stack.enter_context(_streams())
            records = stack.enter_context(_logged())
            told = stack.enter_context(warnings.catch_warnings(record=True))
            warnings.simplefilter("always")
            self.platform.seen = self._seen
            stack.enter_context(mock.patch.object(main.cli, "main", self._main))
            for patch in self.patches:
                stack.enter_context(patch)
            code = main.run(shlex.split(line))
            out, err = (_content(stream) for stream in streams)
        for bug in self.platform.bugs:
            raise bug
        for one in told:
            self.evidence.add("warnings", str(one.message))
        self._keep(out, err, records)
        return Ended(code, out, err)

    def _main(self, *arguments: object, **options: object) -> object:
        """Click's own entry, with an eye on what it raises."""
        try:
            return _CLICK_MAIN(main.cli, *arguments, **options)
        except BaseException as error:
            note_exception(self.evidence, error)
            raise

    def _seen(self, request: Request) -> None:
        """In the middle of a call, when secrets are resolved, and the journal is written."""
        note_request(self.evidence, request)
        if request.action == "CreateCustomTask":
            note_values(self.evidence)
            self._keep_files()

    def _keep(self, out: str, err: str, logged: list[str]) -> None:
        self.evidence.add("stdout", out)
        self.evidence.add("stderr", err)
        for line in logged:
            self.evidence.add("log", line)
        self._keep_files()

    def _keep_files(self) -> None:
        note_files(self.evidence, (self.root, self.home, self.folder / "tmp"), self.inputs)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


@contextmanager
def new_world(folder: Path, canary: Canary) -> Iterator[World]:
    """A project with one task and keys in the environment, for as long as the context lasts."""
    with served() as platform:
        environ = {name: key.value for name, key in KEYS.items()}
        world = World(folder, canary, platform, environ)
        for path in (world.root, world.home, folder / "tmp"):
            path.mkdir()
        world.project()
        world.task()
        yield world


@cache
def _certificates(**_: object) -> ssl.SSLContext:
    """The certificates of the world, read once: no platform here has one, and reading them takes long."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@contextmanager
def _surroundings(world: World) -> Iterator[None]:
    """The world's own folder, home and environment, where waiting takes no time."""
    before = Path.cwd()
    own = {"HOME": str(world.home), "TMPDIR": str(world.folder / "tmp"), "PATH": os.environ["PATH"]}
    os.chdir(world.root)
    try:
        with (
            mock.patch.dict(os.environ, {**own, **world.environ}, clear=True),
            mock.patch.object(InterruptibleClock, "sleep", lambda *_: None),
            mock.patch.object(ssl, "create_default_context", _certificates),
        ):
            yield
    finally:
        os.chdir(before)


@contextmanager
def _streams() -> Iterator[tuple[io.TextIOWrapper, io.TextIOWrapper]]:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with (
        mock.patch.object(sys, "stdout", out),
        mock.patch.object(sys, "stderr", err),
        mock.patch.object(sys, "stdin", io.StringIO()),
    ):
        yield out, err


def _content(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)} {record.args!r}")


@contextmanager
def _logged() -> Iterator[list[str]]:
    """What all loggers say at their most talkative."""
    handler, root = _Kept(), logging.getLogger()
    before: Mapping[logging.Logger, int] = {
        logger: logger.level for logger in (root, *map(logging.getLogger, ("httpx", "httpcore")))
    }
    root.addHandler(handler)
    for logger in before:
        logger.setLevel(1)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
        for logger, level in before.items():
            logger.setLevel(level)
