"""Which paths a pattern asks for, in time that grows evenly with both, whatever the pattern; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ANY_FOLDERS = "**"
_TWICE = (_ANY_FOLDERS, _ANY_FOLDERS)
_PIECE = re.compile(r"\*+|\?|\[(?P<negated>!?)(?P<members>[^]/]+)\]|.", re.DOTALL)
_MEMBER = re.compile("(?P<first>.)-(?P<last>.)|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern by its folders: a regular expression each, None for any number of folders."""

    steps: tuple[re.Pattern[str] | None, ...]

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


def glob(pattern: str) -> Glob:
    """Read a pattern: `**` any folders, `*` and `?` within one, `[…]` a set."""
    names = pattern.removeprefix("./").split("/")
    # Any folders twice in a row are any folders; a long row of them would take its square in time.
    names = [name for name, before in zip(names, ["", *names], strict=False) if (name, before) != _TWICE]
    return Glob(
        tuple(None if name == _ANY_FOLDERS else re.compile(_name_regex(name), re.DOTALL) for name in names)
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
