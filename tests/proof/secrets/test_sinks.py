"""The search is able to find: a leak into a sink is caught there, however it is written."""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from unittest import mock

import pytest

from jobspec.apply.journal import FileJournal
from jobspec.apply.secrets import Secrets
from jobspec.cli import debug, terminal
from jobspec.cloud.connection import exchange, network
from jobspec.cloud.signing import Credentials
from jobspec.manifest.payload import create as payload
from jobspec.reconcile import tags
from jobspec.report.plan import html_page as plan_html
from jobspec.report.plan import markdown as plan_markdown
from jobspec.report.plan import saved as plan_file
from jobspec.report.plan import text as plan_text
from tests.proof.secrets.canary import Canary
from tests.proof.secrets.evidence import SINKS
from tests.proof.secrets.world import World, new_world

CANARY = Canary.named("a leak")
SECRET = CANARY.value
CODED: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "cut to its half": lambda value: value[: len(value) // 2],
    "in base64": lambda value: base64.b64encode(value.encode()).decode(),
    "in base64 behind a name": lambda value: base64.b64encode(f"me:{value}".encode()).decode(),
    "in hex": lambda value: value.encode().hex(),
    "in capitals": str.upper,
    "as a hash": lambda value: hashlib.sha256(value.encode()).hexdigest(),
    "as 16 digits of a hash": lambda value: hashlib.sha256(value.encode()).hexdigest()[:16],
    "as a hash with a line break": lambda value: hashlib.md5(f"{value}\n".encode()).hexdigest(),
    "as a short BLAKE2": lambda value: hashlib.blake2b(value.encode()).hexdigest()[:20],
    "as a hash in base64": lambda value: base64.b64encode(hashlib.sha1(value.encode()).digest()).decode(),
}
INTEND = FileJournal.intend
WRITE = tags.write
MESSAGE = terminal.message


def _noted(journal: FileJournal, run_id: str, address: str) -> None:
    INTEND(journal, run_id, f"{address}/{SECRET}")


def _named(_: FileJournal) -> None:
    Path(os.environ["TMPDIR"], SECRET).touch()


def _tagged(marks: tags.Marks | None, user: tuple[str, ...]) -> tuple[str, ...]:
    return (*WRITE(marks, user), f"x-{hashlib.sha256(SECRET.encode()).hexdigest()[:16]}")


@contextmanager
def _logged() -> Iterator[None]:
    logging.getLogger("anything").debug("resolved %s", SECRET)
    yield


def _warned(_: Secrets, name: str) -> str:
    warnings.warn(f"{name} is {SECRET}", stacklevel=1)
    return SECRET


def _adding(where: object, name: str) -> AbstractContextManager[object]:
    own = getattr(where, name)
    return mock.patch.object(where, name, lambda *given, **named: f"{own(*given, **named)}{SECRET}")


def _instead(where: object, name: str, new: object) -> AbstractContextManager[object]:
    return mock.patch.object(where, name, new)


def _failing(target: str) -> AbstractContextManager[object]:
    return mock.patch(target, side_effect=ValueError(SECRET))


Leak = tuple[str, str, AbstractContextManager[object]]
LEAKS: dict[str, Leak] = {
    "a plan on the terminal": ("stdout", "plan", _adding(plan_text, "render")),
    "a plan as Markdown": ("stdout", "plan -o markdown", _adding(plan_markdown, "render")),
    "a plan as HTML": ("stdout", "plan -o html", _adding(plan_html, "render")),
    "a saved plan": ("files", "plan -o plan.json", _adding(plan_file, "write")),
    "the journal": ("files", "apply --yes", _instead(FileJournal, "intend", _noted)),
    "a name": ("names of files", "apply --yes", _instead(FileJournal, "check", _named)),
    "messages": ("stderr", "apply --yes", _instead(terminal, "message", lambda text: MESSAGE(text + SECRET))),
    "the debug log": ("stderr", "--debug plan", _adding(debug, "line")),
    "a tag": ("tags, name and description", "apply --yes", _instead(tags, "write", _tagged)),
    "a body": ("the rest of a request", "apply --yes", _instead(payload, "DEFAULT_RESOURCE_GROUP", SECRET)),
    "a request line": ("request lines", "plan", _instead(exchange, "API_VERSION", SECRET)),
    "a header": ("headers", "plan", _instead(exchange, "_HEADERS", {"User-Agent": SECRET})),
    "a log": ("log", "plan", _instead(network, "unlogged", _logged)),
    "a warning": ("warnings", "apply --yes", _instead(Secrets, "_from_environment", _warned)),
    "an error": ("exceptions", "plan", _failing("jobspec.workflow.planning.planning.find_named")),
    "a repr": ("values", "apply --yes", _instead(Credentials, "__repr__", lambda _: SECRET)),
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with new_world(tmp_path, CANARY) as made:
        made.environ["CANARY"] = SECRET
        made.task("env: {T: {secret: {env: CANARY}}}")
        yield made


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS.keys())
def test_a_leak_is_found_in_its_sink(world: World, leak: Leak) -> None:
    sink, line, patch = leak
    with patch:
        world.run(line)
    assert sink in {hit.sink for hit in world.hits()}


def test_there_is_a_leak_for_every_sink_and_without_one_nothing_is_found(world: World) -> None:
    assert {sink for sink, _, _ in LEAKS.values()} == set(SINKS)
    for line in dict.fromkeys(line for _, line, _ in LEAKS.values()):
        assert world.run(line).code == 0
    assert world.is_sent()
    assert world.hits() == []


@pytest.mark.parametrize("code", CODED.values(), ids=CODED.keys())
def test_a_leak_is_found_however_it_is_written(world: World, code: Callable[[str], str]) -> None:
    world.evidence.add("stdout", f"a text with {code(SECRET)} in it")
    assert [hit.sink for hit in world.hits()] == ["stdout"]


def test_the_file_that_holds_a_secret_is_no_leak_until_it_is_copied(world: World) -> None:
    path = world.write("keys/canary", SECRET)
    world.run("validate")
    assert world.hits() == []
    path.with_name("copy").write_text(SECRET)
    world.run("validate")
    assert [hit.sink for hit in world.hits()] == ["files"]


def test_a_log_of_the_http_library_is_listened_to(world: World) -> None:
    @contextmanager
    def loud() -> Iterator[None]:
        yield

    with mock.patch.object(network, "unlogged", loud):
        world.run("plan")
    logged = b"\n".join(world.evidence.found["log"])
    assert b"HTTP Request: POST http://127.0.0.1" in logged
    assert b"send_request_headers.started" in logged
