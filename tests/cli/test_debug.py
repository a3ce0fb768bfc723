"""`--debug`: requests are told on stderr, with nothing that must stay secret."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import pytest
from msgspec.structs import replace

from jobspec.cli.debug import line, observer
from jobspec.cli.main import cli
from jobspec.cloud.observing import Exchanged

if TYPE_CHECKING:
    from tests.projects import Project

VALUE = "s3cr3t-Value-71d4"
KEYS = {
    "VOLC_ACCESSKEY": "AKLT-canary-17",
    "VOLC_SECRETKEY": "canary-secret-18",
    "VOLC_SESSION_TOKEN": "canary-token-19",
}
GOOD = Exchanged("GetCustomTask", 1, datetime(2026, 1, 31, 1, 2, 3, 4000, UTC), 0.0123, 200, "r-1")
LINE = re.compile(
    r"debug: \d\d:\d\d:\d\d\.\d{3}Z [A-Za-z]+ attempt \d+: (\d{3}|no answer)( \w+)* in \d+ ms.*"
)


@pytest.mark.parametrize(
    ("exchanged", "told"),
    [
        (GOOD, "debug: 01:02:03.004Z GetCustomTask attempt 1: 200 in 12 ms request r-1"),
        (
            replace(GOOD, attempt=2, status=429, error="Throttled", code="QpsLimit"),
            "debug: 01:02:03.004Z GetCustomTask attempt 2: 429 Throttled QpsLimit in 12 ms request r-1",
        ),
        (
            replace(GOOD, status=None, error="NotSent", request_id=""),
            "debug: 01:02:03.004Z GetCustomTask attempt 1: no answer NotSent in 12 ms",
        ),
    ],
)
def test_a_try_is_told_on_one_line(exchanged: Exchanged, told: str) -> None:
    assert line(exchanged) == told


def test_what_acts_on_a_terminal_is_made_visible() -> None:
    assert "\x1b" not in line(replace(GOOD, request_id="\x1b[2J"))


def debug_lines(err: str) -> list[str]:
    return [one for one in err.splitlines() if one.startswith("debug: ")]


def test_requests_are_told_on_stderr_only_when_asked(project: Project) -> None:
    project.declare("train")
    quiet, loud = project.run("plan"), project.run("--debug", "plan")
    assert (loud.out, debug_lines(quiet.err)) == (quiet.out, [])
    assert debug_lines(loud.err)
    assert all(LINE.fullmatch(one) for one in debug_lines(loud.err))


def test_the_environment_asks_for_it_too(project: Project) -> None:
    project.declare("train")
    assert debug_lines(project.run("plan", environ={"JOBSPEC_DEBUG": "1"}).err)
    assert not debug_lines(project.run("plan", environ={"JOBSPEC_DEBUG": "0"}).err)


def test_an_apply_with_secrets_tells_its_requests_and_none_of_them(project: Project) -> None:
    project.declare("train", 'test -n "$HF_TOKEN"', spec="env:\n  HF_TOKEN: {secret: {env: HF_TOKEN}}")
    ended = project.run("--debug", "apply", "--yes", "--wait", environ={"HF_TOKEN": VALUE, **KEYS})
    assert any(" CreateCustomTask attempt 1: 200 " in one for one in debug_lines(ended.err))
    assert not [secret for secret in (VALUE, *KEYS.values()) if secret in ended.printed]


def test_a_platform_that_cannot_be_reached_is_told_without_the_keys(project: Project) -> None:
    platform = "  platform: {kind: local, endpoint: 'http://127.0.0.1:1'}\n  defaults:"
    project.edit("jobspec.yaml", "  defaults:", platform)
    project.declare("train")
    named = {"JOBSPEC_ENDPOINT": "http://127.0.0.1:1"}
    with project.running("--debug", "plan", environ=KEYS | named) as plan:
        assert plan.stderr is not None
        first = plan.stderr.readline() + plan.stderr.readline()
    assert "ListCustomTasks attempt 2: no answer NotSent in " in first
    assert not [secret for secret in KEYS.values() if secret in first]


class Closed(io.StringIO):
    """A stream that nobody reads any more."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_request_does_not_fail_because_nobody_reads_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Closed())
    context = click.Context(cli)
    context.params["debug"] = True
    with context.scope():
        tell = observer()
    assert tell is not None
    tell(GOOD)
