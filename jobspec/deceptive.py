"""Find the characters of a text that mislead a reader. Pure.

They are invisible, or they look like ASCII inside a word that hides it, according to Unicode's data of
confusable characters. Honest text in any script is accepted.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from unicodedata import east_asian_width, normalize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Python calls these printable, but fonts draw nothing: the rest of Unicode's Default_Ignorable_Code_Point,
# Braille without dots, a musical note without a head, and a filler.
_BLANK = (
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)
_TOKEN = re.compile(r"""[^\s"'`]*[^\x00-\x7f][^\s"'`]*""")
_WORD = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|(?P<word>\w+)|(?P<sign>.)", re.DOTALL)
_TAKEN_FOR = frozenset("/.:@-")
"""Signs whose look-alikes can change the host, path or name in an address."""
_FULL_STOPS = {"\u3002": ".", "\uff61": "."}
"""Characters that separate the labels of a host name like a full stop does."""
_CHARACTERS = 65_536
"""The number of characters whose answers are remembered: a text repeats its characters."""
_HYPHENS = frozenset("\u2010\u2011")


def deceptive_places(text: str) -> dict[int, str]:
    """Return the place of each such character with the ASCII that it looks like; empty if it is invisible."""
    if text.isascii():
        return {}
    hidden = {place: "" for place, character in enumerate(text) if is_hidden(character)}
    return {**dict(_alike(text)), **hidden}


@lru_cache(_CHARACTERS)
def is_hidden(character: str) -> bool:
    """Whether a non-ASCII character is invisible, or affects the text around it."""
    return not character.isascii() and (
        not character.isprintable() or re.match(_BLANK, character) is not None
    )


def escape(character: str) -> str:
    """Return the escape that is printed in place of a character, as in JSON."""
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _alike(text: str) -> Iterator[tuple[int, str]]:
    for token in _TOKEN.finditer(text):
        has_ascii = any(c.isascii() and c.isalnum() for c in _WORD.sub(_word_alone, token[0]))
        for part in _WORD.finditer(token[0]):
            start = token.start() + part.start()
            if part["word"]:
                found = _alike_in(part["word"], has_ascii=has_ascii)
                yield from ((start + at, looks) for at, looks in found.items())
            elif part["sign"]:
                looks = _looks_like(part["sign"])
                if looks in _TAKEN_FOR and _is_between_ascii(text, start):
                    yield start, looks


def _word_alone(part: re.Match[str]) -> str:
    return part["word"] or " "


def _is_between_ascii(text: str, place: int) -> bool:
    around = text[max(0, place - 1) : place] + text[place + 1 : place + 2]
    return len(around) == 2 and around.isascii() and around.isalnum()


def _alike_in(word: str, *, has_ascii: bool) -> dict[int, str]:
    """Return the look-alikes of a word that also contains ASCII, or that consists of look-alikes only.

    A single letter without ASCII next to it is a word of its language; full-width letters are visibly
    different.
    """
    if word.isascii():
        return {}
    found = {at: looks for at, character in enumerate(word) if (looks := _looks_like(character))}
    is_mixed = any(character.isascii() and character.isalnum() for character in word)
    is_all = len(found) == sum(character.isalnum() for character in word) and (len(found) > 1 or has_ascii)
    is_wide = all(east_asian_width(word[at]) == "F" for at in found)
    return found if found and (is_mixed or (is_all and not is_wide)) else {}


@lru_cache(_CHARACTERS)
def _looks_like(character: str) -> str:
    """Return the ASCII letter, digit or sign that a non-ASCII character looks like; empty for none."""
    if character.isascii():
        return ""
    if character in _HYPHENS:
        return "-"
    looks = _FULL_STOPS.get(character) or _ascii_of().get(character) or _compatible(character)
    return "" if looks == "-" else looks  # dashes and minus signs are honest between words and numbers


def _compatible(character: str) -> str:
    """Return the ASCII letter, digit or sign that Unicode regards as compatible with it; empty for none."""
    form = normalize("NFKC", character)
    return form if len(form) == 1 and form.isascii() and (form.isalnum() or form in _TAKEN_FOR) else ""


@cache
def _ascii_of() -> Mapping[str, str]:
    # Half a megabyte, loaded when the first non-ASCII text is shown.
    from confusable_homoglyphs.confusables import confusables_data  # type: ignore[import-untyped]  # noqa: PLC0415

    pairs = ((one, other["c"]) for one, others in confusables_data.items() for other in others)
    return {
        one: other
        for one, other in pairs
        if len(one) == 1 and len(other) == 1 and other.isascii() and not one.isascii()
    }
