"""Write plain values as YAML text that readers of YAML 1.1 and of YAML 1.2 understand alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WORD = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_NO_STRINGS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_LINE = re.compile(r"^(?=.)", re.MULTILINE)
_WIDTH = 1_000_000  # no line is folded, so that grep finds whole lines
_MAX_PLAIN_KEY = 100  # far below the length from which on the emitter writes `? key`
_MAX_TEXT = 100_000  # far below the width
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})


class _Parts:
    """Collects the written text."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def write(self, part: str) -> int:
        self.parts.append(part)
        return len(part)


class _UnusualError(Exception):
    """The value is written by the library."""


def to_yaml(value: Mapping[str, object]) -> str:
    """Return a JSON-like value as one YAML document in block style, keeping the order of its keys."""
    try:
        return "".join(_lines(value, "")) if value else by_emitter(value)
    except _UnusualError:
        return by_emitter(value)


def as_block(name: str, value: object) -> str:
    """Return one field as YAML: a multi-line text as a block, if all its characters are printable."""
    content = value.removesuffix("\n") if isinstance(value, str) else ""
    if "\n" not in content or content.endswith("\n") or content.startswith((" ", "\n", "\t")):
        return to_yaml({name: value})
    if not all(character.isprintable() or character in "\n\t" for character in content):
        return to_yaml({name: value})
    sign = "|-" if content == value else "|"
    indented = _LINE.sub("  ", content)
    return f"{name}: {sign}\n{indented}\n"


def by_emitter(value: Mapping[str, object]) -> str:
    """Return what the library writes, which is the reference: about 1 ms for a few fields."""
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


def _lines(value: Mapping[str, object], indent: str) -> Iterator[str]:
    """Yield the lines of a map as the library writes them. Raises `_UnusualError` unless that is certain."""
    for key, part in value.items():
        name = _plain(key)
        if isinstance(part, dict) and part:
            yield f"{indent}{name}:\n"
            yield from _lines(part, f"{indent}  ")
        elif isinstance(part, list) and part:
            yield f"{indent}{name}:\n"
            for item in part:
                yield from _item(item, indent)
        else:
            yield f"{indent}{name}: {_scalar(part)}\n"


def _item(item: object, indent: str) -> Iterator[str]:
    if isinstance(item, dict) and item:
        deeper = f"{indent}  "
        first, *rest = _lines(item, deeper)
        yield f"{indent}- {first.removeprefix(deeper)}"
        yield from rest
    elif isinstance(item, list) and item:
        raise _UnusualError
    else:
        yield f"{indent}- {_scalar(item)}\n"


def _plain(key: object) -> str:
    if type(key) is str and len(key) <= _MAX_PLAIN_KEY and _style(key) is None:
        return key
    raise _UnusualError


def _scalar(value: object) -> str:
    if type(value) is str:
        return _text(value)
    if type(value) is int:
        return str(value)
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if value in ({}, []):
        return "[]" if isinstance(value, list) else "{}"
    raise _UnusualError


def _text(value: str) -> str:
    is_usual = value.isascii() and len(value) <= _MAX_TEXT
    if is_usual and _style(value) is None:
        return value
    written = value.translate(_ESCAPES)
    if is_usual and written.isprintable():
        return f'"{written}"'
    raise _UnusualError


def _escaped(character: str) -> str:
    """Escape a character that may control a terminal; its text is in double quotes, where escapes work."""
    return character if character.isprintable() or character == "\n" else f"\\U{ord(character):08X}"


def _style(text: str) -> str | None:
    """Return None (plain) for words that every reader takes for text, else double quotes."""
    return None if _WORD.fullmatch(text) and text.lower() not in _NO_STRINGS else '"'
