"""Quote foreign text in a message: delimit it when the message is written, cut it when it is shown. Pure.

Secrets are hidden in between: cutting first could leave the prefix of one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jobspec.diagnostics import Diagnostic

MAX_QUOTED = 80
MAX_QUOTED_IN_HELP = 240
"""Longer, because users copy help lines."""
MAX_WORDS = 1000
"""For a whole message, which may contain foreign text that is not quoted."""


def quote(text: object) -> str:
    """Return the text as one code span; its fence is longer than any run of backticks in the text."""
    plain = str(text)
    fence = "`" * (max(map(len, re.findall("`+", plain)), default=0) + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") or not plain.strip() else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def cut_quotes(words: str, limit: int) -> str:
    """Return the words with each quoted text cut to the limit, with `…` at its end."""
    if len(words) <= limit:
        return words
    return _cut(with_quotes(words, lambda text: _cut(text, limit)), MAX_WORDS)


def with_quotes(words: str, change: Callable[[str], str]) -> str:
    """Return the words with each quoted text changed; the changed one must not add backticks."""
    parts, end = [], 0
    for start, stop in _quoted(words):
        parts += [words[end:start], change(words[start:stop])]
        end = stop
    return "".join([*parts, words[end:]])


def _quoted(words: str) -> Iterator[tuple[int, int]]:
    """Yield where each code span begins and ends, without its fences; in linear time."""
    fences = [(match.start(), match.end()) for match in re.finditer("`+", words)]
    closing: dict[int, int] = {}
    following: list[int | None] = []
    for index, (start, end) in reversed(list(enumerate(fences))):
        following.append(closing.get(end - start))
        closing[end - start] = index
    following.reverse()
    index = 0
    while index < len(fences):
        match = following[index]
        if match is not None:
            yield fences[index][1], fences[match][0]
        index = index + 1 if match is None else match + 1


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shortened(diagnostic: Diagnostic) -> Diagnostic:
    """Return the same diagnostic with its quoted texts cut."""
    return replace(
        diagnostic,
        message=cut_quotes(diagnostic.message, MAX_QUOTED),
        label=cut_quotes(diagnostic.label, MAX_QUOTED),
        help=cut_quotes(diagnostic.help, MAX_QUOTED_IN_HELP),
        related=tuple(replace(one, label=cut_quotes(one.label, MAX_QUOTED)) for one in diagnostic.related),
    )
