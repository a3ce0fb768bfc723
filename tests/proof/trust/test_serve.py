"""Other users of the machine at `jobspec serve`: they are answered nothing, and hold nobody up."""

from __future__ import annotations

import hmac
import json
import resource
import signal
import socket
import stat
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from jobspec.cloud.signing import NONCE_HEADER, PROOF_HEADER, Credentials
from tests.local.calls import task, until
from tests.proof.trust.serving import NOBODY, Served, as_root, as_user, serving, target

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = Credentials("AKLT-canary", "secret-canary-key")
KEYS = {"VOLC_ACCESSKEY": OWN.access_key, "VOLC_SECRETKEY": OWN.secret_key}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """A server in a folder that other users can enter; those of pytest belong to one user alone."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with serving(Path(folder)) as served:
            yield served


def test_a_stranger_is_told_that_the_server_lives_and_no_more(server: Served) -> None:
    reply = server.send("GET", "/healthz")
    assert (reply.status, reply.body) == (200, b"ok")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", target("ListCustomTasks")),
        ("POST", target("CreateCustomTask")),
        ("POST", target("NoSuchAction")),
        ("GET", "/"),
        ("GET", "/logs/t-20260101000000-00000/worker-0"),
        ("GET", "/logs/../../etc/passwd"),
        ("GET", "/nowhere"),
        ("GET", "/healthz/"),
        ("DELETE", "/"),
    ],
)
def test_everything_else_is_refused_without_a_signature(server: Served, method: str, path: str) -> None:
    body = json.dumps(task(command="touch canary")).encode() if method == "POST" else b""
    assert server.send(method, path, body, JSON).status == 401
    assert not (server.folder / "canary").exists()


@as_root
def test_another_user_neither_reads_the_key_nor_runs_a_command(server: Served) -> None:
    body = json.dumps(task(command="touch canary")).encode()
    file = server.file
    assert "served" in as_user(NOBODY, lambda: [one.name for one in server.folder.parent.iterdir()])
    assert "PermissionError" in as_user(NOBODY, file.read_bytes)
    said = as_user(NOBODY, lambda: server.post("CreateCustomTask", body, JSON).status)
    assert said == "401"
    assert server.result("ListCustomTasks", Limit=10, Tags=["canary"])["Total"] == 0


def test_the_key_is_in_a_file_that_only_its_user_can_read(server: Served) -> None:
    content = json.loads(server.file.read_bytes())
    assert stat.S_IMODE(server.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.file.parent.stat().st_mode) == 0o700
    assert (content["endpoint"], content["pid"]) == (server.url, server.process.pid)
    assert server.call("ListCustomTasks", {}).status == 200


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_the_file_goes_with_the_server_and_its_key_too(tmp_path: Path, signum: signal.Signals) -> None:
    with serving(tmp_path) as served:
        key = served.key
        served.process.send_signal(signum)
        assert served.process.wait(30) == 0
        assert not served.file.exists()
    with serving(tmp_path) as again:
        headers = again.signed("ListCustomTasks", b"{}", key=key)
        assert again.post("ListCustomTasks", b"{}", headers).error == "InvalidAccessKey"


def test_a_server_that_was_started_with_keys_accepts_them_and_writes_none_down(tmp_path: Path) -> None:
    with serving(tmp_path, environ=KEYS) as served:
        headers = served.signed("ListCustomTasks", b"{}", key=OWN)
        assert served.post("ListCustomTasks", b"{}", headers).status == 200
        wrong = served.signed("ListCustomTasks", b"{}", key=Credentials(OWN.access_key, "another"))
        assert served.post("ListCustomTasks", b"{}", wrong).error == "SignatureDoesNotMatch"
        texts = [path.read_text() for path in served.state.rglob("*") if path.is_file()]
        assert not any(OWN.secret_key in text for text in texts)


def test_a_server_that_asks_for_the_own_key_accepts_no_other(tmp_path: Path) -> None:
    with serving(tmp_path, "--signed", environ=KEYS) as served:
        content = json.loads(served.file.read_bytes())
        assert content["accessKeyId"] == OWN.access_key
        assert "secretAccessKey" not in content
        headers = served.signed("ListCustomTasks", b"{}", key=OWN)
        assert served.post("ListCustomTasks", b"{}", headers).status == 200
        other = served.signed("ListCustomTasks", b"{}", key=Credentials("local-1", OWN.secret_key))
        assert served.post("ListCustomTasks", b"{}", other).error == "InvalidAccessKey"


def test_the_server_proves_that_it_holds_the_key(server: Served) -> None:
    for nonce in ("canary", "another"):  # what proves one nonce proves no other
        reply = server.call("ListCustomTasks", {}, {NONCE_HEADER: nonce})
        text = f"jobspec-proof\n127.0.0.1 {server.port}\n{nonce}".encode()
        expected = hmac.new(server.key.secret_key.encode(), text, "sha256").hexdigest()
        assert reply.headers[PROOF_HEADER.lower()] == expected
    wrong = server.signed("ListCustomTasks", b"{}", {NONCE_HEADER: "canary"}, key=OWN)
    assert PROOF_HEADER.lower() not in server.post("ListCustomTasks", b"{}", wrong).headers


def test_a_nonce_that_is_not_signed_is_refused(server: Served) -> None:
    headers = server.signed("ListCustomTasks", b"{}") | {NONCE_HEADER: "canary"}
    assert server.post("ListCustomTasks", b"{}", headers).error == "SignatureDoesNotMatch"


def test_a_write_that_was_seen_before_is_refused_also_by_the_next_server(tmp_path: Path) -> None:
    body = json.dumps(task("once")).encode()
    with serving(tmp_path, "--signed", environ=KEYS) as served:
        headers = served.signed("CreateCustomTask", body, {NONCE_HEADER: "canary"}, key=OWN)
        assert served.post("CreateCustomTask", body, headers).status == 200
        assert served.post("CreateCustomTask", body, headers).error == "RequestRepeated"
        port = str(served.port)
    with serving(tmp_path, "--signed", "--port", port, environ=KEYS) as again:
        assert again.post("CreateCustomTask", body, headers).error == "RequestRepeated"
        listed = again.signed("ListCustomTasks", b"{}", key=OWN)
        assert again.post("ListCustomTasks", b"{}", listed).json["Result"]["Total"] == 1


def test_equal_signatures_without_a_nonce_are_honest(server: Served) -> None:
    body = json.dumps(task("twice", "true")).encode()
    headers = server.signed("CreateCustomTask", body)
    assert [server.post("CreateCustomTask", body, headers).status for _ in range(2)] == [200, 200]


def log_url(server: Served, command: str) -> tuple[str, str]:
    """A task that has logged something, and the address of its log."""
    task_id = server.result("CreateCustomTask", **task("logged", command))["Id"]
    until(lambda: server.result("GetCustomTask", Id=task_id)["State"] == "Success", seconds=30)
    [instance] = server.result("GetCustomTaskInstances", CustomTaskId=task_id)["List"]
    parts = urlsplit(instance["LogURL"])
    return task_id, f"{parts.path}?{parts.query}"


def test_the_address_of_a_log_is_no_use_for_others_nor_after_the_run_or_the_server(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        task_id, path = log_url(served, "echo canary")
        other, other_path = log_url(served, "echo other")
        assert served.send("GET", path).body == b"canary\n"
        for changed in (path.split("?")[0], path[:-1] + "z", path.replace(task_id, other)):
            assert served.send("GET", changed).status == 401
        served.result("DeleteCustomTask", Id=task_id)
        assert served.send("GET", path).status == 404
        port = str(served.port)
    with serving(tmp_path, "--port", port) as again:
        assert again.send("GET", other_path).status == 401


HEADERS = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n"


def answers(server: Served) -> bool:
    """Whether the server answers a stranger while other clients are in its way."""
    return server.send("GET", "/healthz", within=5).body == b"ok"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        HEADERS,
        HEADERS + b"Content-Length: 1000000\r\n\r\n" + b"x" * 70_000,
        HEADERS + b"Transfer-Encoding: chunked\r\n\r\n5\r\nx",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 2_000,
    ],
    ids=["nothing", "headers", "body", "chunks", "unread"],
)
def test_strangers_who_send_half_or_never_read_hold_nobody_up(server: Served, sent: bytes) -> None:
    with ExitStack() as kept:
        for _ in range(150):
            connection = kept.enter_context(server.connect())
            connection.settimeout(0)
            try:
                connection.send(sent)
            except BlockingIOError:
                continue
        assert answers(server)
        assert server.call("ListCustomTasks", {}).status == 200


def test_a_client_that_ends_its_side_first_is_answered(server: Served) -> None:
    headers = server.signed("ListCustomTasks", b"{}")
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with server.connect() as connection:
        sent = f"POST {target('ListCustomTasks')} HTTP/1.1\r\n{lines}Content-Length: 2\r\n\r\n{{}}"
        connection.sendall(sent.encode())
        connection.shutdown(socket.SHUT_WR)
        assert b"".join(iter(lambda: connection.recv(65536), b"")).startswith(b"HTTP/1.1 200")


@contextmanager
def few_files(server: Served) -> Iterator[None]:
    """Let the server open fewer files than there are strangers, wherever many are allowed."""
    before = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (512, before[1]))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, before)


def test_more_strangers_than_there_is_room_for_lock_nobody_out(server: Served) -> None:
    with few_files(server), ExitStack() as kept:
        for _ in range(900):
            kept.enter_context(server.connect()).sendall(HEADERS)
        assert answers(server)


def test_clients_that_never_read_a_long_log_hold_nobody_up(server: Served) -> None:
    _, path = log_url(server, "head -c 30000000 /dev/zero")
    with ExitStack() as kept:
        for _ in range(100):
            connection = kept.enter_context(server.connect())
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        # Before this one has all of it, each of the others has as much as fits between it and the server.
        assert len(server.send("GET", path, within=20).body) == 30_000_000
        assert answers(server)
        assert server.call("ListCustomTasks", {}).status == 200


def test_of_the_body_of_a_stranger_nothing_is_kept(server: Served) -> None:
    before = resident(server.process.pid)
    with ExitStack() as kept:
        for _ in range(20):
            connection = kept.enter_context(server.connect())
            connection.sendall(HEADERS + b"Content-Length: 8000000\r\n\r\n")
            connection.sendall(bytes(4_000_000))
        assert answers(server)
        assert resident(server.process.pid) - before < 20 * 1024
        assert not any("deleted" in path for path in open_files(server.process.pid))


def open_files(pid: int) -> Iterator[str]:
    """The files that a process has open; one that it closes in the meantime is left out."""
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            yield str(path.readlink())


def resident(pid: int) -> int:
    """The memory of a process, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    [line] = [line for line in lines if line.startswith("VmRSS:")]
    return int(line.split()[1])
