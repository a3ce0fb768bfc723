"""`jobspec serve` as a real process, and calls to it as its owner, as a foreign client, and as a stranger."""

from __future__ import annotations

import codecs
import json
import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest

from jobspec.cloud.signing import Credentials, SignableRequest, sign
from jobspec.config.state_folder import StateFolder
from tests import processes
from tests.local.calls import Reply
from tests.processes import PATIENCE

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

NOBODY = 65534
"""A user id that is not ours. Nothing here belongs to it."""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process of another user")


@dataclass(frozen=True, slots=True)
class Served:
    """A server, the folder whose tasks it runs, and the state folder of its user."""

    process: subprocess.Popen[str]
    url: str
    folder: Path
    state: Path

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None
        return port

    @property
    def file(self) -> Path:
        return self.state / "servers" / f"127.0.0.1_{self.port}.json"

    @property
    def key(self) -> Credentials:
        """The key that the server left for its user's commands."""
        content = json.loads(self.file.read_bytes())
        return Credentials(content["accessKeyId"], content["secretAccessKey"])

    def signed(
        self, action: str, data: bytes, more: Mapping[str, str] | None = None, key: Credentials | None = None
    ) -> dict[str, str]:
        """The headers of a signed call, those of `more` among what is signed."""
        query = (("Action", action), ("Version", "2021-10-01"))
        request = SignableRequest("POST", self.host, "/", query, data, more or {})
        signed = sign(request, key or self.key, region="cn-beijing", now=datetime.now(UTC))
        return {**(more or {}), **signed}

    def call(self, action: str, body: object, more: Mapping[str, str] | None = None) -> Reply:
        """A call as the owner's own command makes it."""
        data = json.dumps(body).encode()
        return self.post(action, data, self.signed(action, data, more))

    def result(self, action: str, **body: object) -> Any:
        reply = self.call(action, body)
        assert reply.status == 200, reply.body
        return reply.json["Result"]

    def post(self, action: str, data: bytes, headers: Mapping[str, str]) -> Reply:
        return self.send("POST", target(action), data, headers)

    def send(
        self,
        method: str,
        path: str,
        data: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        within: float = PATIENCE,
    ) -> Reply:
        connection = HTTPConnection(self.host, timeout=within)
        try:
            connection.request(method, path, data or None, dict(headers or {}))
            return _read(connection.getresponse())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)


def _read(response: HTTPResponse) -> Reply:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, response.read())


def target(action: str) -> str:
    return f"/?{urlencode({'Action': action, 'Version': '2021-10-01'})}"


@contextmanager
def serving(folder: Path, *options: str, environ: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Serve a folder below which everything lies, the state folder too."""
    kept, root = StateFolder(folder / "state"), folder / "served"
    root.mkdir(exist_ok=True)
    own = processes.environment(folder / "home", kept, environ)
    with processes.serving(root, *options, kept=kept, environ=own) as server:
        yield Served(server.process, server.url, root, kept.path)


def as_user(uid: int, work: Callable[[], object]) -> str:
    """What a process of another user says about `work`: its repr, or the exception."""
    codecs.lookup("idna")  # for addresses; the other user may not be able to read our Python
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        os._exit(_said_as(uid, work, writing))
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said


def _said_as(uid: int, work: Callable[[], object], pipe: int) -> int:
    try:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        said = repr(work())
    except Exception as error:
        said = repr(error)
    os.write(pipe, said.encode())
    return 0
