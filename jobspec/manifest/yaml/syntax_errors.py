"""Explain the errors of the YAML parsers, with help on what to write. Pure.

It reads the errors by their attributes, so it depends on neither parser.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from jobspec.diagnostics import Diagnostic, Related
from jobspec.manifest.yaml.tree import Extent
from jobspec.quoting import quote

LINE_BREAK = re.compile("\r\n|\r|\n")
_EXPRESSION = re.compile(r"\$\{\{.*?(?:\}\}|$)")
_NAME = re.compile(r"\$\{\{ *(?:vars|scope|matrix)\.[A-Za-z_][\w-]* *\}\}")


class _Trouble(Struct, frozen=True):
    """The wording of one kind of syntax error; the first whose `sign` is in the parser's problem is used."""

    sign: str
    message: str
    label: str
    help: str


_TROUBLES = (
    _Trouble(
        "mapping values are not allowed",
        "unexpected `: `",
        "a second key on the line, or a wrong indentation",
        "quote text that contains `: `, or align the key with the other keys",
    ),
    _Trouble(
        "that cannot start any token",
        "a value cannot start with `{character}`",
        "requires quotes",
        "quote the value",
    ),
    _Trouble(
        "',' or '}'",
        "missing `,` or closing `}`",
        "unexpected inside `{…}`",
        "put `,` between the entries and `}` after the last one",
    ),
    _Trouble(
        "',' or ']'",
        "missing `,` or closing `]`",
        "unexpected inside `[…]`",
        "put `,` between the items and `]` after the last one",
    ),
    _Trouble(
        "expected ':'",
        "missing `:` after a key",
        "the previous line has no `:`",
        "write `key: value`; start multi-line text with `|`",
    ),
    _Trouble(
        "block end",
        "inconsistent indentation",
        "not aligned with the lines above",
        "align the keys of a map, and indent the value of a key",
    ),
    _Trouble(
        "escape",
        "unknown escape in double quotes",
        "no such escape",
        "write `\\\\` for a backslash, or use single quotes",
    ),
)
_ENDS_IN_QUOTES = ("unexpected end of stream", "unexpected document separator")
_OTHER = _Trouble("", "this is not valid YAML", "unexpected here", "")


def explain(error: Exception, *, file: str, text: str) -> Diagnostic:
    """Return the diagnostic for a parser's error."""
    lines = LINE_BREAK.split(text)
    at = _extent(error, file, lines)
    line = lines[at.line]
    if "\t" in line[: at.end_column] and not line[: at.column].strip():
        return _tab(file, at.line, line)
    expression = _EXPRESSION.search(line)
    if expression is not None and "flow" in f"{getattr(error, 'context', '')}":
        return _unquoted(Extent(file, at.line, expression.start(), at.line, expression.end()), expression[0])
    unclosed = _open_quote(error, at, lines)
    return unclosed or _worded(error, at, line)


def _open_quote(error: Exception, at: Extent, lines: list[str]) -> Diagnostic | None:
    """Return the diagnostic for a quote closed by a later one, or never: its place is the opening quote."""
    problem, mark = f"{getattr(error, 'problem', None) or ''}", getattr(error, "context_mark", None)
    if any(sign in problem for sign in _ENDS_IN_QUOTES) and mark is not None:
        end = "the document ends here" if "document" in problem else "the file ends here"
        return _unclosed(at._replace(line=mark.line, column=mark.column), Related(at.place, end))
    if not any(sign in problem for sign in ("block end", "',' or")):
        return None
    opened = _last_quoted([*lines[: at.line], lines[at.line][: at.column]])
    if opened is None:
        return None
    line, column = opened
    if line != at.line:
        return _unclosed(at._replace(line=line, column=column), Related(at.place, "closed by this quote"))
    return Diagnostic(
        "JS101",
        "text after a closing quote",
        place=at.place,
        label="not part of the value",
        help="quote the whole value, with quotes that it does not contain",
    )


def _unclosed(at: Extent, ends: Related) -> Diagnostic:
    return Diagnostic(
        "JS101",
        "missing closing quote",
        place=at._replace(end_line=at.line, end_column=at.column + 1).place,
        label="opened here",
        help="close the quote at the end of the text",
        related=(ends,),
    )


def _last_quoted(before: list[str]) -> tuple[int, int] | None:
    """Return the start of the quoted text that ends these lines, if there is one."""
    end = len(before) - 1
    while end >= 0 and not before[end].strip():
        end -= 1
    text = before[end].rstrip() if end >= 0 else ""
    if not text.endswith(("'", '"')):
        return None
    quote, text = text[-1], text[:-1]
    while end >= 0:
        column = _opening(text, quote)
        if column >= 0:
            return end, column
        end -= 1
        text = before[end]
    return None


def _opening(text: str, quote: str) -> int:
    """Return the column of the last unescaped quote in a line; -1 if there is none."""
    column = text.rfind(quote)
    while column > 0 and text[column - 1] == ("\\" if quote == '"' else quote):
        column = text.rfind(quote, 0, column - 1)
    return column


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
    return (Related(opened.place, "starts here"),)


def _extent(error: Exception, file: str, lines: list[str]) -> Extent:
    """Return the character at the error, or the position after the last line if the text ends too early."""
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
    # Only what cannot hold a secret is repeated: nothing masks the text of a file that is not YAML.
    shown = expression if _NAME.fullmatch(expression) else "${{ … }}"
    return Diagnostic(
        "JS116",
        "an expression inside `{…}` or `[…]` requires quotes",
        place=at.place,
        label="YAML reads these braces as a map",
        help="write " + quote(f'"{shown}"'),
    )
