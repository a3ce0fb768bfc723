"""A neighbour's program at a port of this machine, which keeps all that it is sent."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

EMPTY = b'{"ResponseMetadata": {"RequestId": "r"}, "Result": {"Total": 0, "List": [], "Id": "t-1"}}'


@dataclass(slots=True)
class Listener:
    """Answers each request with the same bytes, and closes the connection."""

    port: int
    answer: bytes
    seen: list[bytes] = field(default_factory=list)
    relay_to: tuple[str, int] | None = None
    """A server to which each request is passed on, to answer with what it says."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def text(self) -> bytes:
        return b"\n".join(self.seen)


def reply(body: bytes = EMPTY, *, status: str = "200 OK", more: str = "") -> bytes:
    """The bytes of an answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}"
    return f"{head}Connection: close\r\n\r\n".encode() + body


@contextmanager
def listening(answer: bytes | None = None) -> Iterator[Listener]:
    """Listen at a free port of this machine until the end of the test."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = Listener(server.getsockname()[1], reply() if answer is None else answer)
        thread = threading.Thread(target=_serve, args=(server, listener), daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(server: socket.socket, listener: Listener) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:  # the test is over
            return
        with connection:
            request = _request(connection)
            listener.seen.append(request)
            connection.sendall(_passed_on(request, listener.relay_to) or listener.answer)


def _passed_on(request: bytes, address: tuple[str, int] | None) -> bytes:
    if address is None:
        return b""
    with socket.create_connection(address) as other:
        other.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        answer = b""
        while piece := other.recv(65536):
            answer += piece
    return answer


def _request(connection: socket.socket) -> bytes:
    """One request: its head, and as much of its body as the head announces."""
    connection.settimeout(5)
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    ]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
