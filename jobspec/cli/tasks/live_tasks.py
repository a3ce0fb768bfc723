"""Shared by the commands of `jobspec task`: the connection and the output formats."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from msgspec import to_builtins

from jobspec.cli import options, terminal
from jobspec.cli.parameters import TEXT, Format
from jobspec.manifest.yaml.writing import to_yaml
from jobspec.report.table import (
    Look,
)
from jobspec.report.tasks import text as tasks_text
from jobspec.workflow.account.tasks import (
    OpenAccount,
    open_account,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobspec.cli.options import Account
    from jobspec.report.tasks.view import LiveTaskView
    from jobspec.report.view import View

ID = click.argument("task_id", type=TEXT, metavar="ID")
OUTPUT = click.option(
    "-o",
    "--output",
    type=Format(["table", "wide", "json", "yaml"]),
    default="table",
    show_default=True,
    help="Output format; `wide` has more columns and does not shorten cells.",
)
TABLES = frozenset({"table", "wide"})


def opened(account: Account) -> OpenAccount:
    """Connect to the selected platform, and print the warnings of the connection."""
    surroundings = options.surroundings()
    found = open_account(account.locate(surroundings), surroundings)
    for warning in found.connection.warnings:
        terminal.message(warning)
    return found


def look(output: str) -> Look:
    """Return the table settings for this stdout."""
    now, is_wide = datetime.now(UTC), output == "wide"
    return Look(now, colour=terminal.colour_out(), is_wide=is_wide, columns=terminal.columns_out())


def show(view: View, output: str, text: Callable[[], str]) -> None:
    """Write a view in the requested format; `text` renders it as text."""
    rendered = text() if output in TABLES else machine(view, output)
    if rendered:
        terminal.result(rendered)


def advise(tasks: Sequence[LiveTaskView], account: Account, *, others: int = 0) -> None:
    """Print to stderr how to remove contradicting tags of jobspec, which `others` further tasks also have."""
    for line in tasks_text.advice(tasks, account.typed, others=others):
        terminal.message(line)


def machine(view: View, output: str) -> str:
    """Return a view as JSON or YAML: the same data."""
    if output == "json":
        return view.to_json()
    return to_yaml(to_builtins(view))
