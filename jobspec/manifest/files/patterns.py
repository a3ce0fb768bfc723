"""Match paths against patterns, in time linear in the length of each, for any pattern. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from msgspec import Struct
from msgspec.structs import replace

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


class Reached(Struct, frozen=True):
    """The progress of each pattern at one path: the steps of it that may match next."""

    included: tuple[tuple[Glob, Steps], ...]
    excluded: tuple[tuple[Glob, Steps], ...]

    @property
    def is_selected(self) -> bool:
        """Whether the patterns select the path, if it is a file."""
        return any(map(_is_over, self.included)) and not self.is_excluded

    @property
    def is_excluded(self) -> bool:
        """Whether a pattern with `!` matches the path."""
        return any(map(_is_over, self.excluded))

    @property
    def leads_on(self) -> bool:
        """Whether a path below this one can be selected."""
        return any(map(_goes_on, self.included)) and not self.is_excluded

    @property
    def matching(self) -> Iterator[str]:
        """The patterns that match the path, as written."""
        return (one[0].text for one in (*self.included, *self.excluded) if _is_over(one))

    @property
    def going_on(self) -> Iterator[str]:
        """The patterns that may match below the path, as written."""
        return (one[0].text for one in (*self.included, *self.excluded) if _goes_on(one))

    @property
    def cost(self) -> int:
        """The number of comparisons of a name with a step that the next name takes."""
        return sum(len(steps) for _, steps in (*self.included, *self.excluded))


class Patterns(Struct, frozen=True):
    """The files that a project selects: those that match a pattern, except those that match one with `!`.

    A file or folder whose name starts with a dot matches only if the pattern contains that dot. A match of a
    pattern with `!` is excluded with everything below it.
    """

    included: tuple[Glob, ...]
    excluded: tuple[Glob, ...]

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Self:
        """Parse the patterns; the default ones apply if none of them includes a file."""
        given = tuple(patterns)
        included = including(given) or DEFAULT_PATTERNS
        excluded = (pattern for pattern in given if pattern.startswith(EXCLUDES))
        return cls(
            tuple(glob(pattern, spells_dots=True) for pattern in dict.fromkeys(included)),
            tuple(map(_excluding, dict.fromkeys(excluded))),
        )

    def selects(self, path: str) -> bool:
        """Whether the patterns select a relative path."""
        reached = self.begin()
        for name in path.split("/"):
            reached = self.after(reached, name)
            if reached.is_excluded:
                return False
        return reached.is_selected

    def begin(self) -> Reached:
        """Return the progress before the first name of a path."""
        included = tuple((one, one.after(None, "")) for one in self.included)
        return Reached(included, tuple((one, one.after(None, "")) for one in self.excluded))

    def after(self, reached: Reached, name: str) -> Reached:
        """Return the progress after one more name."""
        return Reached(_after(reached.included, name), _after(reached.excluded, name))

    def may_enter(self, name: str) -> bool:
        """Whether no leading dot excludes a file or folder of that name; `.git` is always excluded."""
        if is_of_git(name):
            return False
        return not name.startswith(".") or any(one.spells(name) for one in self.included)

    def may_match(self, name: str) -> bool:
        """Whether a file of that name can match any pattern; cheap, but with false positives."""
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
    """Return the patterns that do not exclude."""
    return tuple(pattern for pattern in patterns if not pattern.startswith(EXCLUDES))


class Glob(Struct, frozen=True):
    """A pattern split at slashes: one regular expression per name, None for any number of folders."""

    steps: tuple[re.Pattern[str] | None, ...]
    spells_dots: bool = False
    """Whether a name with a leading dot matches only a step with a leading dot."""
    text: str = ""
    """The pattern as written."""

    def spells(self, name: str) -> bool:
        """Whether a step with a leading dot matches the name."""
        return any(step is not None and _spells_dot(step) and step.fullmatch(name) for step in self.steps)

    def matches(self, path: str) -> bool:
        """Whether a relative path matches the whole pattern."""
        steps = self.after(None, "")
        for name in path.split("/"):
            steps = self.after(steps, name)
        return len(self.steps) in steps

    def after(self, steps: Steps | None, name: str) -> Steps:
        """Return the steps that may follow a name, if `steps` may match it; None is the start of the path.

        The number of all steps denotes the end of the pattern.
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
        """Return the steps plus those after each `**`, which may match no folder, except a final one."""
        for step in sorted(reached):
            behind = step
            while behind < len(self.steps) - 1 and self.steps[behind] is None:
                behind += 1
                reached.add(behind)
        return frozenset(reached)


def _spells_dot(step: re.Pattern[str]) -> bool:
    return step.pattern.startswith("\\.")


def glob(pattern: str, *, spells_dots: bool = False) -> Glob:
    """Parse a pattern: `**` matches any folders, `*` and `?` match within a name, `[…]` is a set."""
    names = pattern.removeprefix("./").split("/")
    # Repeated `**` mean the same as one; a long run of them would take quadratic time.
    names = [name for name, before in zip(names, ["", *names], strict=False) if (name, before) != _TWICE]
    return Glob(
        tuple(None if name == _ANY_FOLDERS else re.compile(_name_regex(name), re.DOTALL) for name in names),
        spells_dots,
        pattern,
    )


def _name_regex(name: str) -> str:
    """Return one name as a regular expression; text between two `*` matches at its first occurrence only."""
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
    """Return the set as a regular expression; empty for an invalid one, such as `[z-a]`, which is literal."""
    regex = f"[{'^' if is_negated else ''}{_MEMBER.sub(_escaped_member, members)}]"
    try:
        re.compile(regex)
    except re.error:
        return ""
    return regex
