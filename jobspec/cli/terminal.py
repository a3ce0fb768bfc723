"""Output of the command line: results go to stdout, messages to stderr; colour and width."""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import select
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

import click

from jobspec.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_ESCAPED = "jobspec.escaped"
_UNREAD = frozenset({errno.EPIPE, errno.ECONNRESET})


class OutputBroken(Exception):
    """The output cannot be written: the reader closed it, or its disk is full.

    `code` is the exit code of the process, if the completed work requires another one than the cause alone.
    """

    def __init__(self, cause: OSError, code: int | None = None) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.code = code

    @property
    def is_unread(self) -> bool:
        """Whether the reader has closed the output, as `head` does once it has read enough."""
        return self.cause.errno in _UNREAD


@contextmanager
def writing() -> Iterator[None]:
    """Raise `OutputBroken` if the system refuses a write."""
    try:
        yield
    except OSError as error:
        raise OutputBroken(error) from error


def is_read() -> bool:
    """Return whether stdout may still have a reader; without a pipe, always true."""
    watch = select.poll()
    try:
        watch.register(sys.stdout.fileno(), 0)  # poll always reports errors
    except OSError:
        return True
    return not watch.poll(0)


def check_read() -> None:
    """Raise `OutputBroken` if the reader of stdout has closed it."""
    if not is_read():
        raise OutputBroken(BrokenPipeError(errno.EPIPE, "the reader closed the output"))


def escape_unencodable() -> None:
    r"""Write `\u4e2d` where a stream's encoding lacks a character: it has the same meaning in JSON."""
    codecs.register_error(_ESCAPED, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in {"strict", "backslashreplace"}:
            stream.reconfigure(errors=_ESCAPED)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def result(text: str) -> None:
    """Write a part of the result. Raises `OutputBroken`."""
    with writing():
        click.echo(text.removesuffix("\n"))


def raw_result(data: bytes) -> None:
    """Write bytes of the result at once. Raises `OutputBroken`."""
    with writing():
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


class Notes:
    """Messages on stderr, each printed once."""

    def __init__(self) -> None:
        self._printed: set[str] = set()

    def add(self, note: str) -> None:
        """Print a note unless it was printed before."""
        if note not in self._printed:
            self._printed.add(note)
            message(f"note: {printable(note)}")


def message(text: str) -> None:
    """Print a message to stderr. Raises `OutputBroken`."""
    with writing():
        click.echo(text.removesuffix("\n"), err=True)


def is_drawn_on(stream: IO[str]) -> bool:
    """Return whether lines can be redrawn: on a terminal that supports it. Colour is not required."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def has_colour(stream: IO[str]) -> bool:
    """Return whether to use colour: only on a terminal, and never with `NO_COLOR`."""
    return is_drawn_on(stream) and not os.environ.get("NO_COLOR")


def colour_out() -> bool:
    """Return whether the result is coloured."""
    return has_colour(sys.stdout)


def colour_err() -> bool:
    """Return whether messages on stderr are coloured."""
    return has_colour(sys.stderr)


def width() -> int:
    """Return the number of columns."""
    return size()[0]


def size() -> tuple[int, int]:
    """Return the number of columns and lines."""
    from shutil import get_terminal_size

    found = get_terminal_size()
    return found.columns, found.lines


def columns_out() -> int | None:
    """Return the number of columns for a result; None if stdout is not a terminal."""
    return width() if sys.stdout.isatty() else None


def can_prompt() -> bool:
    """Return whether a prompt is possible."""
    return sys.stdin.isatty() and sys.stderr.isatty()
