"""The syntax of expressions, parsed in one place. Pure.

    expression = term { "||" term }
    term       = literal | reference | function "(" [ expression { "," expression } ] ")"

Offsets are those of the text between the braces, from 0.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NoReturn, TypeAlias

from msgspec import Struct

from jobspec.manifest.expressions.functions import FUNCTIONS, parameters_of
from jobspec.manifest.suggestions import nearest
from jobspec.manifest.yaml.tree import NO_EXTENT, Scalar, ScalarValue
from jobspec.quoting import quote

GIT_NAMES = ("git.sha", "git.branch", "git.dirty")
FIXED_NAMES = ("scope.project", "scope.environment", *GIT_NAMES)
EXPRESSION = re.compile(r"(\$?)\$\{\{((?:(?!\}\}).)*)(\}\}|\Z)", re.DOTALL)
_TOKEN = re.compile(
    r"(?P<text>'(?:[^']|'')*')"
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?![A-Za-z0-9_.-])"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*)"
    r"|(?P<sign>\|\||[(),])"
)
_SPACE = re.compile(r"\s*")
_WORDS: dict[str, ScalarValue] = {"true": True, "false": False, "null": None}
_LONGEST_NUMBER = 20
_MAX_INTEGER = 2**63 - 1
_MAX_LEVELS = 20
_LONGEST_KEPT = 4096
"""Longer texts are parsed again each time, so that few of them are kept in memory."""
_FORMS = "a name such as `vars.NAME`, a text such as `'a'`, a number, or a function such as `slug(vars.NAME)`"


class Literal(Struct, frozen=True):
    """A value that is written in the expression."""

    node: Scalar
    start: int
    end: int


class Reference(Struct, frozen=True):
    """A name such as `vars.image.tag`."""

    name: str
    steps: tuple[str, ...]
    start: int
    end: int


class Call(Struct, frozen=True):
    """A function with its arguments."""

    function: str
    arguments: tuple[Part, ...]
    start: int
    end: int


class Alternatives(Struct, frozen=True):
    """Alternatives: the first one with a value counts."""

    options: tuple[Part, ...]
    start: int
    end: int


Part: TypeAlias = Literal | Reference | Call | Alternatives


class Malformed(Struct, frozen=True):
    """Why an expression cannot be read, and where."""

    message: str
    label: str
    help: str
    start: int
    end: int


class Insertion(Struct, frozen=True):
    """An expression in a text, with its braces."""

    part: Part | Malformed
    unknown: Reference | None
    """The first name that is defined nowhere: an error even on the right side of `||`."""
    is_constant: bool
    """Whether it refers to nothing."""
    written: str
    """The text between the braces."""
    start: int
    end: int
    begin: int
    """Where the text begins in which the parts of the expression have their places."""


def pieces(text: str) -> tuple[str | Insertion, ...]:
    """Return a text as literal parts, with `$${{` unescaped, and expressions."""
    return _kept(text) if len(text) <= _LONGEST_KEPT else _pieces(text)


def _pieces(text: str) -> tuple[str | Insertion, ...]:
    found: list[str | Insertion] = []
    position = 0
    for match in EXPRESSION.finditer(text):
        if match.start() > position:
            found.append(text[position : match.start()])
        found.append(match[0][1:] if match[1] else _insertion(match))
        position = match.end()
    if position < len(text):
        found.append(text[position:])
    return tuple(found)


_kept = lru_cache(maxsize=2048)(_pieces)


def whole(parts: tuple[str | Insertion, ...]) -> Insertion | None:
    """Return the expression that a text consists of; None if there is anything else in it."""
    return parts[0] if len(parts) == 1 and isinstance(parts[0], Insertion) else None


def references(part: Part) -> list[Reference]:
    """Return the references in an expression."""
    if isinstance(part, Reference):
        return [part]
    inner = (
        part.arguments if isinstance(part, Call) else part.options if isinstance(part, Alternatives) else ()
    )
    return [one for below in inner for one in references(below)]


def _insertion(match: re.Match[str]) -> Insertion:
    start, end = match.span()
    if match[3]:
        return Insertion(*_read(match[2]), match[2].strip(), start, end, match.start(2))
    advice = "write `}}` after it, or `$${{` for a literal `${{`"
    part = Malformed("the expression is not closed", "`}}` is missing", advice, 0, end - start)
    return Insertion(
        part, None, is_constant=False, written=match[2].strip(), start=start, end=end, begin=start
    )


@lru_cache(maxsize=2048)
def _read(text: str) -> tuple[Part | Malformed, Reference | None, bool]:
    """Return the expression between braces, the first name that is defined nowhere, and if it is constant."""
    part = parse(text)
    named = [] if isinstance(part, Malformed) else references(part)
    return part, next((one for one in named if not _is_known(one)), None), not named


def _is_known(reference: Reference) -> bool:
    """Whether the name may have a value in some file, environment or surroundings."""
    head, *rest = reference.steps
    return (
        (head in ("vars", "matrix") and bool(rest))
        or (head == "env" and len(rest) == 1)
        or reference.name in FIXED_NAMES
    )


def parse(text: str, offset: int = 0) -> Part | Malformed:
    """Return the expression between braces, which begins at an offset, or why it cannot be read."""
    try:
        return _Parser(text, offset).whole()
    except _Unreadable as error:
        return error.problem


class _Unreadable(Exception):
    def __init__(self, problem: Malformed) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _Parser:
    """The tokens of one expression, and how far it was read."""

    def __init__(self, text: str, offset: int) -> None:
        self._text, self._offset = text, offset
        self._level = 0
        self._end = 0
        self._token = self._next(0)

    def whole(self) -> Part:
        """Return the expression that is the whole text."""
        if self._token is None and not self._text.strip():
            advice = f"write {_FORMS}; or `$${{{{` for a literal `${{{{`"
            raise _Unreadable(
                Malformed("the expression is empty", "nothing is written here", advice, *self._all())
            )
        part = self._choice()
        if self._token is not None:
            self._refuse()
        return part

    def _all(self) -> tuple[int, int]:
        return self._offset - 3, self._offset + len(self._text) + 2

    def _next(self, position: int) -> re.Match[str] | None:
        start = _SPACE.match(self._text, position)
        at = start.end() if start else position
        token = _TOKEN.match(self._text, at)
        if token is None and at < len(self._text):
            self._refuse_text(at)
        return token

    def _take(self) -> re.Match[str]:
        if self._token is None:
            self._refuse()
        token = self._token
        self._end = token.end()
        self._token = self._next(token.end())
        return token

    def _is(self, sign: str) -> bool:
        return self._token is not None and self._token["sign"] == sign

    def _choice(self) -> Part:
        self._level += 1
        if self._level > _MAX_LEVELS:
            self._fail("functions are nested too deeply", "exceeds the limit", "use fewer functions")
        options = [self._term()]
        while self._is("||"):
            self._take()
            options.append(self._term())
        self._level -= 1
        return (
            options[0]
            if len(options) == 1
            else Alternatives(tuple(options), options[0].start, options[-1].end)
        )

    def _term(self) -> Part:
        if self._token is None or self._token["sign"]:
            self._refuse()
        token = self._take()
        span = (token.start() + self._offset, token.end() + self._offset)
        if token["text"] is not None:
            value = token["text"][1:-1].replace("''", "'")
            return Literal(Scalar(value, value, "'", NO_EXTENT), *span)
        if token["number"] is not None:
            return Literal(Scalar(self._number(token), token[0], "", NO_EXTENT), *span)
        if self._is("("):
            return self._call(token[0], span)
        if token[0] in _WORDS:
            return Literal(Scalar(_WORDS[token[0]], token[0], "", NO_EXTENT), *span)
        return Reference(token[0], tuple(token[0].split(".")), *span)

    def _number(self, token: re.Match[str]) -> int | float:
        text = token["number"]
        is_integer = text.lstrip("-").isdigit()
        value = int(text) if is_integer and len(text) <= _LONGEST_NUMBER else float(text)
        if (
            len(text) > _LONGEST_NUMBER
            or abs(value) in (float("inf"),)
            or (is_integer and abs(value) > _MAX_INTEGER)
        ):
            self._fail("the number is too large", "exceeds the limit", "write it as a text: `'…'`", token)
        return value

    def _call(self, name: str, span: tuple[int, int]) -> Call:
        if name not in FUNCTIONS:
            self._fail_at(
                f"unknown function {quote(name)}", "no such function", _closest_function(name), span
            )
        self._take()
        arguments: list[Part] = []
        while not self._is(")"):
            if arguments and self._is(","):
                self._take()
            elif arguments:
                self._refuse()
            arguments.append(self._choice())
        end = self._take().end() + self._offset
        names = parameters_of(name)
        if len(arguments) != len(names):
            given = f"{len(arguments)} argument" + ("" if len(arguments) == 1 else "s")
            message = f"{quote(f'{name}()')} has {given}; it takes {len(names)}"
            self._fail_at(
                message, "wrong number of arguments", f"write `{name}({', '.join(names)})`", (span[0], end)
            )
        return Call(name, tuple(arguments), span[0], end)

    def _refuse(self) -> NoReturn:
        """Refuse the next token, or the end of the text."""
        if self._token is None:
            end = self._offset + max(self._end, 1)
            message = "the expression is incomplete"
            self._fail_at(message, "something is missing after this", f"add {_FORMS}", (end - 1, end))
        self._refuse_text(self._token.start())

    def _refuse_text(self, at: int) -> NoReturn:
        text = self._text[at:]
        found = re.match(r"[A-Za-z0-9_.-]+|'.*|[^\sA-Za-z0-9_'().,-]+|.", text, re.DOTALL)
        shown = found[0] if found else text[:1]
        start = self._offset + at
        if shown.startswith("'") and _TOKEN.match(text) is None:
            advice = "close the text with `'`; write `''` for a quote inside it"
            self._fail_at(
                "a text in the expression is not closed",
                "begins here",
                advice,
                (start, start + len(shown.rstrip())),
            )
        self._fail_at(
            f"unexpected {quote(shown)} in an expression",
            "cannot be read",
            _advice_about(shown),
            (start, start + len(shown)),
        )

    def _fail(self, message: str, label: str, advice: str, token: re.Match[str] | None = None) -> NoReturn:
        token = token or self._token
        start, end = token.span() if token else (0, len(self._text))
        self._fail_at(message, label, advice, (start + self._offset, end + self._offset))

    def _fail_at(self, message: str, label: str, advice: str, span: tuple[int, int]) -> NoReturn:
        raise _Unreadable(Malformed(message, label, advice, *span))


def _advice_about(shown: str) -> str:
    if shown.startswith('"'):
        return "write a text in single quotes: `'…'`"
    if shown == "|":
        return "write `||` before a default"
    return "an expression has no operators except `||`; compute the value elsewhere, and write " + _FORMS


def _closest_function(name: str) -> str:
    by_small = {one.lower(): one for one in FUNCTIONS}
    close = nearest(name.lower(), by_small)
    if close:
        return f"did you mean `{by_small[close]}`?"
    return "the functions are " + ", ".join(f"`{one}`" for one in FUNCTIONS)
