"""A field that differs, as text: the changed parts of both values, without the equal parts between them.

Pure.

The length is limited, and omitted parts are counted: a change cannot hide behind its length.
"""

from __future__ import annotations

import json
import re
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TYPE_CHECKING

from jobspec.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jobspec.report.plan.view import DifferenceView

    Stretch = tuple[int, int]

LONGEST_TEXT = 1000
"""The maximum number of characters of one value, or of its changed parts."""
LONGEST_FIELD = 160
_WHOLE = 80
_AROUND = 20
_MOST_PARTS = 16
_MOST_COMPARED = 4_000_000
"""The limit for words of one value times those of the other; above it, all between equal ends has changed."""
_MOST_EXACT = 100_000
"""The same limit for comparing every word; above it, frequent words mark no equal part."""
_SIZES = (re.compile(r"\w+|\s+|."), re.compile(r"\S+|\s+"))
"""The units of comparison: words and signs, or, in long values, the text between spaces."""


def difference(found: DifferenceView) -> str:
    """Return one field that differs, with the changed parts of both values."""
    before, after = shown(found.before), shown(found.after)
    field = short(found.field, LONGEST_FIELD)
    if found.before is None or found.after is None or max(len(before), len(after)) <= _WHOLE:
        return f"{field}: {short(before)} → {short(after)}"
    changed = _changed(before, after)
    return f"{field}: {_parts(before, (b for b, _ in changed))} → {_parts(after, (a for _, a in changed))}"


def shown(value: object) -> str:
    """Return a value as it is displayed: JSON on one line, without invisible characters."""
    return "(none)" if value is None else printable(json.dumps(value, ensure_ascii=False))


def short(text: str, most: int = LONGEST_TEXT) -> str:
    """Return the text on one line; of a longer one, both ends and the number of omitted characters."""
    text = printable(text)
    if len(text) <= most:
        return text
    end = most // 3
    return f"{text[: most - end]} …({len(text) - most:,} characters more)… {text[-end:]}"


def _changed(before: str, after: str) -> list[tuple[Stretch, Stretch]]:
    """Return the ranges that differ, as places in both texts."""
    for size in _SIZES:
        one, other = size.findall(before), size.findall(after)
        start = _same_start(one, other)
        end = _same_start(one[start:][::-1], other[start:][::-1])
        begun = len("".join(one[:start]))
        one, other = one[start : len(one) - end], other[start : len(other) - end]
        if len(one) * len(other) <= _MOST_COMPARED:
            return list(_compared(one, other, begun))
    return [((begun, begun + len("".join(one))), (begun, begun + len("".join(other))))]


def _compared(one: list[str], other: list[str], begun: int) -> Iterator[tuple[Stretch, Stretch]]:
    at, other_at = _places(one, begun), _places(other, begun)
    is_long = len(one) * len(other) > _MOST_EXACT
    for kind, i, j, k, m in SequenceMatcher(None, one, other, autojunk=is_long).get_opcodes():
        if kind != "equal":
            yield (at[i], at[j]), (other_at[k], other_at[m])


def _places(words: list[str], begun: int) -> list[int]:
    return list(accumulate(map(len, words), initial=begun))


def _same_start(one: list[str], other: list[str]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _parts(text: str, changed: Iterable[Stretch]) -> str:
    """Return the changed parts of a text with a little context; `…` replaces the equal text between them."""
    parts = _joined(text, changed)
    left_out = len(parts) - _MOST_PARTS
    most = max(LONGEST_TEXT // min(len(parts), _MOST_PARTS), 3 * _AROUND)
    pieces = [short(text[begun:end], most) for begun, end in parts]
    if left_out > 0:
        half = _MOST_PARTS // 2
        pieces = [*pieces[:half], f"({left_out} more changed parts)", *pieces[-half:]]
    head, tail = "…" if parts[0][0] else "", "…" if parts[-1][1] < len(text) else ""
    return f"{head}{' … '.join(pieces)}{tail}"


def _joined(text: str, changed: Iterable[Stretch]) -> list[Stretch]:
    """Return the ranges with their context; ranges that touch are merged."""
    parts: list[Stretch] = []
    for begun, end in changed:
        wide = max(0, begun - _AROUND), min(len(text), end + _AROUND)
        if parts and wide[0] <= parts[-1][1]:
            parts[-1] = parts[-1][0], max(wide[1], parts[-1][1])
        else:
            parts.append(wide)
    return parts or [(0, min(len(text), _WHOLE))]
