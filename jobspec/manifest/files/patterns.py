"""Which paths a pattern asks for, in time that grows evenly with both, whatever the pattern; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from jobspec.manifest.files.filenames import is_of_git

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEFAULT_PATTERNS = ("**/*.yaml", "**/*.yml")
EXCLUDES = "!"
_ANY_FOLDERS = "**"
_TWICE = (_ANY_FOLDERS, _ANY_FOLDERS)
_PIECE = re.compile(r"\*+|\?|\[(?P<negated>!?)(?P<members>[^]/]+)\]|.", re.DOTALL)
Steps = frozenset[int]
_MEMBER = re.compile("(?P<first>.)-(?P<last>.)|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reached:
    """How far each pattern has come at one path: the steps of it that may come next."""

    included: tuple[tuple[Glob, Steps], ...]
    excluded: tuple[tuple[Glob, Steps], ...]

    @property
    def asks(self) -> bool:
        """Whether the path is one that the patterns ask for, if it is a file."""
        return any(map(_is_over, self.included)) and not self.leaves_out

    @property
    def leaves_out(self) -> bool:
        """Whether a pattern with `!` matches the path."""
        return any(map(_is_over, self.excluded))

    @property
    def leads_on(self) -> bool:
        """Whether a path below this one can be asked for."""
        return any(map(_goes_on, self.included)) and not self.leaves_out

    @property
    def matching(self) -> Iterator[str]:
        """The patterns that match the path, as they are written."""
        return (one[0].text for one in (*self.included, *self.excluded) if _is_over(one))

    @property
    def going_on(self) -> Iterator[str]:
        """The patterns that may match below the path, as they are written."""
        return (one[0].text for one in (*self.included, *self.excluded) if _goes_on(one))

    @property
    def cost(self) -> int:
        """How many comparisons of a name with a step the next name takes."""
        return sum(len(steps) for _, steps in (*self.included, *self.excluded))


@dataclass(frozen=True, slots=True)
class Patterns:
    """The files a project asks for: those that a pattern matches, but not those that one with `!` matches.

    A file or folder whose name begins with a dot is found only where a pattern spells that dot. What a
    pattern with `!` matches is left out with all that is below it.
    """

    included: tuple[Glob, ...]
    excluded: tuple[Glob, ...]

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Self:
        """Read the patterns; with none that includes, the default ones do."""
        given = tuple(patterns)
        included = including(given) or DEFAULT_PATTERNS
        excluded = (pattern for pattern in given if pattern.startswith(EXCLUDES))
        return cls(
            tuple(glob(pattern, spells_dots=True) for pattern in dict.fromkeys(included)),
            tuple(map(_excluding, dict.fromkeys(excluded))),
        )

    def ask_for(self, path: str) -> bool:
        """Whether a relative path is one of the files."""
        reached = self.begin()
        for name in path.split("/"):
            reached = self.after(reached, name)
            if reached.leaves_out:
                return False
        return reached.asks

    def begin(self) -> Reached:
        """Where the patterns are before the first name of a path."""
        included = tuple((one, one.after(None, "")) for one in self.included)
        return Reached(included, tuple((one, one.after(None, "")) for one in self.excluded))

    def after(self, reached: Reached, name: str) -> Reached:
        """Where they are behind one name more."""
        return Reached(_after(reached.included, name), _after(reached.excluded, name))

    def may_enter(self, name: str) -> bool:
        """Whether a file or folder of that name can be meant, as far as dots say; `.git` never is."""
        if is_of_git(name):
            return False
        return not name.startswith(".") or any(one.spells(name) for one in self.included)

    def may_match(self, name: str) -> bool:
        """Whether a file of that name can match any pattern; cheap, and true too often."""
        return any(one.may_end_with(name) for one in (*self.included, *self.excluded))


def _after(places: tuple[tuple[Glob, Steps], ...], name: str) -> tuple[tuple[Glob, Steps], ...]:
    return tuple((one, after) for one, steps in places if (after := one.after(steps, name)))


def _is_over(place: tuple[Glob, Steps]) -> bool:
    return len(place[0].steps) in place[1]


def _goes_on(place: tuple[Glob, Steps]) -> bool:
    return any(step < len(place[0].steps) for step in place[1])


def _excluding(pattern: str) -> Glob:
    return replace(glob(pattern.removeprefix(EXCLUDES).removesuffix("/")), text=pattern)


def including(patterns: Iterable[str]) -> tuple[str, ...]:
    """The patterns without those that exclude."""
    return tuple(pattern for pattern in patterns if not pattern.startswith(EXCLUDES))


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern by its folders: a regular expression each, None for any number of folders."""

    steps: tuple[re.Pattern[str] | None, ...]
    spells_dots: bool = False
    """Whether a name that begins with a dot is matched only by a step that begins with one."""
    text: str = ""
    """The pattern as it is written."""

    def spells(self, name: str) -> bool:
        """Whether a step that begins with a dot matches the name."""
        return any(step is not None and _spells_dot(step) and step.fullmatch(name) for step in self.steps)

    def matches(self, path: str) -> bool:
        """Whether a relative path fits the pattern as a whole."""
        steps = self.after(None, "")
        for name in path.split("/"):
            steps = self.after(steps, name)
        return len(self.steps) in steps

    def after(self, steps: Steps | None, name: str) -> Steps:
        """The steps that may come behind a name, where `steps` may come before it; None is the beginning.

        The number of all steps stands for the end of the pattern.
        """
        if steps is None:
            return self._with_skipped({0})
        return self._with_skipped({at for step in steps for at in self._after(step, name)})

    def may_end_with(self, name: str) -> bool:
        """Whether a path that ends with a name can match."""
        last = self.steps[-1]
        return last is None or last.fullmatch(name) is not None

    def _after(self, step: int, name: str) -> tuple[int, ...]:
        if step == len(self.steps):
            return ()
        regex = self.steps[step]
        if self.spells_dots and name.startswith(".") and not (regex and _spells_dot(regex)):
            return ()
        if regex is None:
            return step, step + 1
        return (step + 1,) if regex.fullmatch(name) else ()

    def _with_skipped(self, reached: set[int]) -> Steps:
        """The same steps, and those behind each `**` that may stand for no folder: not the last."""
        for step in sorted(reached):
            behind = step
            while behind < len(self.steps) - 1 and self.steps[behind] is None:
                behind += 1
                reached.add(behind)
        return frozenset(reached)


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
        pattern,
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
