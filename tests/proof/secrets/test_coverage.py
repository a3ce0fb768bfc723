"""The table is whole: every field for secrets, every command and every format of output has a row."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import pairwise

import click

from jobspec.cli.main import cli
from tests.proof.secrets.evidence import SINKS
from tests.proof.secrets.fields import SOURCES, takes_secret
from tests.proof.secrets.placement import Placement
from tests.proof.secrets.table import LONG, SLICE, TABLE

LEAST = 300
_FORMATS = ("output", "format")
FILE = "plan.json"


def _commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        elif command is not None:
            yield (*path, name), command


COMMANDS = dict(_commands(cli))


def _driven(rows: tuple[Placement, ...]) -> set[tuple[tuple[str, ...], str]]:
    """Each command that some row drives, with the format that it asks for."""
    found = set()
    for row in rows:
        for run in row.runs:
            words = [word for word in shlex.split(run.line) if word != "--debug"]
            path = tuple(words[:2]) if tuple(words[:2]) in COMMANDS else tuple(words[:1])
            asked = [after for word, after in pairwise(words) if word in {"-o", "--format"}]
            found.add((path, asked[0] if asked else ""))
    return found


def _formats(command: click.Command) -> Iterator[str]:
    for option in command.params:
        if option.name not in _FORMATS:
            continue
        if isinstance(option.type, click.Choice):
            yield from (str(choice) for choice in option.type.choices if choice != option.default)
        elif "|" in option.type.name:
            words = option.type.name.split("|")
            yield from (FILE if word == "FILE" else word for word in words if word != option.default)


def test_every_command_is_driven_by_a_row_of_the_slice() -> None:
    driven = {path for path, _ in _driven(SLICE)}
    assert [" ".join(path) for path in COMMANDS if path not in driven] == []


def test_every_format_of_every_command_is_asked_for_by_a_row() -> None:
    driven = _driven(TABLE)
    wanted = {(path, one) for path, command in COMMANDS.items() for one in _formats(command)}
    assert len(wanted) >= 35
    assert sorted(wanted - driven) == []


def test_every_field_for_secrets_has_a_row_for_each_source() -> None:
    wanted = {f"{field} {source}" for field in takes_secret() for source in SOURCES}
    assert len(wanted) >= 8
    assert wanted == {covered for row in SLICE for covered in row.covers}


def test_there_are_many_rows_and_each_is_one_of_its_own() -> None:
    rows = (*TABLE, *LONG)
    assert len({row.name for row in rows}) == len(rows) >= LEAST
    assert all(row.runs for row in rows)


def test_what_is_shown_is_shown_in_a_sink_and_for_a_reason() -> None:
    for row in TABLE:
        assert set(row.shown) <= set(SINKS)
        assert bool(row.shown) <= bool(row.why), row.name
