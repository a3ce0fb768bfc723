"""Real processes: a served platform that checks signatures, its tasks, and what a killed command leaves.

The store of the local platform and the environment of its processes hold the secrets of the tasks: they are
the platform's, which has to start them.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.allowed import allow_endpoint
from tests.local.calls import until
from tests.local.places import journals, state_of
from tests.processes import PATIENCE, line_with
from tests.projects import FOREVER, Project, new_project
from tests.proof.secrets.canary import Canary
from tests.proof.secrets.evidence import Evidence, note_files
from tests.proof.secrets.world import KEYS

CANARY = Canary.named("a real process")
SECRET = CANARY.value
GIVEN = {"CANARY": SECRET, **{name: key.value for name, key in KEYS.items() if name != "VOLC_SESSION_TOKEN"}}
SPEC = "env: {T: {secret: {env: CANARY}}, U: {secret: {file: keys/canary}}}"
STORE = {"local.db", "local.db-wal", "local.db-shm"}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path) as created:
        created.write("keys/canary", SECRET)
        yield created


def hits(evidence: Evidence, *folders: Path) -> list[str]:
    """Where a canary is, but for the file that it was given in and the platform's own store."""
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    ours = {path: path.read_bytes() for path in paths if path.name in STORE or path.parent.name == "keys"}
    note_files(evidence, folders, ours)
    return [f"{hit.sink}: {hit.around}" for hit in evidence.hits([CANARY, *KEYS.values()])]


@contextmanager
def served(project: Project, folder: Path, evidence: Evidence) -> Iterator[str]:
    """Serve an empty folder to whoever has the key, and keep what the server says."""
    folder.mkdir()
    with project.running("serve", str(folder), "--port", "0", "--signed", environ=GIVEN) as server:
        url = line_with("http://", server.stdout).split()[-1]
        platform = f"  platform: {{kind: local, endpoint: {url}}}\n  defaults:"
        project.edit("jobspec.yaml", "  defaults:", platform)
        allow_endpoint(project.home, url)
        try:
            yield url
        finally:
            (state_of(folder) / "supervisor.lock").unlink(missing_ok=True)
            server.send_signal(signal.SIGTERM)
            out, err = server.communicate(timeout=PATIENCE)
            evidence.add("stdout", out)
            evidence.add("stderr", err)


def lines_of_commands() -> str:
    """The command lines of every process on this machine that can be read."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_text(errors="replace"))
        except OSError:  # it has ended meanwhile, or is somebody else's
            continue
    return "\n".join(found)


def test_a_served_platform_and_its_clients_say_no_secret(project: Project, tmp_path: Path) -> None:
    evidence, folder = Evidence(), tmp_path / "served"
    project.declare("train", 'test -n "$T$U" && echo well', spec=SPEC)
    project.declare("long", FOREVER, spec=SPEC)
    with served(project, folder, evidence):
        commands = (
            ["--debug", "apply", "--yes", "--only", "train", "--wait"],
            ["apply", "--yes", "--wait=running", "-o", "json"],
            ["status", "-o", "json"],
            ["logs", "train"],
            ["history", "train", "-o", "json"],
        )
        said = [project.run(*command, environ=GIVEN) for command in commands]
        evidence.add("values", lines_of_commands())
    assert "1 succeeded" in said[0].out
    assert said[3].out == "well\n"
    for ended in said:
        evidence.add("stdout", ended.out)
        evidence.add("stderr", ended.err)
    assert hits(evidence, project.root, project.home, folder) == []


def test_a_server_says_nothing_of_what_it_cannot_read(project: Project, tmp_path: Path) -> None:
    evidence = Evidence()
    with served(project, tmp_path / "served", evidence) as url:
        bad = (f"{{{SECRET}", f'{{"Name": "{SECRET}"', SECRET * 10_000, f"[{SECRET!r}]")
        for body in bad:
            reply = httpx.post(f"{url}/?Action=CreateCustomTask&Version=2021-10-01&t={SECRET}", content=body)
            assert reply.status_code >= 400
        headers = {"Authorization": f"HMAC-SHA256 Credential={SECRET}", "X-Security-Token": SECRET}
        assert httpx.get(f"{url}/{SECRET}?token={SECRET}", headers=headers).status_code >= 400
    assert hits(evidence, project.root, tmp_path / "served") == []


def test_a_wrong_key_is_not_said_by_either_side(project: Project, tmp_path: Path) -> None:
    evidence = Evidence()
    project.declare("train", spec=SPEC)
    with served(project, tmp_path / "served", evidence):
        ended = project.run("--debug", "apply", "--yes", exits=1, environ={**GIVEN, "VOLC_SECRETKEY": SECRET})
    assert "error[JS524]" in ended.err
    evidence.add("stderr", ended.printed)
    assert hits(evidence, project.root, tmp_path / "served") == []


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_ended_leaves_no_secret(project: Project, signum: signal.Signals) -> None:
    evidence = Evidence()
    project.edit("jobspec.yaml", "  defaults:", "  platform: {kind: local, listLag: 50s}\n  defaults:")
    project.declare("train", FOREVER, spec=SPEC)
    with project.running("--debug", "apply", "--yes", environ=GIVEN) as apply:
        said = line_with("submitted", apply.stderr)
        until(lambda: journals() != [], seconds=PATIENCE)
        assert "demo/train" in journals()[0].read_text()
        apply.send_signal(signum)
        out, err = apply.communicate(timeout=PATIENCE)
        evidence.add("stdout", out)
        evidence.add("stderr", said + err)
    assert apply.returncode != 0
    assert hits(evidence, project.root, project.home) == []
