"""Code that is broken on purpose: one function with its syntax tree edited, in place while it is tried.

The function gets the code that is compiled from the edited tree, so whoever imported it has it too.
"""

from __future__ import annotations

import builtins
import importlib
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tests.proof.simulation import functions, syntax


@dataclass(frozen=True)
class Mutant:
    """One way to break the code."""

    name: str
    function: str
    """As `functions.find` takes it."""
    find: str
    replace: str
    """Patterns as `syntax.replace` takes them, as `given` is."""
    given: str = ""
    ground: str = ""
    """Where it shows soon, if that is not where every hunt begins."""

    def edit(self, texts: Mapping[str, str]) -> functions.Found:
        """Return the broken function in the tree of its module, one of `texts` by name.

        Raises `LookupError` when the mutant does not apply to them.
        """
        try:
            found = functions.find(self.function, texts)
            syntax.replace(found.function, self.find, self.replace, given=self.given)
        except (LookupError, SyntaxError) as error:
            raise LookupError(f"mutant `{self.name}` of the function `{self.function}`: {error}") from error
        return found

    @cached_property
    def edited(self) -> functions.Found:
        """The broken function in the package as it is."""
        return self.edit(functions.sources())

    @cached_property
    def target(self) -> ModuleType:
        """The module that is broken."""
        return importlib.import_module(self.edited.module)

    @cached_property
    def broken(self) -> dict[str, Any]:
        """The names of the module with the broken function.

        Raises `LookupError` when the replacement uses a name that the module does not have.
        """
        unknown = syntax.global_names(self.replace) - vars(self.target).keys() - vars(builtins).keys()
        if unknown:
            raise LookupError(
                f"mutant `{self.name}`: {self.edited.module} has no name {', '.join(sorted(unknown))}"
            )
        changed = types.ModuleType(self.target.__name__)
        changed.__file__ = self.target.__file__
        # Dataclasses look their module up by its name: they find the real one, which has the same names.
        exec(compile(self.edited.tree, f"<{self.name}>", "exec"), changed.__dict__)
        return changed.__dict__


@contextmanager
def applied(mutant: Mutant) -> Iterator[None]:
    """The code broken so; as it was afterwards."""
    undo: list[tuple[Any, str, Any]] = []
    try:
        for owner, name, value in _changes(vars(mutant.target), mutant.broken, mutant.target):
            undo.append((owner, name, getattr(owner, name)))
            setattr(owner, name, value)
        if not undo:
            raise LookupError(f"mutant `{mutant.name}` changes nothing in `{mutant.function}`")
        yield
    finally:
        for owner, name, value in reversed(undo):
            setattr(owner, name, value)


def _changes(names: Any, broken: dict[str, Any], owner: Any) -> Iterator[tuple[Any, str, Any]]:
    """What to set on what: the code and the defaults of functions."""
    for name, now in dict(names).items():
        then = broken.get(name)
        if isinstance(now, FunctionType) and isinstance(then, FunctionType):
            yield from _code(now, then)
        elif isinstance(now, property) and isinstance(then, property):
            yield from _code(now.fget, then.fget)
        elif isinstance(now, type) and isinstance(then, type) and now.__module__ == _module_of(owner):
            yield from _changes(vars(now), dict(vars(then)), now)


def _module_of(owner: Any) -> str:
    return str(owner.__name__ if isinstance(owner, ModuleType) else owner.__module__)


def _code(now: Any, then: Any) -> Iterator[tuple[Any, str, Any]]:
    while hasattr(now, "__wrapped__"):
        now, then = now.__wrapped__, then.__wrapped__
    if not _is_same(now.__code__, then.__code__):
        yield now, "__code__", then.__code__
    if _is_plain(now.__defaults__) and now.__defaults__ != then.__defaults__:
        yield now, "__defaults__", then.__defaults__


def _is_plain(values: tuple[object, ...] | None) -> bool:
    return values is not None and all(isinstance(value, (int, float, str)) for value in values)


def _is_same(one: CodeType, other: CodeType) -> bool:
    if (one.co_code, one.co_names, one.co_varnames) != (other.co_code, other.co_names, other.co_varnames):
        return False
    if len(one.co_consts) != len(other.co_consts):
        return False
    pairs = zip(one.co_consts, other.co_consts, strict=True)
    return all(
        _is_same(a, b) if isinstance(a, CodeType) and isinstance(b, CodeType) else a == b for a, b in pairs
    )
