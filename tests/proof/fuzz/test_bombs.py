"""Bombs take the way that a user takes: through the commands, each within 4 s and 256 MB of the rest."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from jobspec.apply.journal import NAME
from jobspec.config.project_state import project_folder
from jobspec.config.scope_state import AccountId, scope_folder
from jobspec.config.state_folder import StateFolder
from jobspec.local.folder import Folder
from jobspec.local.supervisor.launch import has_supervisor
from tests.allowed import allow_endpoint
from tests.local.calls import until
from tests.local.places import make_parents
from tests.processes import environment, serving
from tests.proof.chaos.owner import OWNER
from tests.proof.fuzz.bombs.answers import ANSWERS, ODD, SLOW, Answer, platform
from tests.proof.fuzz.bombs.files import FILES, JOURNAL
from tests.proof.fuzz.bombs.host import MOST_BYTES, MOST_SECONDS, Ended, Host, started, state_of_bomb
from tests.proof.fuzz.bombs.manifests import MANIFESTS, Files, task
from tests.proof.fuzz.bombs.requests import REQUESTS, call

Command = tuple[str, ...]
COMMANDS: Sequence[Command] = (
    *(("apply", "--yes"), ("validate", "--format", "json")),
    *(("plan", "-o", "html"), ("validate",), ("plan", "-o", "plan.json")),
)
READING: Sequence[Command] = (
    *(("plan", "-o", "json"), ("import", "--filter", "t", "-o", "-"), ("status",)),
    *(("history", "train"), ("apply", "--yes")),
)


_KNOWN = {
    "informational answers without end": pytest.mark.xfail(
        reason="httpcore reads them for ever, and our time for a whole answer is looked at from its body on",
        strict=True,
    )
}


def slice_of(table: Iterable[str], every: int) -> list[str]:
    """What of a table the default run takes: the rest is for the long one."""
    return list(table)[::every]


def in_turn(name: str, table: Iterable[str], commands: Sequence[Command]) -> Command:
    """One of the commands for each bomb."""
    return commands[list(table).index(name) % len(commands)]


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with started() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "home").mkdir()
    yield tmp_path
    kept = Folder(tmp_path, project_folder(state_of_bomb(tmp_path), tmp_path).path)
    (kept.path / "supervisor.lock").unlink(missing_ok=True)
    until(lambda: not has_supervisor(kept))


def write(folder: Path, files: Files) -> None:
    for name, content in files.items():
        path = journal_of_bomb(folder) if name == JOURNAL else folder / name
        make_parents(path)
        path.write_bytes(content)


def journal_of_bomb(folder: Path) -> Path:
    state = state_of_bomb(folder)
    account = AccountId("local", str(project_folder(state, folder).path))
    return scope_folder(state, account, "bombs").path / NAME


def check_manifest(name: str, host: Host, folder: Path, commands: Iterable[Command]) -> None:
    make, code = MANIFESTS[name]
    write(folder, make())
    for command in commands:
        ended = host.run(command, folder)
        assert not ended.excess, f"{command}: {ended.excess}"
        # What the manifest may hold, the local platform may still find too long.
        assert ended.code == code or (command[0] == "apply" and "InvalidParameter" in ended.said), command


@pytest.mark.long
@pytest.mark.parametrize("name", slice_of(MANIFESTS, 4))
def test_a_manifest_is_refused_or_applied_within_the_bounds(name: str, host: Host, folder: Path) -> None:
    check_manifest(name, host, folder, [in_turn(name, slice_of(MANIFESTS, 4), COMMANDS)])


@pytest.mark.fuzz
@pytest.mark.parametrize("name", MANIFESTS)
def test_every_manifest_is_refused_or_applied(name: str, host: Host, folder: Path) -> None:
    check_manifest(name, host, folder, COMMANDS[:2])


def check_file(name: str, host: Host, folder: Path) -> None:
    bomb = FILES[name]
    write(folder, {**bomb.more, **bomb.files()})
    ended = host.run(bomb.command, folder)
    assert not ended.excess
    assert ended.code == bomb.code, ended.said


@pytest.mark.long
@pytest.mark.parametrize("name", slice_of(FILES, 3))
def test_a_file_is_refused_or_read_within_the_bounds(name: str, host: Host, folder: Path) -> None:
    check_file(name, host, folder)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", FILES)
def test_every_file_is_refused_or_read_within_the_bounds(name: str, host: Host, folder: Path) -> None:
    check_file(name, host, folder)


def let_keys_go_to(endpoint: str, home: Path) -> None:
    allow_endpoint(home, endpoint)
    (home / ".volc").mkdir(exist_ok=True)
    (home / ".volc" / "credentials").write_text("[default]\naccess_key_id = A\nsecret_access_key = s\n")


def ask(host: Host, folder: Path, answer: Answer, command: Command) -> Ended:
    with platform(answer) as endpoint:
        lags = "listLag: 0s, commitWindow: 0s"
        write(folder, task(project=f'  platform: {{kind: volcengine, endpoint: "{endpoint}", {lags}}}\n'))
        let_keys_go_to(endpoint, folder / "home")
        ended = host.run(command, folder)
    assert not ended.excess, f"{command}: {ended.excess}"
    return ended


def check_answer(name: str, host: Host, folder: Path) -> None:
    ended = ask(host, folder, ANSWERS[name](), ("plan",))
    assert ended.code == 1
    assert "error[JS5" in ended.said


@pytest.mark.long
@pytest.mark.parametrize("name", slice_of(ANSWERS, 6))
def test_an_answer_that_is_none_is_refused_within_the_bounds(name: str, host: Host, folder: Path) -> None:
    check_answer(name, host, folder)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_that_is_none_is_refused(name: str, host: Host, folder: Path) -> None:
    check_answer(name, host, folder)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_answer_breaks_no_command(name: str, host: Host, folder: Path) -> None:
    ask(host, folder, ODD[name](), in_turn(name, ODD, READING))


@pytest.mark.fuzz
@pytest.mark.parametrize("name", ODD)
def test_no_odd_answer_breaks_another_command(name: str, host: Host, folder: Path) -> None:
    for command in READING[:2]:
        ask(host, folder, ODD[name](), command)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", [pytest.param(name, marks=_KNOWN.get(name, ())) for name in SLOW])
def test_an_answer_that_breaks_off_is_given_up_within_the_bounds(name: str, host: Host, folder: Path) -> None:
    assert "error[JS513]" in ask(host, folder, SLOW[name](), ("plan",)).said


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], int]]:
    root = tmp_path_factory.mktemp("served")
    kept = StateFolder(root.with_name("served-state"))
    with serving(root, kept=kept, environ=environment(root, kept, OWNER)) as server:
        port = urlsplit(server.url).port
        assert port is not None
        yield server.process, port


def sent(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        with suppress(OSError):  # it may be refused, and the connection be gone, before its end
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: received(connection), b""))


def received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionError:
        return b""


def used(server: subprocess.Popen[str]) -> tuple[float, int]:
    """Seconds of the processor, and the most bytes of memory, of a process so far."""
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    ticks = int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK"), peak * 1024


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_refused_within_the_bounds_and_the_next_is_answered(
    name: str, served: tuple[subprocess.Popen[str], int]
) -> None:
    server, port = served
    before = used(server)
    answer = sent(port, REQUESTS[name]())
    after = used(server)
    assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 200"))
    assert after[0] - before[0] < MOST_SECONDS
    assert after[1] - before[1] < MOST_BYTES
    listing = sent(port, call("{}", action="ListCustomTasks"))
    assert json.loads(listing.partition(b"\r\n\r\n")[2])["Result"]["Total"] == 0


def test_there_are_enough_of_them() -> None:
    tables: tuple[Mapping[str, object], ...] = (MANIFESTS, FILES, ANSWERS, ODD, SLOW, REQUESTS)
    assert sum(map(len, tables)) > 150


@pytest.mark.parametrize(
    ("code", "seconds", "grown", "said"),
    [(0, 4.1, 0, ""), (0, 0.0, 257 * 2**20, ""), (209, 0.0, 0, ""), (1, 0.0, 0, "error[JS900]: a bug")],
)
def test_what_passes_a_limit_is_noticed(code: int, seconds: float, grown: int, said: str) -> None:
    assert Ended(code, seconds, grown, said).excess
