"""Which paths a pattern asks for, in time that grows evenly with both, whatever the pattern; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_PATTERNS = ("**/*.yaml", "**/*.yml")
EXCLUDES = "!"
_ANY_FOLDERS = "**"
_TWICE = (_ANY_FOLDERS, _ANY_FOLDERS)
_PIECE = re.compile(r"\*+|\?|\[(?P<negated>!?)(?P<members>[^]/]+)\]|.", re.DOTALL)
_MEMBER = re.compile("(?P<first>.)-(?P<last>.)|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Patterns:
    """The files a project asks for: those that a pattern matches, but not those that one with `!` matches.

    A file or folder whose name begins with a dot is found only where a pattern spells that dot.
    """

    included: tuple[Glob, ...]
    excluded: tuple[Glob, ...]

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Self:
        """Read the patterns; with none that includes, the default ones do."""
        given = tuple(patterns)
        included = including(given) or DEFAULT_PATTERNS
        excluded = (pattern.removeprefix(EXCLUDES) for pattern in given if pattern.startswith(EXCLUDES))
        return cls(
            tuple(glob(pattern, spells_dots=True) for pattern in included),
            tuple(glob(pattern.removesuffix("/")) for pattern in excluded),
        )

    def ask_for(self, path: str) -> bool:
        """Whether a relative path is one of the files."""
        return any(one.matches(path) for one in self.included) and not any(
            excludes(one, path) for one in self.excluded
        )

    def may_enter(self, name: str) -> bool:
        """Whether a file or folder of that name can be meant, as far as dots say."""
        return not name.startswith(".") or any(one.spells(name) for one in self.included)


def including(patterns: Iterable[str]) -> tuple[str, ...]:
    """The patterns without those that exclude."""
    return tuple(pattern for pattern in patterns if not pattern.startswith(EXCLUDES))


def excludes(pattern: Glob, path: str) -> bool:
    """Whether a pattern matches a path, or a folder that it is in."""
    names = path.split("/")
    return any(pattern.matches("/".join(names[:end])) for end in range(1, len(names) + 1))


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern by its folders: a regular expression each, None for any number of folders."""

    steps: tuple[re.Pattern[str] | None, ...]
    spells_dots: bool = False
    """Whether a name that begins with a dot is matched only by a step that begins with one."""

    def spells(self, name: str) -> bool:
        """Whether a step that begins with a dot matches the name."""
        return any(step is not None and _spells_dot(step) and step.fullmatch(name) for step in self.steps)

    def matches(self, path: str) -> bool:
        """Whether a relative path fits the pattern as a whole."""
        reached = self._with_skipped({0})
        for name in path.split("/"):
            reached = self._with_skipped({at for step in reached for at in self._after(step, name)})
            if not reached:
                return False
        return len(self.steps) in reached

    def _after(self, step: int, name: str) -> tuple[int, ...]:
        if step == len(self.steps):
            return ()
        regex = self.steps[step]
        if self.spells_dots and name.startswith(".") and not (regex and _spells_dot(regex)):
            return ()
        if regex is None:
            return step, step + 1
        return (step + 1,) if regex.fullmatch(name) else ()

    def _with_skipped(self, reached: set[int]) -> set[int]:
        """The same steps, and those behind each `**` that may stand for no folder: not the last."""
        for step in sorted(reached):
            behind = step
            while behind < len(self.steps) - 1 and self.steps[behind] is None:
                behind += 1
                reached.add(behind)
        return reached


def _spells_dot(step: re.Pattern[str]) -> bool:
    return step.pattern.startswith("\\.")


def glob(pattern: str, *, spells_dots: bool = False) -> Glob:
    """Read a pattern: `**` any folders, `*` and `?` within one, `[…]` a set."""
    names = pattern.removeprefix("./").split("/")
    # Any folders twice in a row are any folders; a long row of them would take its square in time.
    names = [name for name, before in zip(names, ["", *names], strict=False) if (name, before) != _TWICE]
    return Glob(
        tuple(None if name == _ANY_FOLDERS else re.compile(_name_regex(name), re.DOTALL) for name in names),
        spells_dots,
    )


def _name_regex(name: str) -> str:
    """One name as a regular expression; what stands between two `*` is taken where it first fits."""
    parts = [""]
    for piece in _PIECE.finditer(name):
        if piece[0].startswith("*"):
            parts.append("")
        else:
            parts[-1] += _sign(piece)
    first, *others = parts
    if not others:
        return first
    return first + "".join(f"(?>.*?{part})" for part in others[:-1]) + f".*{others[-1]}"


def _sign(piece: re.Match[str]) -> str:
    if piece[0] == "?":
        return "."
    members = piece["members"]
    if members is None:
        return re.escape(piece[0])
    return _charset(members, is_negated=bool(piece["negated"])) or re.escape(piece[0])


def _escaped_member(member: re.Match[str]) -> str:
    if member["first"] is None:
        return re.escape(member[0])
    return f"{re.escape(member['first'])}-{re.escape(member['last'])}"


def _charset(members: str, *, is_negated: bool) -> str:
    """The set as a regular expression; empty when it is none, as `[z-a]`, which then stands for itself."""
    regex = f"[{'^' if is_negated else ''}{_MEMBER.sub(_escaped_member, members)}]"
    try:
        re.compile(regex)
    except re.error:
        return ""
    return regex
