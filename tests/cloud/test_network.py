"""The client on a real socket with a misbehaving peer: each fault raises a typed error, and soon."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from jobspec.cloud.client import PlatformClient
from jobspec.cloud.retry import RetryPolicy
from jobspec.cloud.settings import ClientSettings, Timeouts
from jobspec.errors import BadAnswer, NotFound, PlatformError, Refused, Throttled, Unavailable
from tests.cloud.platform import KEY

Answer = Callable[[socket.socket], None]
QUICK = Timeouts(connect=5.0, write=5.0, read=0.3, total=0.6)


def http(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def document(status: int, **metadata: object) -> bytes:
    return http(status, json.dumps({"ResponseMetadata": metadata, "Result": {"Id": "t-1"}}).encode())


def sending(data: bytes) -> Answer:
    return lambda connection: connection.sendall(data)


def reset_after(data: bytes) -> Answer:
    """Send, then end the connection with RST instead of FIN."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(data)
        time.sleep(0.05)  # what was sent must arrive before the reset throws it away
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return answer


def silent(connection: socket.socket) -> None:
    """Accept the request, and send nothing until the client gives up."""
    connection.recv(1)


def dripping(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")


@contextmanager
def platform(answer: Answer, timeouts: Timeouts) -> Iterator[PlatformClient]:
    """Yield a client of a server that reads each request and then calls `answer`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, contextlib.suppress(OSError):
                        read_request(connection)
                        answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = ClientSettings(KEY, endpoint=endpoint, timeouts=timeouts, retry=RetryPolicy(tries=1))
        with PlatformClient(settings=settings) as client:
            yield client
        listener.shutdown(socket.SHUT_RDWR)


def read_request(connection: socket.socket) -> None:
    seen = b""
    while not seen.endswith(b'{"Id":"t-1"}'):
        seen += connection.recv(65536)


def failure(answer: Answer, timeouts: Timeouts = QUICK) -> PlatformError:
    with platform(answer, timeouts) as client, pytest.raises(PlatformError) as caught:
        client.get("t-1")
    return caught.value


GOOD = document(200)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (sending(b""), Unavailable),
        (sending(GOOD[:-5]), Unavailable),
        (sending(GOOD[:30]), Unavailable),
        (sending(b"SSH-2.0-OpenSSH_9.9\r\n"), Unavailable),
        (sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), Unavailable),
        (sending(b"HTTP/1.1 200 OK\r\n" + b"X-Flood: y\r\n" * 50_000), Unavailable),
        (sending(b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n{}"), Unavailable),
        (reset_after(b""), Unavailable),
        (reset_after(GOOD[:-5]), Unavailable),
        (sending(http(200, b"<html>login</html>", "Content-Type: text/html")), BadAnswer),
        (sending(http(429, b"<html>slow down</html>")), BadAnswer),
        (sending(http(502, b"<html>bad gateway</html>")), Unavailable),
        (sending(http(200, GOOD.partition(b"\r\n\r\n")[2][:-5])), BadAnswer),
        (sending(http(200, b"{}", "Content-Encoding: gzip")), BadAnswer),
        (sending(b"HTTP/1.1 302 Found\r\nLocation: p:0\r\nContent-Length: 0\r\n\r\n"), BadAnswer),
        (sending(document(429, Error={"Code": "AnyLimit"})), Throttled),
        (sending(document(200, Error={"Code": "InvalidParameter"})), Refused),
        (sending(document(200, Error={"Code": "ResourceNotFound"})), NotFound),
        (sending(document(500, Error={"Code": "InternalError"})), Unavailable),
    ],
)
def test_each_fault_of_the_network_is_typed(answer: Answer, kind: type[PlatformError]) -> None:
    error = failure(answer)
    assert type(error) is kind
    assert error.help


@pytest.mark.parametrize("answer", [silent, dripping])
def test_an_endless_response_is_aborted(answer: Answer) -> None:
    assert type(failure(answer)) is Unavailable


def test_an_endless_response_takes_little_memory() -> None:
    tracemalloc.start()
    try:
        error = failure(endless, Timeouts())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert type(error) is BadAnswer
    assert peak < 40 * 1024 * 1024


def test_a_response_in_many_small_pieces_is_read_in_full() -> None:
    def in_bytes(connection: socket.socket) -> None:
        for byte in GOOD:
            connection.sendall(bytes([byte]))

    with platform(in_bytes, Timeouts()) as client:
        assert client.get("t-1").id == "t-1"
