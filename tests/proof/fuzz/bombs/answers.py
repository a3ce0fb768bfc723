"""Answers of a platform on loopback that go off: in the connection, the parser, or what is made of them."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from tests.proof.fuzz.bombs.manifests import MEBI
from tests.proof.fuzz.reader import CORPUS
from tests.proof.fuzz.structure import nested

Answer = Callable[[], Iterable[bytes]]
Make = Callable[[], Answer]
"""A bomb is made when it is thrown: some have megabytes."""
LIST = (CORPUS / "answers" / "list.json").read_text()
_EMPTY = '{"ResponseMetadata": {}, "Result": {"Total": 0, "List": []}}'


def _http(body: str | bytes, *headers: str) -> Answer:
    def answer() -> Iterator[bytes]:
        data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        head = ["HTTP/1.1 200 OK", f"Content-Length: {len(data)}", *headers, "", ""]
        yield "\r\n".join(head).encode() + data

    return answer


def _result(value: str) -> Answer:
    return _http(f'{{"ResponseMetadata": {{}}, "Result": {value}}}')


def _record(field: str, value: str) -> Answer:
    """A page of tasks, one field of the first of which is something else."""
    record = json.loads(LIST)["Result"]["List"][0] | {field: None}
    written = json.dumps(record).replace(f'"{field}": null', f'"{field}": {value}')
    return _result(f'{{"Total": 1, "List": [{written}]}}')


def _endless(first: bytes, piece: bytes) -> Answer:
    def answer() -> Iterator[bytes]:
        yield first
        while True:
            yield piece

    return answer


_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

# What is told to be no answer of the API: asked for three times, within a second or two.
ANSWERS: Mapping[str, Make] = {
    "10,000 levels": lambda: _http(nested(10_000)),
    "10,000 levels in the result": lambda: _result(nested(10_000, '{"a":', "}")),
    "300 levels in a record": lambda: _record("Extra", nested(300)),
    "900 levels in a record": lambda: _record("Extra", nested(900, '{"a":', "}")),
    "an identifier of 10 MB": lambda: _record("Id", f'"{"x" * 10 * MEBI}"'),
    "brackets": lambda: _result("[" + "{}," * 2 * MEBI + "{}]"),
    "gzip": lambda: _http(gzip.compress(b"x" * 100 * MEBI), "Content-Encoding: gzip"),
    "gzip in disguise": lambda: _http(gzip.compress(b"x" * 100 * MEBI)),
    "9 MiB of spaces": lambda: _http(" " * 9 * 1024 * 1024),
    "a body without end": lambda: _endless(_CHUNKED, b"100000\r\n" + b"x" * 0x100000 + b"\r\n"),
    "another character set": lambda: _http(
        LIST.encode("utf-16"), "Content-Type: application/json; charset=utf-7"
    ),
    "no text": lambda: _http(b"\xff\xfe\xff" * MEBI),
    "a page of the web": lambda: _http("<html>" * 100_000, "Content-Type: text/html"),
    "no list": lambda: _result('{"Total": 9, "List": {"a": 1}}'),
    "100,000 records without an id": lambda: _result('{"Total": 1, "List": [' + "{}, " * 100_000 + "{}]}"),
    "half a body": lambda: _http(LIST[: len(LIST) // 2]),
}
"""Each is refused by `plan`."""

ODD: Mapping[str, Make] = {
    "an integer of 100,000 digits": lambda: _record("ExitCode", "9" * 100_000),
    "an integer of 4,000 digits": lambda: _record("ExitCode", "9" * 4000),
    "replicas of 300 digits": lambda: _record(
        "TaskRoleSpecs", f'[{{"RoleName": "w", "RoleReplicas": {"9" * 300}}}]'
    ),
    "replicas of 400 digits": lambda: _record(
        "TaskRoleSpecs", f'[{{"RoleName": "w", "RoleReplicas": {"9" * 400}}}]'
    ),
    "replicas beyond all numbers": lambda: _record(
        "TaskRoleSpecs", '[{"RoleName": "w", "RoleReplicas": 1e308}]'
    ),
    "no number": lambda: _record("ExitCode", "NaN"),
    "infinity": lambda: _record("Priority", "Infinity"),
    "a text of 4 MB": lambda: _record("DiagInfo", f'"{"x" * 4 * MEBI}"'),
    "a text of half characters": lambda: _record("Description", '"' + "\\ud800" * 100_000 + '"'),
    "a command of 4 MB": lambda: _record("EntrypointPath", f'"{"x" * 4 * MEBI}"'),
    "a key of 1 MB": lambda: _record("k" * MEBI, "1"),
    "50,000 keys": lambda: _record("Extra", "{" + ", ".join(f'"k{n}": {n}' for n in range(50_000)) + "}"),
    "100,000 tags": lambda: _record("Tags", json.dumps([f"tag-{n}" for n in range(100_000)])),
    "100,000 tags of ours": lambda: _record(
        "Tags", json.dumps([f"jobspec-task_{n}" for n in range(100_000)])
    ),
    "50,000 variables": lambda: _record(
        "Envs", json.dumps([{"Name": f"A{n}", "Value": "x"} for n in range(50_000)])
    ),
    "50,000 roles": lambda: _record(
        "TaskRoleSpecs", json.dumps([{"RoleName": f"r{n}"} for n in range(50_000)])
    ),
    "lists in lists": lambda: _record("Storages", "[" + "[[]], " * 60_000 + "[]]"),
    "nothing": lambda: _http(_EMPTY),
    "a year beyond all years": lambda: _record("CreateTime", '"9999-12-31T23:59:59.999999999-23:59"'),
    "a year before all years": lambda: _record("LaunchTime", '"0002-01-01T00:00:00+23:59"'),
}
"""Each may be planned with or refused; no command breaks on it."""

SLOW: Mapping[str, Make] = {
    "headers without end": lambda: _endless(b"HTTP/1.1 200 OK\r\n", b"X-Flood: y\r\n" * 10_000),
    "a header without end": lambda: _endless(b"HTTP/1.1 200 OK\r\nX-Flood: ", b"y" * 65_536),
    "a status line without end": lambda: _endless(b"HTTP/1.1 200 ", b"y" * 65_536),
    "informational answers without end": lambda: _endless(b"", b"HTTP/1.1 103 Hints\r\n\r\n" * 1000),
    "a length that is too long": lambda: lambda: [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"],
    "a length that is no number": lambda: lambda: [b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"],
    "two lengths": lambda: lambda: [b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"],
    "a chunk of no size": lambda: lambda: [_CHUNKED + b"zz\r\n"],
    "a chunk of any size": lambda: lambda: [_CHUNKED + b"f" * 100_000],
    "another protocol": lambda: lambda: [b"SSH-2.0-OpenSSH_9.9\r\n"],
}
"""What is told to have broken off: a read is tried again for several seconds."""


@contextmanager
def platform(answer: Answer) -> Iterator[str]:
    """The address of a platform that answers everything alike."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=_serve, args=(listener, answer), daemon=True)
        server.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        server.join(10)


def _serve(listener: socket.socket, answer: Answer) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(10)
                seen = b""
                while not seen.endswith(b"}") and (more := connection.recv(65536)):
                    seen += more
                for piece in answer():
                    connection.sendall(piece)
