"""Calls the local platform in process, as a client of the API would."""

from __future__ import annotations

import io
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from jobspec.local.api.app import VERSION, LocalPlatform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TERMINAL = {"Success", "Failed", "Exception", "Cancelled", "Killed"}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return str(self.json["ResponseMetadata"]["Error"]["Code"])

    @property
    def message(self) -> str:
        return str(self.json["ResponseMetadata"]["Error"]["Message"])


def send(
    app: LocalPlatform,
    method: str,
    url: str,
    *,
    data: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Reply:
    parts = urlsplit(url)
    sent = {"Host": parts.netloc or "127.0.0.1", "Content-Type": "application/json", **(headers or {})}
    started: list[Any] = []
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": parts.path or "/",
        "QUERY_STRING": parts.query,
        "CONTENT_LENGTH": str(len(data)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": io.StringIO(),
    }
    for name, value in sent.items():
        key = name.upper().replace("-", "_")
        environ[key if key.startswith("CONTENT_") and key != "CONTENT_MD5" else f"HTTP_{key}"] = value
    body = b"".join(app(environ, lambda *args: started.append(args)))  # type: ignore[arg-type] # no write()
    status, answered = started[0]
    return Reply(int(status.split()[0]), dict(answered), body)


def call(app: LocalPlatform, action: str, body: object) -> Reply:
    query = urlencode({"Action": action, "Version": VERSION})
    return send(app, "POST", f"/?{query}", data=json.dumps(body).encode())


def result(app: LocalPlatform, action: str, **body: object) -> Any:
    reply = call(app, action, body)
    assert reply.status == 200, reply.body
    return reply.json["Result"]


def task(name: str = "demo", command: str = "true", **more: object) -> dict[str, Any]:
    return {
        "Name": name,
        "ImageSpec": {"Id": "ml_platform/pytorch:1.7"},
        "EntrypointPath": command,
        "Framework": "Custom",
        "TaskRoleSpecs": [roles("worker")],
        **more,
    }


def roles(name: str, replicas: int = 1) -> dict[str, Any]:
    return {"RoleName": name, "RoleReplicas": replicas, "ResourceSpecId": "ml.g1e.large"}


def create(app: LocalPlatform, **fields: Any) -> str:
    return str(result(app, "CreateCustomTask", **task(**fields))["Id"])


def get(app: LocalPlatform, task_id: str) -> Any:
    return result(app, "GetCustomTask", Id=task_id)


def until(condition: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Return as soon as a condition holds; fail if it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


def until_state(app: LocalPlatform, task_id: str, *states: str) -> Any:
    until(lambda: get(app, task_id)["State"] in states)
    return get(app, task_id)


def ended(app: LocalPlatform, task_id: str) -> Any:
    return until_state(app, task_id, *TERMINAL)


def log(app: LocalPlatform, task_id: str, replica: str = "worker-0") -> str:
    return str(result(app, "GetContainerLogs", PodName=f"{task_id}-{replica}")["Content"])


def timeline(app: LocalPlatform, task_id: str) -> list[str]:
    listed = result(app, "ListCustomTaskTimelines", CustomTaskId=task_id)["List"]
    return [entry["State"] for entry in listed]
