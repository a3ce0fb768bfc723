"""Help: every command and every option says what it is for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
import pytest

import jobspec
from jobspec.cli.commands.tools.ci import COMMANDS as CI_COMMANDS
from jobspec.cli.main import cli

if TYPE_CHECKING:
    from tests.projects import Project

COMMANDS = cli.list_commands(click.Context(cli))


def command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_is_at_least_a_sentence(project: Project, name: str) -> None:
    out = project.run(name, "--help").out
    assert out.startswith(f"Usage: jobspec {name} ")
    assert re.search(r"^  [A-Z][^.]+\.", out, re.MULTILINE), out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_help_text_that_is_a_sentence(name: str) -> None:
    options = [option for option in command(name).params if isinstance(option, click.Option)]
    helpless = [option.name for option in options if not (option.help or "").endswith(".")]
    assert helpless == []


def test_the_help_lists_every_command(project: Project) -> None:
    out = project.run("--help").out
    assert all(re.search(rf"^  {name}  ", out, re.MULTILINE) for name in COMMANDS)


def test_the_help_says_what_each_command_does_without_cutting_it_off(project: Project) -> None:
    assert "..." not in project.run("--help").out.partition("Commands:")[2]


def options_of(name: str) -> set[str]:
    return {flag for param in command(name).params for flag in (*param.opts, *param.secondary_opts)}


def test_an_example_in_a_help_text_names_options_that_exist() -> None:
    for name in COMMANDS:
        known = options_of(name).union(*map(options_of, CI_COMMANDS if name == "ci" else ()))
        examples = re.findall(rf"^ *jobspec {name} (.*)$", command(name).help or "", re.MULTILINE)
        used = {word for line in examples for word in line.split() if word.startswith("-")}
        assert used <= known, name


@pytest.mark.parametrize("flags", [["--version"], ["--version", "plan"]], ids=["fast", "parsed"])
def test_the_version_is_one_line(project: Project, flags: list[str]) -> None:
    assert project.run(*flags).out == f"jobspec {jobspec.__version__}\n"
