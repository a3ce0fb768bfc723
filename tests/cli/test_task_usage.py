"""`jobspec task`: help of every command, and wrong usage that asks no platform."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from jobspec.cli.main import cli
from jobspec.report.output_schemas import output_schemas
from jobspec.report.tasks.text import COLUMNS

if TYPE_CHECKING:
    from tests.projects import Project

TASK = cli.get_command(click.Context(cli), "task")
assert isinstance(TASK, click.Group)
COMMANDS = TASK.list_commands(click.Context(TASK))


def _command(name: str) -> click.Command:
    assert isinstance(TASK, click.Group)
    command = TASK.get_command(click.Context(TASK), name)
    assert command is not None
    return command


PAGE = (Path(__file__).parent.parent.parent / "docs" / "commands.md").read_text(encoding="utf-8")

WRONG = {
    "unknown-command": (["lst"], "did you mean `list`?"),
    "command-of-other-tools": (["ls"], "did you mean `list`?"),
    "another-of-them": (["describe"], "did you mean `get`?"),
    "stop": (["stop"], "did you mean `cancel`?"),
    "rm": (["rm"], "did you mean `delete`?"),
    "unknown-state": (["list", "--state", "runing"], "did you mean `Running`?"),
    "odd-state": (["list", "--state", "xyz"], "available states: Initialized, Queue"),
    "unknown-column": (["list", "-c", "id,nmae"], "did you mean `name`?"),
    "no-column": (["list", "-c", ","], "`--columns` names no column"),
    "columns-as-json": (["list", "-c", "id", "-o", "json"], "`--columns` applies to tables only"),
    "watch-as-yaml": (["list", "--watch", "-o", "yaml"], "`--watch` applies to tables only"),
    "no-header-as-json": (["list", "--no-header", "-o", "json"], "`--no-header` applies to tables only"),
    "all-and-limit": (["list", "--all", "--limit", "3"], "`--all` cannot be combined with `--limit`"),
    "no-limit": (["list", "--limit", "0"], "`--limit` is `0`, not a whole number of at least 1"),
    "bad-creator": (["list", "--creator", "ada"], "`--creator` is `ada`, not a whole number"),
    "bad-order": (["list", "--order", "up"], "unknown sort direction `up`"),
    "no-id": (["get"], "ID"),
    "no-ids": (["cancel", "--yes"], "ID"),
    "nothing-to-change": (["update", "t-1"], "nothing to change"),
    "tag-of-jobspec": (["update", "t-1", "--add-tag", "jobspec-stop_user"], "is reserved for jobspec"),
    "tags-both-ways": (["update", "t-1", "--set-tags", "a", "--add-tag", "b"], "cannot be combined"),
    "empty-tag": (["update", "t-1", "--set-tags", "a,,b"], "a tag is empty"),
    "unknown-environment": (["list", "-e", "nowhere"], "unknown environment `nowhere`"),
    "unset-variable": (["list", "--endpoint", ""], "`--endpoint` needs a value"),
    "bad-endpoint": (["list", "--endpoint", "127.0.0.1:80"], "not a plain http or https address"),
    "endpoint-with-a-path": (["list", "--endpoint", "http://127.0.0.1/x"], "not a plain http or https"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG.keys())
def test_wrong_usage_exits_1_says_what_is_wrong_and_does_nothing(
    project: Project, arguments: list[str], said: str
) -> None:
    ended = project.run("task", *arguments, exits=1)
    assert said in ended.err
    assert "\nhelp: " in ended.err
    assert ended.out == ""
    assert not project.state.exists()


def test_the_group_lists_its_commands_with_whole_sentences(project: Project) -> None:
    listed = project.run("task", "--help").out.partition("Commands:")[2]
    assert re.findall(r"^  (\w+) ", listed, re.MULTILINE) == COMMANDS
    assert "..." not in listed


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_a_help_that_is_a_sentence(name: str) -> None:
    command = _command(name)
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert [option.name for option in options if not (option.help or "").endswith(".")] == []
    assert re.match(r"[A-Z][^.]+\.", command.help or "")


EMPTY = ["--name", "--filter", "--id", "--group", "--queue", "--state", "--tag"]


@pytest.mark.parametrize("value", ["", " "])
@pytest.mark.parametrize("option", EMPTY)
def test_an_empty_filter_is_a_variable_that_was_not_set(project: Project, option: str, value: str) -> None:
    ended = project.run("task", "list", "--all", option, value, exits=1)
    assert f"error[JS400]: `{option}` needs a value" in ended.err
    assert ended.out == ""


def test_an_order_is_spelled_in_the_help_as_on_the_page(project: Project) -> None:
    said = project.run("task", "list", "--help").out
    assert "[Id|Name|CreateTime|UpdateTime]" in said
    assert "[Ascend|Descend]" in said


@pytest.mark.parametrize("option", [[], ["--platform", "volcengine"]])
def test_an_endpoint_without_a_scheme_is_told_before_any_key(project: Project, option: list[str]) -> None:
    (project.root / "jobspec.yaml").unlink()
    ended = project.run("task", "list", "--endpoint", "127.0.0.1:8765", *option, exits=1)
    assert "not a plain http or https address" in ended.err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_of_options_that_exist(name: str) -> None:
    command = _command(name)
    known = {flag for param in command.params for flag in param.opts}
    examples = re.findall(rf"^ *jobspec task {name} (.*)$", command.help or "", re.MULTILINE)
    used = {word for line in examples for word in line.split() if word.startswith("-")}
    assert examples
    assert used <= known


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_told_which_platform(name: str) -> None:
    flags = {flag for param in _command(name).params for flag in param.opts}
    assert {"-p", "-e", "--platform", "--region", "--endpoint", "--profile"} <= flags


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_tells_every_command_and_option(name: str) -> None:
    assert f"`jobspec task {name}" in PAGE
    flags = {flag for param in _command(name).params for flag in param.opts if flag.startswith("-")}
    assert [flag for flag in sorted(flags) if f"`{flag}`" not in PAGE] == []


def test_the_page_tells_every_column_and_schema() -> None:
    schemas = {name.partition(".")[0] for name in output_schemas() if name.startswith("task")}
    assert [name for name in (*COLUMNS, *sorted(schemas - {"tasks"})) if f"`{name}`" not in PAGE] == []
