"""Formats logs for display: separates the replicas, and makes visible what acts on a terminal.

A carriage return ends a line as a line feed does, because progress bars end each of their states with one.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Protocol

from jobspec.report.text import cut, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# All controls except tab, line feed and carriage return; bidi overrides; escapes other than colours.
_ACTING = re.compile(
    r"\x1b(?!\[[0-9;]*m)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_END = re.compile(rb"[\r\n]")
_SECOND_HALF = b"\r\n"


class Lines(Protocol):
    """Formats the logs of replicas for output."""

    def add(self, name: str, data: bytes) -> bytes:
        """Return the text to write for more output of a replica."""

    def rest(self) -> bytes:
        """Return the remaining text to write at the end."""


class Harmless:
    """Makes visible what would act on a terminal; colours and progress bars stay."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def show(self, data: bytes) -> bytes:
        """Return the next part of a log as it may be displayed."""
        text = self._decoder.decode(data)
        return _ACTING.sub("\N{REPLACEMENT CHARACTER}", text).encode("utf-8", "replace")


class Unchanged:
    """The log of one replica, byte for byte, or as `show` makes it safe for a terminal."""

    def __init__(self, show: Callable[[bytes], bytes] = bytes) -> None:
        self._show = show

    def add(self, name: str, data: bytes) -> bytes:  # noqa: ARG002 - there is only one replica
        """Return the bytes at once: no other replica can mix with them."""
        return self._show(data)

    def rest(self) -> bytes:
        """Return nothing: everything was written."""
        return b""


class _Cutter:
    """Splits the output of one replica into lines. Each byte is read once, however long a line is."""

    def __init__(self) -> None:
        self._open: list[bytes] = []
        self._is_half_ended = False

    def cut(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        r"""Yield each complete line and its end; the `\n` of `\r\n` is yielded separately, without a line.

        An empty part before a `\r` is not a line: progress bars begin with one.
        """
        begun = 0
        for found in _END.finditer(data):
            end = found[0]
            self._open.append(data[begun : found.start()])
            line, begun = b"".join(self._open), found.end()
            self._open.clear()
            if self._is_half_ended and not line and end == b"\n":
                yield b"", _SECOND_HALF
            elif line or end == b"\n":
                yield line, end
            self._is_half_ended = end == b"\r" and bool(line)
        if begun < len(data):
            self._open.append(data[begun:])
            self._is_half_ended = False

    @property
    def open(self) -> bytes:
        """The incomplete last line."""
        return b"".join(self._open)


class LinePrefixer:
    """Puts each replica's name before its lines; keeps incomplete lines."""

    def __init__(self) -> None:
        self._cutters: dict[str, _Cutter] = {}

    def add(self, name: str, data: bytes) -> bytes:
        """Return the lines that are now complete."""
        cutter = self._cutters.setdefault(name, _Cutter())
        return b"".join(_line(name, line) for line, end in cutter.cut(data) if end != _SECOND_HALF)

    def rest(self) -> bytes:
        """Return the incomplete last lines."""
        rests = b"".join(_line(name, cutter.open) for name, cutter in self._cutters.items() if cutter.open)
        self._cutters.clear()
        return rests


class LiveLines:
    """The prefixed lines of several replicas on a terminal, with one line for each progress bar below them.

    `size` returns the columns and lines of the terminal. Anything that could act on it is made visible.
    """

    def __init__(self, size: Callable[[], tuple[int, int]]) -> None:
        self._size = size
        self._cutters: dict[str, _Cutter] = {}
        self._harmless: dict[str, Harmless] = {}
        self._bars: dict[str, bytes] = {}
        self._drawn = 0

    def add(self, name: str, data: bytes) -> bytes:
        """Return the text that erases the bars, writes the complete lines, and draws the bars again."""
        cutter = self._cutters.setdefault(name, _Cutter())
        shown = self._harmless.setdefault(name, Harmless()).show(data)
        lines = b"".join(self._ended(name, shown, cutter))
        if cutter.open and name in self._bars:
            self._bars[name] = cutter.open
        return self._erase() + lines + self._draw()

    def rest(self) -> bytes:
        """Return the last state of each bar and the incomplete last lines, as lines."""
        left = self._bars | {name: cutter.open for name, cutter in self._cutters.items() if cutter.open}
        self._bars, self._cutters = {}, {}
        return self._erase() + b"".join(_line(printable(name), line) for name, line in left.items())

    def _ended(self, name: str, data: bytes, cutter: _Cutter) -> Iterator[bytes]:
        for line, end in cutter.cut(data):
            if end == b"\r":
                self._bars[name] = line
                continue
            bar = self._bars.pop(name, b"")
            yield _line(printable(name), bar if end == _SECOND_HALF else line)

    def _erase(self) -> bytes:
        erase = f"\x1b[{self._drawn}A\r\x1b[J".encode() if self._drawn else b""
        self._drawn = 0
        return erase

    def _draw(self) -> bytes:
        columns, height = self._size()
        shown = list(self._bars.items())[-max(1, height - 1) :]
        self._drawn = len(shown)
        bars = (f"{name} | {_COLOUR.sub('', bar.decode())}" for name, bar in shown)
        return "".join(f"{cut(printable(bar), columns - 1)}\n" for bar in bars).encode()


def _line(name: str, line: bytes) -> bytes:
    return f"{name} | ".encode() + line + b"\n"
