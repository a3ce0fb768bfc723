"""Placeholders such as `<QUEUE_ID>` and `${VAR:-default}`, which become variables of the project. Pure."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from jobspec.manifest.resolve.foreign_forms import EXPRESSION, escaped
from jobspec.manifest.volc.values.free_names import first_free
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import Scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jobspec.manifest.yaml.tree import ScalarValue

    Typed = Callable[[str], ScalarValue]

_SHELL = r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<sign>:?[-=])(?P<default>[^${}]*)|:?\?[^${}]*)?\}"
_DOUBLE = r"\{\{ ?(?P<double>[A-Za-z_][A-Za-z0-9_.]*) ?\}\}"
_SINGLE = r"\{(?P<single>[A-Za-z_][A-Za-z0-9_]*)\}"
_ANGLE = r"<(?P<angle>[A-Za-z\u3400-\u9fff][\w .-]{0,60})>"
_MARKED = r"<(?P<angle>[A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)+|(?i:your)[ _-][\w .-]{1,60})>"
_BARE = r"(?P<bare>(?<!\$)\$[A-Za-z_][A-Za-z0-9_]*)"


class Where(Enum):
    """Where a text is: a shell or a program reads some texts, so that not everything is a placeholder."""

    VALUE = auto()
    ENV = auto()
    """Also a text for people. It may contain `$HOME` or `<eos>`."""
    COMMAND = auto()
    """The shell expands `${VAR}`, and `<IN_FILE>OUT` reads and writes files."""


_PLACEHOLDERS = {
    Where.VALUE: re.compile(rf"(?<!\$)(?:{_SHELL}|{_DOUBLE}|{_SINGLE}|{_ANGLE}|{_BARE})"),
    Where.ENV: re.compile(rf"(?<!\$)(?:{_SHELL}|{_DOUBLE}|{_MARKED})"),
    Where.COMMAND: re.compile(rf"(?<![\w<$]){_MARKED}(?![\w$])"),
}
_WORD = re.compile(r"[A-Za-z0-9]+")


class Variable(Struct, frozen=True):
    """A variable of the project. Without a value, it has to be set before anything is planned."""

    name: str
    value: ScalarValue
    placeholder: str
    sample: ScalarValue
    """A value of the type that the field needs."""
    is_of_project: bool = False
    """Whether the project has the variable already."""

    @property
    def is_set(self) -> bool:
        """Whether the placeholder had a default."""
        return self.value is not None

    @property
    def declared(self) -> ScalarValue:
        """The value in the project file.

        An unset variable refers to itself, which every command reports as a circular reference (JS330).
        """
        return self.value if self.is_set else self.expression

    @property
    def expression(self) -> str:
        """What refers to the variable in a manifest."""
        return f"${{{{ vars.{self.name} }}}}"


class Variables(Struct):
    """The variables of all files: the same placeholder with the same default is the same variable."""

    known: dict[tuple[str, str], Variable] = field(default_factory=dict)
    of_project: Mapping[str, Any] = field(default_factory=dict)
    """The variables that the project has. One is used for a placeholder only if its value is the same."""

    def __iter__(self) -> Iterator[Variable]:
        """Yield the variables in the order of their first use."""
        return iter(self.known.values())

    def refer(self, match: re.Match[str], typed: Typed, sample: ScalarValue) -> Variable:
        """Return the variable of a placeholder."""
        source, default = source_of(match), default_of(match)
        value = None if default is None else typed(default)
        key = (source, f"{type(value).__name__} {type(sample).__name__} {value}")
        if key not in self.known:
            name = self._free(camel(source), value)
            self.known[key] = Variable(
                name, value, match[0], sample if value is None else value, name in self.of_project
            )
        return self.known[key]

    def _free(self, stem: str, value: ScalarValue) -> str:
        taken = {one.name for one in self}

        def is_taken(name: str) -> bool:
            return name in taken or (name in self.of_project and not self._has(name, value))

        return first_free(stem, is_taken, separator="")

    def _has(self, name: str, value: ScalarValue) -> bool:
        """Whether a variable of the project has a value, or a placeholder leaves the value open."""
        own = self.of_project[name]
        return value is None or (type(own) is type(value) and own == value)


def source_of(match: re.Match[str]) -> str:
    """Return the name in a placeholder."""
    groups = match.groupdict()
    kinds = (groups.get(kind) for kind in ("name", "double", "single", "angle", "bare"))
    return next(found for found in kinds if found).removeprefix("$")


def default_of(match: re.Match[str]) -> str | None:
    """Return the default in a placeholder."""
    groups = match.groupdict()
    return groups.get("default") if groups.get("sign") else None


def without_default(match: re.Match[str]) -> re.Match[str]:
    """Return the same placeholder without its default."""
    return is_whole(f"${{{source_of(match)}}}") or match


def defaults_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the default of each placeholder that has one."""
    for match in _PLACEHOLDERS[Where.VALUE].finditer(text) if "${" in text else ():
        default = default_of(match)
        if default:
            yield source_of(match), default


def with_defaults(text: str) -> str:
    """Return the text with each placeholder that has a default replaced with it."""
    if "${" not in text:
        return text
    return _PLACEHOLDERS[Where.VALUE].sub(lambda match: default_of(match) or match[0], text)


def camel(source: str) -> str:
    """Return a name for a variable: `gpuQueueId` for `GPU_QUEUE_ID`."""
    words: list[str] = _WORD.findall(source)
    if not words or not words[0][0].isalpha():
        words = ["value", *words]
    first, *rest = words
    is_camel = not rest and not first.isupper()
    head = first if is_camel else first.lower()
    return head[:1].lower() + head[1:] + "".join(word[:1].upper() + word[1:].lower() for word in rest)


def is_whole(text: str) -> re.Match[str] | None:
    """Return the match if a text is one placeholder and nothing else."""
    return _PLACEHOLDERS[Where.VALUE].fullmatch(text)


def replaced(
    text: str,
    refer: Callable[[re.Match[str]], str],
    where: Where,
    written: Callable[[str], str],
) -> str:
    """Return the text for a manifest: an expression for each placeholder, and the rest as it is `written`."""
    parts: list[str] = []
    end = 0
    for match in _PLACEHOLDERS[where].finditer(text):
        if EXPRESSION.match(text, max(0, match.start() - 1)):
            continue
        parts += [written(text[end : match.start()]), refer(match)]
        end = match.end()
    return "".join([*parts, written(text[end:])])


def literal(text: str) -> str:
    """Return a text as a manifest writes it: not as an expression, nor as another tool's placeholder."""
    return free_literal(str(escaped(text)))


def free_literal(text: str) -> str:
    """Return a text where jobspec does not look for placeholders of other tools: not as an expression."""
    return EXPRESSION.sub(lambda match: "$" + match[0], text)


def plain_value(text: str) -> ScalarValue:
    """Return a default as YAML reads it."""
    documents = parse(text.encode(), "").documents
    found = documents[0] if len(documents) == 1 else None
    return found.value if isinstance(found, Scalar) and found.value is not None else text
