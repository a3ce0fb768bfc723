"""Mixing the logs of several replicas line by line."""

from __future__ import annotations


class LinePrefixer:
    """Puts each replica's name before its lines; keeps what is not yet a whole line."""

    def __init__(self) -> None:
        self._open: dict[str, bytes] = {}

    def add(self, name: str, data: bytes) -> bytes:
        """Return the lines that are whole now."""
        *lines, rest = (self._open.get(name, b"") + data).split(b"\n")
        self._open[name] = rest
        return b"".join(_line(name, line) for line in lines)

    def rest(self) -> bytes:
        """Return what was left without an end of line."""
        rests = b"".join(_line(name, rest) for name, rest in self._open.items() if rest)
        self._open.clear()
        return rests


def _line(name: str, line: bytes) -> bytes:
    return f"{name} | ".encode() + line + b"\n"
