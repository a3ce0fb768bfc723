"""Warn about characters that mislead a reviewer of a manifest. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.deceptive import deceptive_places, escape
from jobspec.diagnostics import Diagnostic, Severity
from jobspec.manifest.yaml.tree import (
    Mapping,
    Node,
    Scalar,
)
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterator


_PROSE = frozenset({"description"})
_VALUES = frozenset({"env"})
"""Maps whose values may be any text; their keys are names."""


def may_be_deceptive(text: str) -> bool:
    """Whether a file can contain such characters, directly or as escapes; cheap."""
    return not text.isascii() or "\\" in text


def deceptive_fields(node: Node, name: str = "") -> Iterator[Diagnostic]:
    """Yield a warning for each misleading name and value below a node, except descriptions, which are prose.

    Surrogates are left out: they are already an error of the text.
    """
    if isinstance(node, Scalar):
        yield from _deceptive(node, name)
    elif isinstance(node, Mapping):
        for key, (written, value) in node.entries.items():
            yield from _deceptive(written, f"the key below {quote(name)}" if name else "a key")
            if key in _PROSE or (name in _VALUES and isinstance(value, Scalar)):
                continue
            yield from deceptive_fields(value, key)
    else:
        for item in node.items:
            yield from deceptive_fields(item, name)


def _deceptive(scalar: Scalar, name: str) -> Iterator[Diagnostic]:
    text = scalar.value if isinstance(scalar.value, str) else scalar.text
    places = deceptive_places(text)
    found = {place: looks for place, looks in places.items() if not "\ud800" <= text[place] <= "\udfff"}
    if not found:
        return
    place, looks = next(iter(sorted(found.items())))
    what = f"looks like `{looks}`" if looks else "is invisible"
    called = name if name.startswith(("the key", "a key")) else quote(name)
    yield Diagnostic(
        "JS122",
        f"{called} contains {_counted(len(found))} that a reader cannot recognize: {escape(text[place])}",
        place=scalar.at.place,
        label=f"U+{ord(text[place]):04X} {what}",
        help=f"write {quote(_plain(text, found))}",
        severity=Severity.WARNING,
    )


def _counted(number: int) -> str:
    return "a character" if number == 1 else f"{number} characters"


def _plain(text: str, found: dict[int, str]) -> str:
    return "".join(found.get(place, character) for place, character in enumerate(text))
