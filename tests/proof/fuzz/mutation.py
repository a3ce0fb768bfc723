"""Inputs that are nearly right: bytes flipped, cut, repeated and mixed with the words of a format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.proof.fuzz.reader import Reader

ODD = (
    *(
        b"\x00",
        b"\xff",
        b"\xc3\x28",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xae",
        b"\xe2\x80\xa8",
        b"\x85",
    ),
    *(
        b"\r",
        b"\n\n",
        b"\t",
        b"\x1b[31m",
        b" " * 70,
        b"\\ud800",
        b"\\u0000",
        b"9" * 25,
        b"9" * 5000,
        b"-" * 99,
    ),
    *(b"NaN", b"Infinity", b"1e999", b"-0", b"0x1p3", b"../../etc/passwd", b"${{ ", b"}}", b"$$", b"%s%n"),
)
_MOST_CHANGES = 6
_LONGEST = 100_000


def mutated(reader: Reader, random: Random) -> bytes:
    """An input made of those of a reader's corpus; the same one for the same state of `random`."""
    data = random.choice(reader.seeds)
    if reader.restructure is not None and random.random() < 0.5:
        another = reader.restructure(data, random)
        data = another if len(another) <= _LONGEST else data
    if reader.restructure is None or random.random() < 0.6:
        for _ in range(random.randint(1, _MOST_CHANGES)):
            data = random.choice(_CHANGES)(data, reader, random)[:_LONGEST]
    return data


def _flip(data: bytes, _reader: Reader, random: Random) -> bytes:
    if not data:
        return b"\x00"
    place = random.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << random.randrange(8)]) + data[place + 1 :]


def _delete(data: bytes, _reader: Reader, random: Random) -> bytes:
    start, end = _stretch(data, random)
    return data[:start] + data[end:]


def _repeat(data: bytes, _reader: Reader, random: Random) -> bytes:
    start, end = _stretch(data, random)
    return data[:end] + data[start:end] * random.choice((1, 1, 2, 40)) + data[end:]


def _insert(data: bytes, reader: Reader, random: Random) -> bytes:
    place = random.randint(0, len(data))
    return data[:place] + _word(reader, random) + data[place:]


def _overwrite(data: bytes, reader: Reader, random: Random) -> bytes:
    start, end = _stretch(data, random)
    return data[:start] + _word(reader, random) + data[end:]


def _splice(data: bytes, reader: Reader, random: Random) -> bytes:
    other = random.choice(reader.seeds)
    return data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]


def _swap_lines(data: bytes, _reader: Reader, random: Random) -> bytes:
    lines = data.split(b"\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _stretch(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.choice((1, 1, 2, 4, 8, 30, 200)))


def _word(reader: Reader, random: Random) -> bytes:
    words: Sequence[bytes] = reader.tokens if random.random() < 0.7 else ODD
    return random.choice(words)


_CHANGES: tuple[Callable[[bytes, Reader, Random], bytes], ...] = (
    *(_flip, _delete, _repeat, _insert, _overwrite, _splice, _swap_lines),
)
