"""The parameter types. None accepts an empty value, which comes from an unset shell variable.

Every option and argument for text has one of these types; a test checks all commands for that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from jobspec.errors import UsageError
from jobspec.quoting import quote

if TYPE_CHECKING:
    import os

_DIGEST_LENGTH = 32
_FORMATS_OF_FILES = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"} | {
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".txt": "text",
}


def refuse_empty(param: click.Parameter | None, code: str = "JS400") -> NoReturn:
    """Raise `UsageError` for a parameter whose value is empty."""
    if isinstance(param, click.Option):
        option = max(param.opts, key=lambda one: one.startswith("--"))
        message, advice = f"`{option}` needs a value", f"add a value, or remove {option}"
    else:
        name = param.make_metavar(click.Context(click.Command(""))).strip("[].") if param else "a value"
        message, advice = f"{quote(name)} is empty", "add a value; a shell variable may be unset"
    raise UsageError(message, help=advice, code=code)


class Text(click.ParamType[str]):
    """Text that is not empty."""

    name = "text"
    code = "JS400"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002
        """Return the text as typed."""
        if not value.strip():
            refuse_empty(param, self.code)
        return value


class EnvironmentName(Text):
    """The name of an environment."""

    code = "JS315"


class ScopeName(Text):
    """`project` or `project/environment`."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the scope. Raises `UsageError` if one of its parts is empty."""
        project, slash, environment = super().convert(value, param, ctx).partition("/")
        if not project.strip() or (slash and not environment.strip()):
            raise UsageError(
                f"invalid scope {quote(value)}: a part is empty",
                help="use `project` or `project/environment`; a shell variable may be unset",
            )
        return value


class Selector(Text):
    """A name, a glob, or one of these after a kind and a colon."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the selector. Raises `UsageError` if nothing follows its kind."""
        kind, colon, rest = super().convert(value, param, ctx).partition(":")
        if colon and not rest.strip():
            raise UsageError(
                f"`{kind}:` needs a value",
                help=f"use `{kind}:NAME`; a shell variable may be unset",
            )
        return value


class Assignment(click.ParamType[tuple[str, str]]):
    """A name and a value, which may be empty."""

    name = "assignment"

    def convert(self, value: Any, *_: object) -> tuple[str, str]:
        """Return the name and the value. Raises `UsageError` without both; the value is not shown."""
        if isinstance(value, tuple):
            return value
        name, sign, text = value.partition("=")
        if not sign or not name.strip():
            raise UsageError(
                "`--var` needs a name and a value",
                help="write --var NAME=VALUE; a shell variable may be unset",
            )
        return name.strip(), text


class Digest(Text):
    """The complete digest of a plan."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the digest. Raises `UsageError` for only the beginning of one."""
        if not value.strip():
            hint = "use the digest that `jobspec plan` prints; a shell variable may be unset"
            raise UsageError("`--digest` is empty", help=hint)
        if not re.fullmatch(f"[0-9a-f]{{1,{_DIGEST_LENGTH}}}", value):
            raise UsageError(
                f"invalid digest {quote(value)}: a digest has {_DIGEST_LENGTH} characters of 0-9 and a-f",
                help="use the digest that `jobspec plan` prints",
            )
        if len(value) < _DIGEST_LENGTH:
            raise UsageError(
                f"incomplete digest {quote(value)}: {len(value)} of {_DIGEST_LENGTH} characters",
                help="use the full digest that `jobspec plan` prints",
                code="JS416",
            )
        return super().convert(value, param, ctx)


class FilePath(click.Path):
    """A path that is not empty: an empty one would mean the working directory."""

    def __init__(self, *, folder: bool = False) -> None:
        super().__init__(path_type=Path, file_okay=not folder)

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """Return the path as a `Path`."""
        if not str(value):
            refuse_empty(param)
        return super().convert(value, param, ctx)


class OneOf(click.Choice[str]):
    """One of some words. `noun` is what each of them is: "shell"."""

    def __init__(self, noun: str, words: Sequence[str], *, case_sensitive: bool = True) -> None:
        super().__init__(words, case_sensitive=case_sensitive)
        self.noun = noun

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word in its own spelling. Raises `UsageError` for another word."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            raise unknown_word(self.noun, str(value), self.choices) from error


def unknown_word(noun: str, value: str, words: Sequence[str]) -> UsageError:
    """Return the error for a word that is not one of some words."""
    *others, last = words
    return UsageError(
        f"unknown {noun} {quote(value)}", help=f"use {', '.join(others)}{' or ' if others else ''}{last}"
    )


class WholeNumber(click.IntRange):
    """A whole number between limits."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number. Raises `UsageError` for a value that is not one, or is beyond the limits."""
        try:
            return int(super().convert(value, param, ctx))
        except click.BadParameter as error:
            option = max(param.opts, key=len) if param else "the value"
            limits = f"from {self.min} to {self.max}" if self.max is not None else f"of at least {self.min}"
            raise UsageError(
                f"{quote(option)} is {quote(value)}, not a whole number {limits}",
                help=f"use a whole number {limits}",
            ) from error


class Format(OneOf):
    """An output format; the error for a file name explains how to redirect the output."""

    def __init__(self, formats: Sequence[str]) -> None:
        super().__init__("output format", formats)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the format."""
        if value not in self.choices:
            refuse_file(str(value), list(self.choices))
        return super().convert(value, param, ctx)


def refuse_file(value: str, formats: Sequence[str]) -> None:
    """Raise `UsageError` for a file name in place of a format; return for anything else."""
    format_ = _FORMATS_OF_FILES.get(Path(value).suffix.lower())
    if format_ in formats:
        raise UsageError(
            f"{quote(value)} is a file name; `-o` takes a format",
            help=f"redirect the output to the file: -o {format_} > {value}",
        )


class Duration(click.ParamType[int]):
    """A duration, in seconds or with a unit."""

    name = "duration"

    def convert(
        self,
        value: str | int,
        param: click.Parameter | None,  # noqa: ARG002 - click's signature
        ctx: click.Context | None,  # noqa: ARG002
    ) -> int:
        """Return the seconds."""
        from jobspec.manifest.schema.units import DURATION_PATTERN, UNITS

        if isinstance(value, int) or re.fullmatch("[0-9]{1,9}", value):
            return int(value)
        if not re.fullmatch(DURATION_PATTERN, value):
            raise UsageError(f"invalid duration {quote(value)}", help="use for example 90s, 30m, 2h or 5d")
        return int(value[:-1]) * UNITS[value[-1]]


TEXT = Text()
PATH = FilePath()
FOLDER = FilePath(folder=True)
