"""Where the command line writes: stdout for the result, stderr for the talk; colour and width."""

from __future__ import annotations

import os
import shutil
import sys
from typing import IO

import click


def result(text: str) -> None:
    """Write a part of the result."""
    click.echo(text.removesuffix("\n"))


def talk(text: str) -> None:
    """Say something beside the result."""
    click.echo(text.removesuffix("\n"), err=True)


def has_colour(stream: IO[str]) -> bool:
    """Whether to colour: only on a terminal, and never against `NO_COLOR`."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def colour_out() -> bool:
    """Whether the result is coloured."""
    return has_colour(sys.stdout)


def colour_talk() -> bool:
    """Whether the talk is coloured."""
    return has_colour(sys.stderr)


def width() -> int:
    """How many columns there are."""
    return shutil.get_terminal_size().columns


def can_ask() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()
