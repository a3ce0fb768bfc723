"""Where the command line writes: stdout for the result, stderr for the talk; colour and width."""

from __future__ import annotations

import codecs
import io
import json
import os
import select
import shutil
import sys
from typing import IO

import click

_ESCAPED = "jobspec.escaped"


class Unread(Exception):
    """Nobody reads the result any more."""


def is_read() -> bool:
    """Whether somebody may still read what is written to stdout; without a pipe, always."""
    watch = select.poll()
    try:
        watch.register(sys.stdout.fileno(), 0)  # an error is told without asking
    except OSError:
        return True
    return not watch.poll(0)


def escape_what_cannot_be_written() -> None:
    """Write `\\u4e2d` where a stream's encoding has no such character: JSON means the same by it."""
    codecs.register_error(_ESCAPED, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in {"strict", "backslashreplace"}:
            stream.reconfigure(errors=_ESCAPED)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


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


def size() -> tuple[int, int]:
    """How many columns and lines there are."""
    found = shutil.get_terminal_size()
    return found.columns, found.lines


def can_ask() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()
