"""What a YAML parser could not read, in words that say what to type; pure.

Takes the parsers' errors by their attributes, so it knows neither parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from jobspec.diagnostics import Diagnostic, Related
from jobspec.manifest.tree import Extent

LINE_BREAK = re.compile("\r\n|\r|\n")
_EXPRESSION = re.compile(r"\$\{\{.*?(?:\}\}|$)")


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Words for one kind of syntax error; the first whose `sign` is in the parser's problem is taken."""

    sign: str
    message: str
    label: str
    help: str


_TROUBLES = (
    _Trouble(
        "mapping values are not allowed",
        "a `: ` stands where no key can be",
        "a second key on the line, or a wrong indentation",
        "put text that holds `: ` in quotes, or line the key up with its neighbours",
    ),
    _Trouble(
        "that cannot start any token",
        "a value cannot start with `{character}`",
        "needs quotes",
        "put the value in quotes",
    ),
    _Trouble(
        "unexpected end of stream",
        "a quote is opened and never closed",
        "the file ends here",
        "close the quote at the end of the text",
    ),
    _Trouble(
        "unexpected document separator",
        "a quote is opened and never closed",
        "the document ends here",
        "close the quote at the end of the text",
    ),
    _Trouble(
        "',' or '}'",
        "a `,` or a closing `}` is missing",
        "not expected inside of `{…}`",
        "write `,` between the entries and `}` behind the last",
    ),
    _Trouble(
        "',' or ']'",
        "a `,` or a closing `]` is missing",
        "not expected inside of `[…]`",
        "write `,` between the items and `]` behind the last",
    ),
    _Trouble(
        "expected ':'",
        "a `:` is missing after a key",
        "the line before ends without one",
        "write `key: value`, and put text of several lines behind `|`",
    ),
    _Trouble(
        "block end",
        "the indentation does not fit",
        "not in line with what is above",
        "line the keys of one map up, and indent what belongs to a key",
    ),
    _Trouble(
        "escape",
        "an escape in double quotes is not known",
        "no such escape",
        "write `\\\\` for a backslash, or use single quotes",
    ),
)
_OTHER = _Trouble("", "this is not valid YAML", "unexpected here", "")


def explain(error: Exception, *, file: str, text: str) -> Diagnostic:
    """The diagnostic of what a parser raised."""
    lines = LINE_BREAK.split(text)
    at = _extent(error, file, lines)
    line = lines[at.line]
    if "\t" in line[: at.end_column] and not line[: at.column].strip():
        return _tab(file, at.line, line)
    expression = _EXPRESSION.search(line)
    if expression is not None and "flow" in f"{getattr(error, 'context', '')}":
        return _unquoted(Extent(file, at.line, expression.start(), at.line, expression.end()), expression[0])
    return _worded(error, at, line)


def _worded(error: Exception, at: Extent, line: str) -> Diagnostic:
    problem = f"{getattr(error, 'problem', None) or ''}"
    trouble = next((trouble for trouble in _TROUBLES if trouble.sign in problem), _OTHER)
    character = line[at.column : at.column + 1]
    if "{character}" in trouble.message and not character.isprintable():
        trouble = _OTHER
    return Diagnostic(
        "JS101",
        trouble.message.replace("{character}", character),
        place=at.place,
        label=trouble.label,
        help=trouble.help,
        related=_opened(error, at),
    )


def _opened(error: Exception, at: Extent) -> tuple[Related, ...]:
    mark = getattr(error, "context_mark", None)
    if mark is None or (mark.line, mark.column) == (at.line, at.column):
        return ()
    opened = Extent(at.file, mark.line, mark.column, mark.line, mark.column + 1)
    return (Related(opened.place, "begins here"),)


def _extent(error: Exception, file: str, lines: list[str]) -> Extent:
    """One character at the error; behind the last line's end, when the text ends too early."""
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return Extent(file, 0, 0, 0, 0)
    if mark.line < len(lines) and (mark.line or mark.column or lines[0]):
        last = len(lines) - 1
        if mark.line < last or lines[last]:
            return Extent(file, mark.line, mark.column, mark.line, mark.column + 1)
    line = next((n for n in reversed(range(len(lines))) if lines[n].strip()), 0)
    column = len(lines[line].rstrip())
    return Extent(file, line, column, line, column + 1)


def _tab(file: str, line: int, content: str) -> Diagnostic:
    column = content.index("\t")
    return Diagnostic(
        "JS103",
        "a tab is used as indentation",
        place=Extent(file, line, column, line, column + 1).place,
        label="a tab",
        help="indent with spaces",
    )


def _unquoted(at: Extent, expression: str) -> Diagnostic:
    return Diagnostic(
        "JS116",
        "an expression inside of `{…}` or `[…]` needs quotes",
        place=at.place,
        label="its braces are read as YAML's own",
        help=f'write `"{expression}"`',
    )
