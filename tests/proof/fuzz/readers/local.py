"""What the local platform reads: requests, signed and not, and its own store when somebody else wrote it."""

from __future__ import annotations

import io
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jobspec.local.api.app import LocalPlatform, application
from jobspec.local.errors import LocalError
from jobspec.local.folder import Folder, make_log_folder, prepare
from jobspec.local.settings import Settings
from jobspec.local.store.database import open_database
from jobspec.local.store.store import Store, Transition
from jobspec.local.supervisor.launch import take_lock
from jobspec.local.supervisor.lifecycle import Event
from tests.local.calls import create, task
from tests.local.places import place
from tests.proof.fuzz import structure
from tests.proof.fuzz.reader import Reader, Refused, fed, tokens

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

NOW = datetime(2026, 2, 1, tzinfo=UTC)
SETTINGS = Settings(slots=4, grace=0.1, linger=0.1)


@contextmanager
def requests(folder: Path) -> Iterator[Reader]:
    """A request as text: line, headers, body; to a platform that asks for signatures, and to one not.

    `@ID@` in an input is a task that has run and logged. A supervisor seems to live, so none is started.
    """
    root = folder / "requests"
    root.mkdir()
    prepare(place(root))
    lock = take_lock(place(root))
    assert lock is not None
    with closing(application(place(root), settings=SETTINGS)) as plain:
        known = _ended_task(plain, place(root))
        signed = application(place(root), keys={"a": "secret"}, settings=SETTINGS, clock=_Stopped())

        def read(data: bytes) -> None:
            request = data.replace(b"@ID@", known.encode())
            statuses = [_status(app, _environ(request)) for app in (plain, signed)]
            if min(statuses) >= 400:
                raise Refused

        with closing(signed):
            yield fed("requests", read, (Refused,), _with_another_body)
    os.close(lock)


class _Stopped:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


def _ended_task(app: LocalPlatform, folder: Folder) -> str:
    task_id = create(app, Envs=[{"Name": "A", "Value": "1"}])
    store = Store(open_database(folder))
    with closing(store):
        for event in (Event.ADMIT, Event.LAUNCH, Event.SUCCEED):
            store.move(task_id, event, Transition("moved"), now=NOW)
    make_log_folder(folder, task_id)
    folder.log(task_id, "worker-0").write_bytes("one\nmodel 模型\n".encode())
    return task_id


def _with_another_body(data: bytes, random: Random) -> bytes:
    head, gap, body = data.partition(b"\n\n")
    return head + gap + structure.of_json(body, random)


def _environ(data: bytes) -> dict[str, Any]:
    """The request as a WSGI server would hand it over: text in latin-1, header names in upper case."""
    head, _, body = data.partition(b"\n\n")
    line, *fields = head.decode("latin-1").split("\n")
    method, _, target = line.partition(" ")
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method or "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
    }
    for name, colon, value in (field.partition(":") for field in fields):
        if colon:
            key = name.strip().upper().replace("-", "_")
            environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value.strip()
    return environ


def _status(app: LocalPlatform, environ: Mapping[str, Any], *, is_damaged: bool = False) -> int:
    """The status of the answer, which is held to its form: an envelope, or a short text beside the API."""
    started: list[Any] = []
    body = b"".join(app({**environ}, lambda *args: started.append(args)))  # type: ignore[arg-type] # no write()
    status, headers = int(started[0][0].split()[0]), dict(started[0][1])
    if is_damaged and not _is_json(body):  # a damaged document is passed on as it is; a client tells it
        return 500
    if "json" in headers["Content-Type"] and environ["REQUEST_METHOD"] != "HEAD":
        told = json.loads(body, parse_constant=_no_json)["ResponseMetadata"]
        assert ("Error" in told) == (status != 200)
    assert status < 500 or is_damaged, f"{status}: {environ['wsgi.errors'].getvalue()}"
    return status


def _no_json(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def stores(folder: Path) -> Reader:
    """The file of the store. That it is damaged may be told at the start, or as the answer to a call."""
    root = folder / "stores"
    root.mkdir()
    whole, task_id = _whole_store(root)
    of_task = {"CustomTaskId": task_id}
    actions: Mapping[str, Mapping[str, object]] = {
        "ListCustomTasks": {},
        "GetCustomTask": {"Id": task_id},
        "UpdateCustomTask": {"Id": task_id, "Tags": ["x"]},
        "GetCustomTaskInstances": of_task,
        "ListCustomTaskTimelines": of_task,
        "GetContainerLogs": of_task,
        "StopCustomTask": {"Id": task_id},
    }

    def read(data: bytes) -> None:
        for path in (place(root).path).glob("local.db*"):
            path.unlink()
        (place(root).path / "local.db").write_bytes(data)
        lock = take_lock(place(root))
        assert lock is not None
        try:
            _use(root, actions)
        finally:
            os.close(lock)

    return Reader("stores", read, (LocalError, Refused), tokens("stores"), (whole,), _with_other_bytes)


def _with_other_bytes(data: bytes, random: Random) -> bytes:
    """A few bytes changed where they stand, so that the pages stay where they are."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8))):
        changed[random.randrange(len(changed))] = random.choice((0, 1, 0x7F, 0xFF, random.randrange(256)))
    return bytes(changed)


def _use(root: Path, actions: Mapping[str, Mapping[str, object]]) -> None:
    with closing(application(place(root), settings=SETTINGS)) as app:
        statuses = [_status(app, _call(action, body), is_damaged=True) for action, body in actions.items()]
    store = Store(open_database(place(root)))
    with closing(store):
        store.head_of_queue(now=NOW)
        store.admitted(now=NOW)
    if max(statuses) >= 400:
        raise Refused


def _call(action: str, body: Mapping[str, object]) -> dict[str, Any]:
    head = f"POST /?Action={action}&Version=2021-10-01\nHost: 127.0.0.1\nContent-Type: application/json\n\n"
    return _environ(head.encode() + json.dumps(body).encode())


def _whole_store(root: Path) -> tuple[bytes, str]:
    """A store with a few tasks in one file, as small as it gets."""
    folder = place(root)
    prepare(folder)
    store = Store(open_database(folder))
    with closing(store):
        ids = [store.create(task(f"task-{number}", Tags=["a", "b"]), now=NOW) for number in range(3)]
    with closing(sqlite3.connect(folder.store)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA page_size = 512")
        connection.execute("VACUUM")
    with suppress(FileNotFoundError):
        folder.store.with_name("local.db-wal").unlink()
    return folder.store.read_bytes(), ids[0]
