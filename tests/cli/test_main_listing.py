"""The list of commands is written without importing any, and says what their own help says."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from jobspec.cli.main import COMMANDS, cli


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_listed_with_the_first_line_of_its_help(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.get_short_help_str(limit=200) == COMMANDS[name].help


def test_no_command_is_imported_to_list_them() -> None:
    script = (
        "import sys; from jobspec.cli.main import run; run(['--help']);"
        "print([one for one in sys.modules if one.startswith('jobspec.cli.commands.')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
