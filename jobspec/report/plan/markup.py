"""Foreign text in Markdown: always in a code span, where it cannot be markup, a link or a mention. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote as url_quoted

from jobspec.deceptive import escape
from jobspec.quoting import quote
from jobspec.report.plan.difference import short
from jobspec.report.text import printable

LONGEST_SPAN = 2400
_LONG_RUN = re.compile("`{4,}")


def code(text: str, most: int = LONGEST_SPAN) -> str:
    """Return foreign text as a code span on one line, in which nothing is markup; a long one is cut.

    A fence must be longer than any run of backticks in it, so a long run is replaced by its length.
    """
    return quote(short(_LONG_RUN.sub(_counted_run, printable(text)), most))


def cell(text: str, most: int) -> str:
    """Return foreign text for a cell of a table, where a `|` would end the cell even in a code span."""
    return code(text, most).replace("|", escape("|"))


def inert(name: str) -> str:
    """Return a name for a hidden comment: without spaces and without anything that would end the comment."""
    return url_quoted(name, safe="/").replace("--", "-%2D")


def units(text: str) -> int:
    """Return the length in UTF-16 code units, in which code hosts measure a comment."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _counted_run(run: re.Match[str]) -> str:
    return f"```…({len(run[0])} backticks)"
