"""No command takes an empty value: it is a shell variable that was not set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from jobspec.cli.main import cli, run
from jobspec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAY_BE_EMPTY = {("update", "--description"), ("update", "--set-tags"), ("ci", "arguments")}
"""Where an empty text takes something away, as the help says; and where another command refuses it."""


def commands(group: click.Group) -> Iterator[click.Command]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from commands(found)
        elif found is not None:
            yield found


def parameters() -> Iterator[tuple[click.Command, click.Parameter]]:
    for command in commands(cli):
        for param in command.params:
            is_flag = isinstance(param, click.Option) and (param.is_flag or param.count)
            if not is_flag and (command.name, max(param.opts, key=len)) not in MAY_BE_EMPTY:
                yield command, param


def named(command: click.Command, param: click.Parameter) -> str:
    return f"{command.name} {max(param.opts, key=len)}"


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


CASES = {named(*case): case for case in parameters()}


def test_the_walk_meets_the_parameters_that_say_what_is_acted_on() -> None:
    assert {
        "apply paths",
        "destroy --project",
        "destroy --only",
        "cancel --scope",
        "wait names",
    } <= CASES.keys()


@pytest.mark.parametrize("value", ["", " "])
@pytest.mark.parametrize("name", CASES)
def test_no_parameter_takes_an_empty_value(name: str, value: str) -> None:
    command, param = CASES[name]
    if value and isinstance(param.type, click.Path):
        return  # a file may have such a name
    several = param.multiple if isinstance(param, click.Option) else param.nargs != 1
    with pytest.raises((UsageError, click.UsageError)):
        param.process_value(click.Context(command), (value,) if several else value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["apply", "--yes", ""], "error[JS400]: `PATHS` is empty"),
        (["destroy", "--yes", "-e", ""], "error[JS315]: `--environment` needs a value"),
        (["destroy", "--yes", "-p", ""], "error[JS400]: `--project` needs a value"),
        (["destroy", "--yes", "--only", "tag:"], "error[JS400]: `tag:` needs a value"),
        (["destroy", "--yes", "--scope", "demo/"], "error[JS400]: invalid scope `demo/`"),
        (["cancel", "a", "", "--yes"], "error[JS400]: `NAME` is empty"),
        (["apply", "--digest", "0123abc"], "error[JS416]: incomplete digest `0123abc`"),
        (["plan", "-o", "plan.md"], "help: redirect the output to the file: -o markdown > plan.md"),
        (["status", "-o", "out.json"], "help: redirect the output to the file: -o json > out.json"),
        (["apply", "--auto-approve"], "help: use --yes"),
        (["plan", "-p", ".", "tasks"], "PATHS cannot be combined with `-p`"),
        (["history"], "no task given"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_read(
    arguments: list[str], said: str, empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Path.cwd() == empty_folder
    assert run(arguments) == 1
    assert said in capsys.readouterr().err
