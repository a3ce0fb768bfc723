"""A platform on loopback that keeps tasks, notes every request, and says of them whatever a test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TIME = "2026-01-31T01:02:03Z"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came."""

    line: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def action(self) -> str:
        """The action of the API; `GET` for a log."""
        return parse_qs(urlsplit(self.line.split()[1]).query).get("Action", ["GET"])[0]

    @property
    def json(self) -> Json:
        found: Json = json.loads(self.body or b"{}")
        return found


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


Answer = Callable[[Request], Reply]
Seen = Callable[[Request], None]


def ok(result: object = None, request_id: str = "r-1") -> Reply:
    metadata = {"RequestId": request_id}
    return Reply(200, json.dumps({"ResponseMetadata": metadata, "Result": result}).encode())


def refusal(
    message: str, *, code: str = "InvalidParameter", status: int = 400, request: str = "r-2"
) -> Reply:
    metadata = {"RequestId": request, "Error": {"Code": code, "Message": message}}
    return Reply(status, json.dumps({"ResponseMetadata": metadata}).encode())


@dataclass(slots=True)
class Platform:
    """The tasks by id, the requests, and what a test has the platform do otherwise.

    `answers` take the place of an action's own answer; `echo` changes each record before it is shown; `state`
    is what a new task is in; `refuses_tunnels_with` is what it says as a proxy; `seen` is called in the
    middle of each request.
    """

    url: str = ""
    tasks: dict[str, Json] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    echo: Callable[[Json], Json] = dict
    instance: Json = field(default_factory=dict)
    timeline: list[Json] = field(default_factory=list)
    log: bytes = b"a line\n"
    state: str = "Running"
    refuses_tunnels_with: str = ""
    seen: Seen = lambda _: None
    bugs: list[BaseException] = field(default_factory=list)

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        self.seen(request)
        if request.line.startswith("CONNECT"):
            return Reply(407, self.refuses_tunnels_with.encode(), reason=self.refuses_tunnels_with)
        own = self.answers.get(request.action)
        return own(request) if own else self.own_answer(request)

    def add(self, name: str, **fields: object) -> str:
        """Let there be a task that somebody else has submitted, and return its id."""
        record: Json = {
            "Name": name,
            "ImageSpec": {"Id": "ml_platform/python:3.11"},
            "EntrypointPath": "true",
            "Framework": "Custom",
            "ResourceGroupId": "default",
            "TaskRoleSpecs": [{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": "ml.g1e.large"}],
            **fields,
        }
        return self._create(record)

    def created(self) -> list[Json]:
        """The bodies of the tasks that were submitted."""
        return [one.json for one in self.requests if one.action == "CreateCustomTask"]

    def own_answer(self, request: Request) -> Reply:
        """What it answers where no test wants it otherwise."""
        body = request.json if request.action != "GET" else {}
        match request.action:
            case "GET":
                return self._log(request)
            case "CreateCustomTask":
                return ok({"Id": self._create(body), "OrderNumber": ""})
            case "ListCustomTasks":
                return ok(self._listed(body))
            case "ListCustomTaskTimelines":
                return ok({"List": self.timeline})
            case "GetContainerLogs":
                return refusal("no such action", code="InvalidActionOrVersion")
            case _:
                return self._of_one(request.action, body)

    def _of_one(self, action: str, body: Json) -> Reply:
        task_id = body.get("Id") or body.get("CustomTaskId")
        record = self.tasks.get(str(task_id))
        if record is None:
            return refusal("no such task", code="ResourceNotFound", status=404)
        match action:
            case "GetCustomTask":
                return ok(self.echo(record))
            case "GetCustomTaskInstances":
                return ok({"Total": 1, "List": [self._instance(record)]})
            case "UpdateCustomTask":
                record.update({key: value for key, value in body.items() if key != "Id"})
            case "StopCustomTask":
                record["State"] = "Killed"
            case "DeleteCustomTask":
                del self.tasks[record["Id"]]
        return ok()

    def _create(self, body: Json) -> str:
        task_id = f"t-20260131010203-{len(self.tasks):05}"
        shown = {key: value for key, value in body.items() if key != "Credential"}
        shown["Envs"] = [
            {**env, "Value": ""} if env.get("IsPrivate") else env for env in body.get("Envs", [])
        ]
        image = shown.get("ImageSpec", {})
        shown["ImageSpec"] = {key: value for key, value in image.items() if key != "Credential"}
        times = {"CreateTime": TIME, "UpdateTime": TIME, "LaunchTime": TIME}
        record = {"Tags": [], "State": self.state, **times, **shown, "Id": task_id}
        if record["State"] not in {"Running", "Queue"}:
            record["FinishTime"] = TIME
        self.tasks[task_id] = record
        return task_id

    def _listed(self, body: Json) -> Json:
        chosen = [
            record
            for record in self.tasks.values()
            if body.get("Name") in {None, "", record["Name"]}
            and set(body.get("Tags") or ()) <= set(record["Tags"])
        ]
        start = int(body.get("Offset") or 0)
        return {"Total": len(chosen), "List": [self.echo(record) for record in chosen[start:]]}

    def _instance(self, record: Json) -> Json:
        return {
            "RoleName": "worker",
            "RoleIndex": "0",
            "State": record["State"],
            "PodName": f"{record['Id']}-worker-0",
            "LogURL": f"{self.url}/logs/{record['Id']}",
            **self.instance,
        }

    def _log(self, request: Request) -> Reply:
        start = int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if start >= len(self.log):
            return Reply(416, b"")
        return Reply(206, self.log[start:], {"Content-Range": f"bytes {start}-{len(self.log) - 1}/*"})


@contextmanager
def served() -> Iterator[Platform]:
    """A platform behind a port of its own, for as long as the context lasts."""
    platform = Platform()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer: two wait for each other

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                reply = platform.answer(Request(self.requestline, headers, body))
            except Exception as error:
                platform.bugs.append(error)
                raise
            self.send_response(reply.status, reply.reason or None)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_CONNECT = _answer  # noqa: N815 - the names of the library

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        platform.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
        thread.start()
        try:
            yield platform
        finally:
            server.shutdown()
            thread.join()
