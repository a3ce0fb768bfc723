"""The kinds of tasks in a fold: those that differ in more than the values of their cells are apart. Pure.

Few kinds are told apart exactly. If there are many, what a task has of its own cell counts as equal, and what
nearly every task has for itself tells no kind apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobspec.report.plan.view import ChangeView, NewRunView

MOST_KINDS = 8
"""The maximum number of kinds that are shown."""
_OF_THE_CELL = "\x00"
_NONE = ""


class Kinds(Struct, frozen=True):
    """Kinds of tasks as places in a fold, the smallest first; `varying` names what is not equal in all."""

    groups: tuple[tuple[int, ...], ...]
    varying: tuple[str, ...]


def kinds(changes: Sequence[ChangeView]) -> Kinds:
    """Return the kinds of the tasks of a fold."""
    columns, settings = _columns(changes), _settings(changes)
    varying = {name: texts for name, texts in (columns | settings).items() if len(set(texts)) > 1}
    cells = [sorted(change.cell.values() if change.cell else (), key=len)[::-1] for change in changes]
    loose = {name: _without_cells(texts, cells) for name, texts in varying.items()}
    exact = [varying[name] if name in columns else loose[name] for name in varying]
    groups = _grouped(exact, len(changes))
    if len(groups) > MOST_KINDS:
        groups = _grouped([texts for texts in loose.values() if not _is_unique(texts)], len(changes))
    return Kinds(tuple(sorted(map(tuple, groups), key=len)), tuple(varying))


def _columns(changes: Sequence[ChangeView]) -> dict[str, list[str]]:
    """Return what tells tasks apart, as texts by name."""
    runs = [change.new_run for change in changes]
    found = {
        "reason": [change.detail for change in changes],
        "changed fields": [_text(one.field for one in change.differences) for change in changes],
        "image": [run.image if run else _NONE for run in runs],
        "command": [(run.script or run.command) if run else _NONE for run in runs],
        "replicas": [_size(run) if run else _NONE for run in runs],
        "secrets": [_text(run.secrets) if run else _NONE for run in runs],
        "names": [_text(str(one) for one in run.names or ()) if run else _NONE for run in runs],
        "earlier runs": [f"{bool(one.earlier_success)} {_text(map(str, one.otherwise))}" for one in changes],
    }
    return {name: texts for name, texts in found.items() if any(texts)}


def _size(run: NewRunView) -> str:
    roles = (f"{role.name}={role.replicas} {role.flavor}" for role in run.roles)
    return _text((*roles, run.queue, str(run.deadline_seconds)))


def _text(parts: Iterable[str]) -> str:
    return "\n".join(parts)


def _settings(changes: Sequence[ChangeView]) -> dict[str, list[str]]:
    """Return the value of each setting as text, by its field."""
    found: dict[str, list[str]] = {}
    for place, change in enumerate(changes):
        for one in (change.new_run.settings or ()) if change.new_run else ():
            field = one.field.removeprefix("spec.")
            texts = found.setdefault(field, [_NONE] * len(changes))
            texts[place] = json.encode(one.value).decode()
    return found


def _without_cells(texts: Sequence[str], cells: Sequence[Sequence[str]]) -> list[str]:
    """Return the texts without what all have at their ends, and with the values of their cells replaced."""
    start = _same_start(texts)
    ends = [text[start:][::-1] for text in texts]
    end = _same_start(ends)
    return [_replaced(text[end:][::-1], cell) for text, cell in zip(ends, cells, strict=True)]


def _same_start(texts: Sequence[str]) -> int:
    """Return the length of what all texts begin with, without a part of a value at its end."""
    low, high = min(texts), max(texts)
    pairs = enumerate(zip(low, high, strict=False))
    length = next((place for place, (a, b) in pairs if a != b), min(len(low), len(high)))
    while length and (low[length - 1].isalnum() or low[length - 1] in "._-+"):
        length -= 1
    return length


def _replaced(text: str, cell: Sequence[str]) -> str:
    for value in cell:
        if value and value in text:
            first, *others = text.split(value)
            parts = [first]
            for before, after in zip([first, *others], others, strict=False):
                is_whole = not (_continues(before[-1:], value[0]) or _continues(value[-1], after[:1]))
                parts += [_OF_THE_CELL if is_whole else value, after]
            text = "".join(parts)
    return text


def _continues(one: str, next_: str) -> bool:
    """Return whether two characters are of one word or of one number."""
    return (one.isalpha() and next_.isalpha()) or all(c.isdecimal() or c == "." for c in (one, next_))


def _is_unique(texts: Sequence[str]) -> bool:
    """Return whether nearly every task has a text for itself."""
    number = len(set(texts))
    return number > MOST_KINDS and number * 2 > len(texts)


def _grouped(columns: Sequence[Sequence[str]], number: int) -> list[list[int]]:
    groups: dict[tuple[str, ...], list[int]] = {}
    for place in range(number):
        groups.setdefault(tuple(texts[place] for texts in columns), []).append(place)
    return list(groups.values())
