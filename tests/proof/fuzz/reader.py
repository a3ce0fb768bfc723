"""A reader of foreign bytes as a value: what it is fed with, how it reads, and how it may refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

CORPUS = Path(__file__).parent / "corpus"
TOKENS = Path(__file__).parent / "tokens"
Restructure = Callable[[bytes, Random], bytes]


class Refused(Exception):
    """What a reader refused in another way than by an exception: with a diagnostic, or with a status."""


@dataclass(frozen=True, slots=True)
class Reader:
    """`read` returns when the bytes were accepted, and raises one of `refusals` when they were not.

    Anything else that it raises is a failure. It also asserts that what it accepted is stable. `tokens` are
    the words of the format; `restructure` changes an input of the corpus as the value that it stands for.
    """

    name: str
    read: Callable[[bytes], None]
    refusals: tuple[type[Exception], ...]
    tokens: tuple[bytes, ...]
    seeds: tuple[bytes, ...]
    restructure: Restructure | None = None


def fed(
    name: str,
    read: Callable[[bytes], None],
    refusals: tuple[type[Exception], ...],
    restructure: Restructure | None = None,
) -> Reader:
    """A reader with the words and the corpus that are checked in under its name."""
    return Reader(name, read, refusals, tokens(name), corpus(name), restructure)


def tokens(name: str) -> tuple[bytes, ...]:
    """The words of a format: those of a file, one a line, with the escapes of Python."""
    lines = (TOKENS / f"{name}.txt").read_text(encoding="ascii").splitlines()
    return tuple(line.encode().decode("unicode_escape").encode("latin-1") for line in lines)


def corpus(name: str) -> tuple[bytes, ...]:
    """The inputs that are checked in for a reader, in the order of their names."""
    return tuple(path.read_bytes() for path in sorted((CORPUS / name).iterdir()))
