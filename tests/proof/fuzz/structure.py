"""Inputs that are well formed and mean something else: values swapped, keys dropped and doubled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import yaml

LEAVES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2,
        2**31,
        2**53 + 1,
        2**63,
        -(2**63) - 1,
        2**64,
        10**30,
        10**400,
        10**4000,
    ),
    *(0.5, -0.0, 4.0, 1e16, 1e308, 5e-324, float("nan"), float("inf"), float("-inf")),
    *(
        "",
        " ",
        "0",
        "1.5",
        "true",
        "null",
        "9" * 19,
        "9" * 25,
        "-1",
        "1e3",
        "30%",
        "90s",
        "${{ vars.x }}",
        "$${{",
    ),
    *(
        "\0",
        "\ud800",
        "\udfff\ud800",
        "\u202e",
        "\ufeff",
        "\u2028",
        "\x1b[2J",
        "\r\n",
        "`",
        "``x`",
        "|",
        "<b>",
    ),
    *(
        "x" * 300,
        "x" * 70_000,
        "模型" * 120,
        "é" * 64,
        "-" * 63,
        "a/b/../c",
        "/",
        "~",
        "*",
        "[z-a]",
        "**/" * 30,
    ),
    *(
        "2026-01-31T01:02:03Z",
        "0001-01-01T00:00:00Z",
        "0002-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999-12:00",
    ),
    *(
        "Running",
        "Success",
        "Dreaming",
        "t-20260131010203-abcde",
        "jobspec-scope_vision",
        "jobspec-keep_sometimes",
    ),
    *("http://127.0.0.1:1", "https://[::1]:0", "http://a@b", "\\\\x", "AKLT" + "x" * 20, "password=hunter2"),
    *(
        [],
        {},
        [[]],
        [None],
        {"": None},
        {"secret": {"env": "HOME"}},
        {"secret": {}},
        [1, "a", None, {}],
        {"a": {"b": []}},
    ),
)
_DEPTHS = (10, 70, 400, 950, 3000)


class Raw(str):
    """Text that stands in JSON as it is."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """The entries of an object, of which several may have one key."""


def of_json(data: bytes, random: Random) -> bytes:
    """The same JSON with a few values changed; what is no JSON is left alone."""
    try:
        value = json.loads(data, object_pairs_hook=Pairs)
    except (ValueError, RecursionError):
        return data
    return written(_changed(value, random)).encode("utf-8", "surrogatepass")


def of_json_lines(data: bytes, random: Random) -> bytes:
    """The same for one of several lines."""
    lines = data.split(b"\n")
    place = random.randrange(len(lines))
    lines[place] = of_json(lines[place], random)
    return b"\n".join(lines)


def of_yaml(data: bytes, random: Random) -> bytes:
    """The same for documents of YAML, which are written as JSON then."""
    try:
        documents = [_pairs(document) for document in yaml.safe_load_all(data)]
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return data
    if documents:
        place = random.randrange(len(documents))
        documents[place] = _changed(documents[place], random)
    return "\n---\n".join(map(written, documents)).encode("utf-8", "surrogatepass")


def written(value: Any) -> str:
    """JSON, with the keys that are there twice."""
    if isinstance(value, Raw):
        return value
    if isinstance(value, Pairs):
        return "{" + ", ".join(f"{json.dumps(key)}: {written(part)}" for key, part in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value)


def nested(depth: int, opening: str = "[", closing: str = "]") -> str:
    """So many brackets around a zero."""
    return f"{opening * depth}0{closing * depth}"


def _changed(value: Any, random: Random) -> Any:
    for _ in range(random.choice((1, 1, 2, 3, 5))):
        places = list(_places(value, ()))
        value = _with(value, random.choice(places), random)
    return value


def _places(value: Any, path: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    yield path
    if isinstance(value, list) and len(path) < 20:
        for number, part in enumerate(value):
            yield from _places(part[1] if isinstance(value, Pairs) else part, (*path, number))


def _with(value: Any, path: tuple[int, ...], random: Random) -> Any:
    if not path:
        return _another(value, random)
    number, rest = path[0], path[1:]
    parts = type(value)(value)
    if not rest and random.random() < 0.4:
        return _with_other_entries(parts, number, random)
    if isinstance(parts, Pairs):
        parts[number] = (parts[number][0], _with(parts[number][1], rest, random))
    else:
        parts[number] = _with(parts[number], rest, random)
    return parts


def _with_other_entries(parts: Any, number: int, random: Random) -> Any:
    """One entry gone, there twice, or under another key."""
    match random.randrange(4):
        case 0:
            del parts[number]
        case 1:
            parts.insert(number, parts[number])
        case 2 if isinstance(parts, Pairs):
            parts[number] = (random.choice(parts)[0], parts[number][1])
        case 3 if isinstance(parts, Pairs):
            parts.append((_key(random), parts[number][1]))
        case _:
            parts.extend([parts[number]] * random.choice((2, 30, 1000)))
    return parts


def _another(value: Any, random: Random) -> Any:
    if random.random() < 0.1:
        brackets = random.choice((("[", "]"), ('{"a":', "}")))
        return Raw(nested(random.choice(_DEPTHS), *brackets))
    if isinstance(value, str) and random.random() < 0.3:
        place = random.randint(0, len(value))
        return value[:place] + str(random.choice(LEAVES[:70])) + value[place:]
    return _pairs(random.choice(LEAVES))


def _key(random: Random) -> str:
    return str(random.choice([leaf for leaf in LEAVES if isinstance(leaf, str)]))


def _pairs(value: Any) -> Any:
    if isinstance(value, dict):
        return Pairs((str(key), _pairs(part)) for key, part in value.items())
    return [_pairs(part) for part in value] if isinstance(value, list) else value
