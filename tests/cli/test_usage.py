"""Wrong usage exits 1, says what is wrong on stderr, and does nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobspec.cli.main import run
from jobspec.quoting import quote
from tests.processes import Streams

if TYPE_CHECKING:
    from tests.projects import Project

WRONG = {
    "unknown-command": (["frobnicate"], "`frobnicate`"),
    "misspelt-command": (["aply"], "did you mean `apply`?"),
    "command-of-other-tools": (["ls"], "did you mean `status`?"),
    "unknown-option": (["plan", "--frob"], "--frob"),
    "unknown-global-option": (["--frob"], "--frob"),
    "missing-argument": (["logs"], "NAME"),
    "surplus-argument": (["release", "a", "b"], "b"),
    "bad-choice": (["plan", "-o", "xml"], "unknown output format `xml`"),
    "bad-guard": (["apply", "--yes", "--force", "everything"], "limits"),
    "bad-number": (["serve", "--port", "99999999"], "65535"),
    "watch-as-json": (["status", "--watch", "-o", "json"], "`--watch` supports text output only"),
    "time-without-a-wait": (
        ["apply", "--yes", "--timeout", "2h"],
        "`--timeout` requires `--wait`",
    ),
    "bad-time": (["wait", "train", "--timeout", "2 hours"], "invalid duration `2 hours`"),
    "bad-goal": (["apply", "--yes", "--wait=succeeded"], "unknown state `succeeded`"),
    "nothing-to-wait-for": (["wait"], "NAME"),
    "bad-limit": (["history", "train", "--limit", "0"], "--limit"),
    "unknown-shell": (["completion", "powershell"], "bash"),
    "unknown-path": (["plan", "nowhere.yaml"], "`nowhere.yaml` does not exist"),
    "unknown-environment": (["plan", "-e", "nowhere"], "unknown environment `nowhere`"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG.keys())
def test_wrong_usage_exits_1_and_says_what_is_wrong(
    project: Project, arguments: list[str], said: str
) -> None:
    ended = project.run(*arguments, exits=1)
    assert said in ended.err
    assert ended.out == ""
    assert not project.state.exists()


@pytest.mark.parametrize("name", ["unknown-command", "unknown-option", "missing-argument", "bad-choice"])
def test_wrong_usage_is_told_as_every_other_error(project: Project, name: str) -> None:
    err = project.run(*WRONG[name][0], exits=1).err
    assert "error[JS400]: " in err
    assert "\nhelp: " in err


OWN_WORDS = [
    ("plan --ouput x", "unknown option `--ouput`", "did you mean `--output`? to list the options"),
    ("plan -Z", "unknown option `-Z`", "to list the options, run: jobspec plan --help"),
    ("plan --only", "`--only` needs a value", "add a value, or remove --only"),
    ("plan --detailed-exitcode=3", "`--detailed-exitcode` takes no value", "write --detailed-exitcode"),
    (
        "plan -o plan.yml",
        "unknown output format `plan.yml`",
        "use text, json, markdown, html, or a file",
    ),
    ("plan --expect x", "unknown expectation `x`", "use no-replace, no-cancel, no-delete, no-submit, "),
    ("apply --force foo", "unknown guard `foo`", "use limits"),
    ("apply --wait=x", "unknown state `x`", "use running or finished"),
    ("status -o xml", "unknown output format `xml`", "use text or json"),
    ("cancel", "`NAME` is missing", "usage: jobspec cancel NAME... [OPTIONS]"),
    ("completion", "`SHELL` is missing", "usage: jobspec completion {bash|zsh|fish} [OPTIONS]"),
    ("completion foo", "unknown shell `foo`", "use bash, zsh or fish"),
    ("init a b c", "unexpected argument `b c`", "usage: jobspec init [FOLDER] [OPTIONS]"),
    ("serve --port 99999", "`--port` is `99999`, not a whole number from 0 to 65535", "use a whole number"),
    ("serve --port abc", "`--port` is `abc`, not a whole number from 0 to 65535", "use a whole number"),
    ("logs a --tail -3", "`--tail` is `-3`, not a whole number of at least 0", "use a whole number"),
    ("wait a --timeout soon", "invalid duration `soon`", "use for example 90s, 30m, 2h or 5d"),
    ("validate --format x", "unknown output format `x`", "use full, concise, json, github, gitlab or junit"),
]


@pytest.mark.parametrize(("line", "message", "advice"), OWN_WORDS, ids=[line for line, _, _ in OWN_WORDS])
def test_wrong_usage_has_the_form_of_every_other_error(
    capsys: pytest.CaptureFixture[str], line: str, message: str, advice: str
) -> None:
    assert run(line.split()) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"error[JS400]: {message}\nhelp: {advice}")
    assert "'" not in err


@pytest.mark.parametrize("group", [[], ["task"]], ids=["jobspec", "task"])
def test_a_group_without_a_command_shows_its_help(project: Project, group: list[str]) -> None:
    bare = project.run(*group)
    assert (bare.out, bare.err) == (project.run(*group, "--help").out, "")
    assert bare.out.count("\n") > 10


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", "--debug"], "jobspec --debug plan"),
        (["task", "list", "--debug"], "jobspec --debug task list"),
        (["plan", "--version"], "jobspec --version plan"),
    ],
)
def test_a_global_option_after_the_command_is_told_its_place(
    project: Project, arguments: list[str], said: str
) -> None:
    assert f"help: put it before the command: {said}\n" in project.run(*arguments, exits=1).err


@pytest.mark.parametrize("option", ["--name", "--filter", "--group", "--queue", "--tag"])
def test_an_empty_filter_imports_nothing(project: Project, option: str) -> None:
    ended = project.run("import", option, "", "--state", "Running", exits=1)
    assert f"`{option}` needs a value" in ended.err


@pytest.mark.parametrize("command", ["logs", "cancel", "history", "wait"])
def test_a_task_that_does_not_exist_is_told_with_the_closest_one(project: Project, command: str) -> None:
    project.declare("train")
    ended = project.run(command, "tarin", exits=1)
    assert "error[JS409]: there is no task `tarin` in demo" in ended.err
    assert "help: did you mean `train`?" in ended.err
    named = project.run("get", "tarin.id", exits=1)
    assert "error[JS409]: there is no task `tarin` in demo" in named.err
    assert "help: did you mean `train`?" in named.err


def test_without_a_project_file_the_way_to_one_is_told(project: Project) -> None:
    (project.root / "jobspec.yaml").unlink()
    ended = project.run("plan", exits=1)
    assert "error[JS316]: there is no `jobspec.yaml`" in ended.err
    assert "`jobspec init`" in ended.err


def test_a_reader_that_goes_away_leaves_no_traceback(project: Project) -> None:
    with project.running("schema") as schema:
        assert schema.stdout is not None
        schema.stdout.close()
        schema.wait(timeout=30)
        assert schema.stderr is not None
        assert "Traceback" not in schema.stderr.read()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_bug(project: Project, closed: str) -> None:
    project.declare("train")
    command = f'"{sys.executable}" -m jobspec plan {closed}'
    ended = subprocess.run(
        ["sh", "-c", command], cwd=project.root, check=False, capture_output=True, timeout=60
    )
    assert (ended.returncode, b"JS900" in ended.stderr) == (0, False)


@pytest.mark.parametrize("value", ["maybe", "-1", "2", "nan", " x "])
def test_a_variable_that_is_neither_true_nor_false_is_named(project: Project, value: str) -> None:
    said = project.run("explain", "JS204", environ={"JOBSPEC_DEBUG": value}, exits=1).err
    message = f"error[JS400]: `JOBSPEC_DEBUG` is {quote(value)}, neither true nor false"
    assert said.startswith(f"{message}\nhelp: set `JOBSPEC_DEBUG` to 1 or 0")


@pytest.mark.parametrize("value", ["", "0", "no", "1", "true"])
def test_a_variable_that_is_true_false_or_empty_is_read(project: Project, value: str) -> None:
    project.run("explain", "JS204", environ={"JOBSPEC_DEBUG": value})


NOT_APPLIED = "the plan could not be printed; nothing was done\n"


@pytest.mark.parametrize("command", ["plan", "status", "apply --yes"])
def test_a_result_for_which_the_disk_has_no_room_is_an_error_told_once(
    project: Project, command: str
) -> None:
    project.declare("train")
    with (
        Path("/dev/full").open("wb") as full,
        project.running(*command.split(), streams=Streams(stdout=full.fileno())) as process,
    ):
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    error = said.removeprefix(NOT_APPLIED)
    assert error.startswith("error[JS604]: the output cannot be written: No space left on device\nhelp: ")
    assert said.count("No space left on device") == 1
