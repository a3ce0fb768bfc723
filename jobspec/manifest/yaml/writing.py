"""Write plain values as YAML text that readers of YAML 1.1 and of YAML 1.2 understand alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORD = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_NO_STRINGS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_WIDTH = 1_000_000  # no line is folded, so that grep finds whole lines


class _Parts:
    """Collects the written text."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def write(self, part: str) -> int:
        self.parts.append(part)
        return len(part)


def to_yaml(value: Mapping[str, object]) -> str:
    """Return a JSON-like value as one YAML document in block style, keeping the order of its keys."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - slow to import, and needed for YAML output only
    from ruamel.yaml.representer import SafeRepresenter  # noqa: PLC0415

    class Representer(SafeRepresenter):
        """Quotes every string that a reader may take for another type, and uses no anchors."""

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
            return True

    def text(representer: Any, data: str) -> Any:
        return representer.represent_scalar("tag:yaml.org,2002:str", data, style=_style(data))

    Representer.add_representer(str, text)
    writer = YAML(typ="safe", pure=True)
    writer.Representer = Representer
    writer.default_flow_style = False
    writer.encoding = None  # type: ignore[assignment]  # text, not bytes
    writer.allow_unicode = True
    writer.width = _WIDTH
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # the library types it None
    out = _Parts()
    writer.dump(dict(value), out)
    return "".join(map(_escaped, "".join(out.parts)))


def _escaped(character: str) -> str:
    """Escape a character that may control a terminal; its text is in double quotes, where escapes work."""
    return character if character.isprintable() or character == "\n" else f"\\U{ord(character):08X}"


def _style(text: str) -> str | None:
    """Return None (plain) for words that every reader takes for text, else double quotes."""
    return None if _WORD.fullmatch(text) and text.lower() not in _NO_STRINGS else '"'
