"""Requests to a served local platform that go off, as bytes on a socket."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping

from tests.local.calls import task
from tests.proof.chaos.owner import signed
from tests.proof.fuzz.bombs.manifests import MEBI
from tests.proof.fuzz.structure import nested

_HEAD = "Host: 127.0.0.1\r\nConnection: close\r\n"
_TASK = json.dumps(task())[:-1]


def call(body: str | bytes, *headers: str, action: str = "CreateCustomTask") -> bytes:
    """One whole request of the owner: a stranger's would be refused before its body is read."""
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    query = f"Action={action}&Version=2021-10-01"
    own = (f"{name}: {value}" for name, value in signed("127.0.0.1", query, data).items() if name != "Host")
    more = "".join(f"{header}\r\n" for header in (*own, *headers, f"Content-Length: {len(data)}"))
    return f"POST /?{query} HTTP/1.1\r\n{_HEAD}{more}\r\n".encode() + data


def _with(field: str, value: str) -> bytes:
    return call(f'{_TASK}, "{field}": {value}}}')


REQUESTS: Mapping[str, Callable[[], bytes]] = {
    "10,000 levels": lambda: call(nested(10_000)),
    "10,000 levels in a field": lambda: _with("Extra", nested(10_000, '{"a":', "}")),
    "980 levels in a field": lambda: _with("Extra", nested(980)),
    "an integer of 100,000 digits": lambda: _with("Extra", "9" * 100_000),
    "an integer of 4,000 digits": lambda: _with("Priority", "9" * 4000),
    "no number": lambda: _with("Extra", "NaN"),
    "infinity": lambda: _with("SidecarMemoryRatio", "1e999"),
    "half a character": lambda: _with("Extra", '"\\ud800"'),
    "half a character in bytes": lambda: _with("Extra", '"\ud800"'),
    "a text of 7 MB": lambda: _with("EntrypointPath", f'"{"x" * 7 * MEBI}"'),
    "a text of 10 MB": lambda: _with("Args", f'"{"x" * 10 * MEBI}"'),
    "a key of 1 MB": lambda: _with("k" * MEBI, '{"Id": 1}, "Name": 1'),
    "brackets": lambda: _with("Envs", "[" + "{}," * 2 * MEBI + "{}]"),
    "100,000 wrong roles": lambda: _with("TaskRoleSpecs", "[" + "1, " * 100_000 + "1]"),
    "100,000 roles of one name": lambda: _with("TaskRoleSpecs", json.dumps(task()["TaskRoleSpecs"] * 20_000)),
    "filters by 100,000 tags": lambda: call(
        json.dumps({"Tags": [f"t{n}" for n in range(100_000)]}), action="ListCustomTasks"
    ),
    "filters by 100,000 states": lambda: call(
        json.dumps({"States": [f"s{n}" for n in range(100_000)]}), action="ListCustomTasks"
    ),
    "a filter of 1 MB": lambda: call(json.dumps({"Filter": "%_" * 500_000}), action="ListCustomTasks"),
    "gzip": lambda: call(gzip.compress(b"x" * 100 * MEBI), "Content-Encoding: gzip"),
    "another character set": lambda: call(_TASK.encode("utf-16"), "X-Charset: utf-16"),
    "100,000 parameters": lambda: call("{}", action="&".join(f"a{n}=1" for n in range(20_000))),
    "an action of 100 KB": lambda: call("{}", action="x" * 100_000),
    "10,000 headers": lambda: call("{}", *(f"X-H{n}: y" for n in range(10_000))),
    "a header of 1 MB": lambda: call("{}", f"X-Flood: {'y' * MEBI}"),
    "no length": lambda: call("{}").replace(b"Content-Length: 2", b"Content-Length: x"),
    "a length of many digits": lambda: call("{}").replace(
        b"Content-Length: 2", b"Content-Length: " + b"9" * 10_000
    ),
    "a negative length": lambda: call("{}").replace(b"Content-Length: 2", b"Content-Length: -2"),
    "a chunk of any size": lambda: call("{}", "Transfer-Encoding: chunked") + b"f" * 100_000,
    "a chunk of no size": lambda: call("zz\r\n", "Transfer-Encoding: chunked"),
    "another protocol": lambda: b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "NUL": lambda: b"\0" * 100_000 + b"\r\n\r\n",
    "a path of 1 MB": lambda: b"GET /" + b"a/" * 500_000 + b" HTTP/1.1\r\n\r\n",
    "a path out of the folder": f"GET /logs/{'../' * 100}etc/passwd HTTP/1.1\r\n{_HEAD}\r\n".encode,
}
"""Each is answered with a refusal below 500, or with the end of the connection."""
