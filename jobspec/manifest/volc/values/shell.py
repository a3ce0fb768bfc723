"""Put a variable in place of a text in a shell command; the shell still reads the same words. Pure."""

from __future__ import annotations

import re
from enum import Enum, auto

_FORMS = {
    "plain": '"${{{}}}"',
    "double": "${{{}}}",
    "single": "'\"${{{}}}\"'",
    "ansi": "'\"${{{}}}\"$'",
    "document": "${{{}}}",
    "default": "${{{}}}",
    "comment": "${{{}}}",
}
_HEREDOC = re.compile(r"<<(-?)[ \t]*(?:'([^'\n]+)'|\"([^\"\n]+)\"|(\\?)([^\s'\"\\;&|<>()$`]+))")
_COMMENT = re.compile(r"(?:^|(?<=[\s;&|()]))#[^\n]*", re.MULTILINE)
_ASIDE = re.compile(r"\$?\(\([^'\"`\\]*?\)\)|`[^'\"`\\#]*`|\$?\$\{\{[^}'\"`]*\}\}")
"""Arithmetic, simple commands in backticks, and expressions of a manifest."""
_CASE = re.compile(r"\bcase\b")
_DEFAULT = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*:?[-=+?][^\"'`$\\{}]*\}")


class _Unclear(Exception):
    """The command is not read with certainty."""


class _Frame(Enum):
    PLAIN = auto()
    DOUBLE = auto()


def with_variable(command: str, secret: str, variable: str) -> str | None:
    """Return the command with a variable for each occurrence of a text; None if no form is certain."""
    try:
        places = _places(command)
    except _Unclear:
        return None
    parts, end = [], 0
    while (start := command.find(secret, end)) >= 0:
        kinds = set(places[start : start + len(secret)])
        is_escaped = start > 0 and command[start - 1] == "\\"
        if len(kinds) != 1 or is_escaped or (kind := kinds.pop()) not in _FORMS:
            return None
        parts += [command[end:start], _FORMS[kind].format(variable)]
        end = start + len(secret)
    return "".join([*parts, command[end:]])


def _places(command: str) -> list[str]:
    """Return the kind of each character's place. Raises `_Unclear`."""
    scan = _Scan(command)
    scan.run()
    return scan.kinds


class _Scan:
    """One pass over a command. What it does not know for certain, it marks as unclear, or gives up."""

    def __init__(self, command: str) -> None:
        self.text = command
        self.kinds = ["unclear"] * len(command)
        self.at = 0
        self.stack: list[tuple[_Frame, int]] = [(_Frame.PLAIN, 0)]
        self.documents: list[tuple[str, bool, bool]] = []

    def run(self) -> None:
        while self.at < len(self.text):
            if self.stack[-1][0] is _Frame.PLAIN:
                self._plain()
            else:
                self._double()
        if self.stack != [(_Frame.PLAIN, 0)] or self.documents:
            raise _Unclear

    def _mark(self, end: int, kind: str) -> None:
        self.kinds[self.at : end] = [kind] * (end - self.at)
        self.at = end

    def _plain(self) -> None:
        char = self.text[self.at]
        comment = _COMMENT.match(self.text, self.at) if char == "#" else None
        if comment:
            self._mark(comment.end(), "comment")
        elif self._is_substitution():
            return
        elif char == "'":
            self._until("'", self.at + 1, "single")
        elif self.text.startswith("$'", self.at):
            self._ansi()
        elif char == '"':
            self.stack.append((_Frame.DOUBLE, 0))
            self._mark(self.at + 1, "quote")
        elif self.text.startswith("<<", self.at) and not self.text.startswith("<<<", self.at):
            self._heredoc()
        elif char == "<" and self.text.startswith("<<<", self.at):
            self._mark(self.at + 3, "plain")
        elif char == "\n" and self.documents:
            self._mark(self.at + 1, "plain")
            self._bodies()
        elif char in "()":
            self._parenthesis(char)
        else:
            self._mark(min(self.at + (2 if char == "\\" else 1), len(self.text)), "plain")

    def _double(self) -> None:
        char = self.text[self.at]
        if char == '"':
            self.stack.pop()
            self._mark(self.at + 1, "quote")
        elif not self._is_substitution():
            self._mark(min(self.at + (2 if char == "\\" else 1), len(self.text)), "double")

    def _is_substitution(self) -> bool:
        """Read what both kinds of text share: `$(…)`, `${…}` and backticks."""
        text, at = self.text, self.at
        aside = _ASIDE.match(text, at)
        if aside:
            self._mark(aside.end(), "unclear")
            return True
        if text[at] == "`" or text.startswith(("$((", "((", "$["), at):
            raise _Unclear
        if text.startswith("$(", at):
            if _CASE.search(text, at):
                raise _Unclear  # the parentheses of its patterns do not end the substitution
            self.stack.append((_Frame.PLAIN, 0))
            self._mark(at + 2, "quote")
            return True
        if text.startswith("${", at):
            default = _DEFAULT.match(text, at)
            if default:
                self._mark(default.end(), "default")
            else:
                self._braces()
            return True
        return False

    def _braces(self) -> None:
        end = self.text.find("}", self.at)
        inner = self.text[self.at + 2 : max(end, 0)]
        if end < 0 or any(char in inner for char in "'\"`${\\"):
            raise _Unclear
        self._mark(end + 1, "unclear")

    def _until(self, quote: str, start: int, kind: str) -> None:
        end = self.text.find(quote, start)
        if end < 0:
            raise _Unclear
        self._mark(start, "quote")
        self._mark(end, kind)
        self._mark(end + 1, "quote")

    def _ansi(self) -> None:
        end = self.at + 2
        while end < len(self.text) and self.text[end] != "'":
            end += 2 if self.text[end] == "\\" else 1
        if end >= len(self.text):
            raise _Unclear
        self._mark(self.at + 2, "quote")
        self._mark(end, "ansi")
        self._mark(end + 1, "quote")

    def _parenthesis(self, char: str) -> None:
        frame, depth = self.stack[-1]
        self._mark(self.at + 1, "quote")
        if char == "(":
            self.stack[-1] = (frame, depth + 1)
        elif depth:
            self.stack[-1] = (frame, depth - 1)
        elif len(self.stack) > 1:
            self.stack.pop()

    def _heredoc(self) -> None:
        match = _HEREDOC.match(self.text, self.at)
        if match is None:
            raise _Unclear
        quoted = match[2] or match[3]
        self.documents.append((quoted or match[5], bool(match[1]), bool(quoted or match[4])))
        self._mark(match.end(), "quote")

    def _bodies(self) -> None:
        for word, is_indented, is_quoted in self.documents:
            self._body(word, is_indented=is_indented, is_quoted=is_quoted)
        self.documents = []

    def _body(self, word: str, *, is_indented: bool, is_quoted: bool) -> None:
        tabs = "\t*" if is_indented else ""
        end = re.compile(rf"^{tabs}{re.escape(word)}$", re.MULTILINE).search(self.text, self.at)
        if end is None:
            raise _Unclear
        body = self.text[self.at : end.start()]
        is_clear = not is_quoted and not any(sign in body for sign in ("`", "$(", "\\"))
        self._mark(end.start(), "document" if is_clear else "unclear")
        self._mark(end.end(), "quote")
