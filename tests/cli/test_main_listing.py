"""The list of commands is written without importing any, and says what their own help says."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from jobspec.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator


def _paths(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from _paths(command, (*path, name))


@pytest.mark.parametrize("path", list(_paths(cli)), ids=" ".join)
def test_a_command_is_listed_with_the_first_line_of_its_help(path: tuple[str, ...]) -> None:
    command: click.Command = cli
    for name in path:
        assert isinstance(command, click.Group)
        group, command = command, command.get_command(click.Context(command), name) or command
    assert command.help
    listed = group.get_help(click.Context(group, max_content_width=200, terminal_width=200))
    assert re.search(rf"^  {path[-1]} +{re.escape(command.get_short_help_str(limit=200))}$", listed, re.M)


def test_no_command_is_imported_to_list_them() -> None:
    script = (
        "import sys; from jobspec.cli.main import run; run(['--help']);"
        "commands = [one for one in sys.modules if one.startswith('jobspec.cli.commands.')];"
        "print([one for one in commands if one.count('.') > 3])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
