"""Showing a text again and again, until Ctrl-C."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, NoReturn

import click

from jobspec.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Callable


def watch(text: Callable[[], str], *, seconds: float) -> NoReturn:
    """Show what `text` gives every so many seconds: in place on a terminal, else only when it changed.

    Raises `Unread` once nobody reads it.
    """
    last = ""
    while True:
        now = text()
        if sys.stdout.isatty():
            click.clear()
            terminal.result(now)
        elif now != last:
            terminal.result(now + "\n")
        elif not terminal.is_read():
            raise terminal.Unread
        last = now
        time.sleep(seconds)
