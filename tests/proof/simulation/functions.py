"""Find a function of the package by its name, in whichever module it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import jobspec

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Found:
    """A function in a freshly parsed tree of its module, so that it may be edited in place."""

    module: str
    tree: ast.Module
    function: Function


@cache
def sources() -> Mapping[str, str]:
    """Return the text of every module of `jobspec`, by dotted name."""
    root = Path(jobspec.__file__).parent
    files = [(path, path.relative_to(root.parent).with_suffix("")) for path in sorted(root.rglob("*.py"))]
    return {
        ".".join(name.parts).removesuffix(".__init__"): path.read_text(encoding="utf-8")
        for path, name in files
    }


def find(wanted: str, texts: Mapping[str, str]) -> Found:
    """Return the only function with the qualified name `wanted`, such as `submit` or `Driver._create`.

    Where several modules have one, `part:name` chooses those with the package or module `part` in their path.
    Raises `LookupError` unless there is exactly one.
    """
    place, _, name = wanted.rpartition(":")
    everywhere = [module for module, text in texts.items() for one in _names(text, name) if one == name]
    modules = [module for module in everywhere if f".{place}." in f".{module}." or not place]
    if len(modules) != 1:
        raise LookupError(_ambiguous(name, modules) if modules else _missing(name, place, everywhere, texts))
    tree = ast.parse(texts[modules[0]])
    return Found(modules[0], tree, dict(_functions(tree))[name])


def _ambiguous(name: str, modules: list[str]) -> str:
    found = f"there are {len(modules)} functions `{name}`, in {', '.join(modules)}"
    return f"{found}; choose one with `package_or_module:{name}`"


def _missing(name: str, place: str, everywhere: list[str], texts: Mapping[str, str]) -> str:
    if everywhere:
        found = f"no module `{place}` has a function `{name}`; it is in {', '.join(everywhere)}"
        return f"{found}: correct the part before `:`"
    names = {one for text in texts.values() for one in _all_names(text)}
    close = " or ".join(f"`{one}`" for one in get_close_matches(name, sorted(names)))
    hint = f", perhaps {close}" if close else ""
    return f"no module has a function `{name}`; name the one that does its work now{hint}"


def _names(text: str, wanted: str) -> tuple[str, ...]:
    """The qualified names of the functions of a module, if it may have the wanted one: parsing takes time."""
    return _all_names(text) if f"def {wanted.rpartition('.')[2]}" in text else ()


@cache
def _all_names(text: str) -> tuple[str, ...]:
    return tuple(name for name, _ in _functions(ast.parse(text)))


def _functions(node: ast.AST, within: str = "") -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield within + child.name, child
        inside = f"{within}{child.name}." if isinstance(child, (Function, ast.ClassDef)) else within
        yield from _functions(child, inside)
