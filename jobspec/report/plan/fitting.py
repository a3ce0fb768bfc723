"""Fits the sections of a comment into a size: whole entries by priority; what is left out is counted. Pure.

The size is in UTF-16 code units. Entries of rank 0 are never left out as long as their names fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.report.plan.markup import units
from jobspec.report.text import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NOTE = 60
"""The room for the note at the end of a section about entries that are left out."""


class Entry(Struct, frozen=True):
    """One item of a section: its first line, and the lines below it, which may be cut.

    `name` is the shortest form of the first line. `action` is what the entry counts as; empty if it is not a
    change. An entry that is only named has no note about its lines.
    """

    head: str
    lines: tuple[str, ...] = ()
    name: str = ""
    action: str = ""
    is_named: bool = False

    @property
    def brief(self) -> str:
        """The entry without its lines, which are counted."""
        return f"{self.head}\n{self._note(0)}"

    @property
    def shortest(self) -> Entry:
        """The entry under its name alone."""
        return replace(self, head=self.name or self.head, is_named=True)

    @property
    def whole(self) -> Shown:
        """The entry with all of its lines."""
        return Shown("".join((f"{self.head}\n", *self._items)), len(self.lines))

    @property
    def _items(self) -> list[str]:
        return [f"  - {line}\n" for line in self.lines]

    def within(self, room: int) -> Shown:
        """Return the entry in `room` units, at least enough for `brief`: as many of its lines as fit."""
        whole, lines = self.whole, self._items
        if units(whole.text) <= room:
            return whole
        kept, left = [f"{self.head}\n"], room - units(f"{self.head}\n{self._note(0, is_part=True)}")
        for line in lines:
            left -= units(line)
            if left < 0:
                break
            kept.append(line)
        shown = len(kept) - 1
        return Shown("".join((*kept, self._note(shown))), shown)

    def _note(self, shown: int, *, is_part: bool = False) -> str:
        """Return the note about lines that are left out; `is_part` reserves room for any number of lines."""
        total = len(self.lines)
        if shown == total or (self.is_named and not shown and not is_part):
            return ""
        padding = " " * (len(str(total)) - 1) if is_part else ""
        return f"  - … {shown} of {total} lines shown{padding}\n"


class Shown(Struct, frozen=True):
    """The text of an entry, and how many of its lines are in it."""

    text: str
    lines: int


class Section(Struct, frozen=True):
    """Entries under a title; sections of a lower rank get their room first. `end` closes its title.

    `noun` is what the entries are: "change", "guard".
    """

    title: str
    entries: tuple[Entry, ...]
    rank: int
    noun: str = "change"
    end: str = ""

    @property
    def frame(self) -> int:
        """The room for everything but its entries."""
        return units(self.title) + units(self.end) + _NOTE

    @property
    def is_of_changes(self) -> bool:
        """Whether its entries are changes of the plan."""
        return any(entry.action for entry in self.entries)

    def text(self, shown: Sequence[Shown]) -> str:
        """Return the section with its first entries, and the number of all if some are left out."""
        total = len(self.entries)
        note = f"\n… {len(shown)} of {count(total, self.noun)} shown …\n" if len(shown) < total else ""
        body = f"{self.title}{''.join(one.text for one in shown)}".rstrip("\n")
        return f"{body}\n{note}{self.end}"

    @property
    def whole(self) -> str:
        """The section with everything."""
        return self.text([entry.whole for entry in self.entries])


def least(sections: Iterable[Section]) -> int:
    """Return the least room for all entries of rank 0."""
    found = tuple(sections)
    urgent = (entry for section in found if section.rank == 0 for entry in section.entries)
    return sum(section.frame for section in found) + sum(units(one.shortest.brief) for one in urgent)


def fitted(sections: Sequence[Section], room: int) -> list[tuple[Shown, ...]]:
    """Return the entries of each section that fit: the heads of each rank, then shares for their lines."""
    left = room - sum(section.frame for section in sections)
    if _need(sections) > left:
        sections = [_shortest(section) for section in sections]
    order = sorted(range(len(sections)), key=lambda place: sections[place].rank)
    kept: dict[int, Sequence[Entry]] = dict.fromkeys(order, ())
    for place in order:
        kept[place], left = _heads(sections[place].entries, left)
        if sections[place].is_of_changes and len(kept[place]) < len(sections[place].entries):
            break  # no smaller risk is shown before all of these are
    shown: dict[int, tuple[Shown, ...]] = {}
    for place in order:
        shown[place], left = _with_lines(kept[place], left)
    return [shown[place] for place in range(len(sections))]


def _need(sections: Iterable[Section]) -> int:
    return sum(units(one.brief) for section in sections if section.rank == 0 for one in section.entries)


def _shortest(section: Section) -> Section:
    if section.rank:
        return section
    return replace(section, entries=tuple(entry.shortest for entry in section.entries))


def _heads(entries: Sequence[Entry], left: int) -> tuple[list[Entry], int]:
    kept = []
    for entry in entries:
        size = units(entry.brief)
        if size > left:
            break
        kept.append(entry)
        left -= size
    return kept, left


def _with_lines(entries: Sequence[Entry], left: int) -> tuple[tuple[Shown, ...], int]:
    """Return the entries with an equal share of the room: a long one cannot displace another's lines."""
    sizes = [units(entry.brief) for entry in entries]
    wanted = sorted(range(len(entries)), key=lambda place: sum(map(units, entries[place].lines)))
    shown: dict[int, Shown] = {}
    for number, place in enumerate(wanted):
        shown[place] = entries[place].within(sizes[place] + left // (len(wanted) - number))
        left -= units(shown[place].text) - sizes[place]
    return tuple(shown[place] for place in range(len(entries))), left
