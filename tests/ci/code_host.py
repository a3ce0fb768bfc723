"""A stand-in for the comments of GitHub and the notes of GitLab, which behaves as their API is documented."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "token-of-the-code-host"
BOT = "github-actions[bot]"
GITHUB = re.compile(r"/repos/acme/train/issues/(?:7/comments|comments/(?P<id>\d+))")
GITLAB = re.compile(r"/projects/42/merge_requests/7/notes(?:/(?P<id>\d+))?")


@dataclass
class CodeHost:
    """Its comments, oldest first; `refuses` is the status of every write, `requests` is what was sent."""

    address: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    refuses: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    person: str = ""
    """The owner of the token, if it is a personal one; that of a job may not read its account on GitHub."""

    def add(self, body: str, author: str = BOT) -> int:
        number = len(self.comments) + 1
        user = {"user": {"login": author}, "author": {"username": author}}
        self.comments.append({"id": number, "body": body, **user})
        return number

    def bodies(self, author: str = BOT) -> list[str]:
        return [one["body"] for one in self.comments if one["user"]["login"] == author]

    def answer(self, method: str, target: str, token: str, body: bytes) -> tuple[int, Any]:
        self.requests.append((method, target))
        parts = urlsplit(target)
        found = GITHUB.fullmatch(parts.path) or GITLAB.fullmatch(parts.path)
        if token != TOKEN:
            return 401, {"message": "Bad credentials"}
        if parts.path == "/user":
            return self._account()
        if found is None:
            return 404, {"message": "Not Found"}
        return self._listed(parts.query) if method == "GET" else self._written(method, found, body)

    def _account(self) -> tuple[int, Any]:
        if self.person:
            return 200, {"login": self.person, "username": self.person}
        return 403, {"message": "Resource not accessible by integration"}

    def _listed(self, text: str) -> tuple[int, Any]:
        query = parse_qs(text)
        size, page = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
        return 200, self.comments[(page - 1) * size : page * size]

    def _written(self, method: str, found: re.Match[str], body: bytes) -> tuple[int, Any]:
        if self.refuses:
            return self.refuses, {"message": "Resource not accessible by integration"}
        text = json.loads(body)["body"]
        if method == "POST" and found["id"] is None:
            return 201, self.comments[self.add(text, self.person or BOT) - 1]
        if method == ("PATCH" if found.re is GITHUB else "PUT") and found["id"]:
            comment = self.comments[int(found["id"]) - 1]
            comment["body"] = text
            return 200, comment
        return 405, {"message": "Method Not Allowed"}


@contextmanager
def code_host() -> Iterator[CodeHost]:
    """Serve a code host on a free port of loopback."""
    host = CodeHost()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
            token = bearer or self.headers.get("PRIVATE-TOKEN", "")
            status, found = host.answer(self.command, self.path, token, body)
            data = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = _answer  # noqa: N815 - names of the library

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
