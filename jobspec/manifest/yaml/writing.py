"""Plain values become YAML text that a reader of YAML 1.1 and one of YAML 1.2 understand alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORD = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_NO_STRINGS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_WIDTH = 1_000_000  # no line is folded: what is one line stays one, for grep


class _Parts:
    """Collects what is written."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def write(self, part: str) -> int:
        self.parts.append(part)
        return len(part)


def to_yaml(value: Mapping[str, object]) -> str:
    """Return a JSON-like value as one YAML document in block style, with its keys in their order."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - slow to import, and only who asks for YAML needs it
    from ruamel.yaml.representer import SafeRepresenter  # noqa: PLC0415

    class Representer(SafeRepresenter):
        """Quotes every string that some reader may take for something else, and shares nothing by anchors."""

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
    """What a terminal might obey stands in double quotes here, where it can be written as an escape."""
    return character if character.isprintable() or character == "\n" else f"\\U{ord(character):08X}"


def _style(text: str) -> str | None:
    """Plain for words that are words everywhere; else in double quotes."""
    return None if _WORD.fullmatch(text) and text.lower() not in _NO_STRINGS else '"'
