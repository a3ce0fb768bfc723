"""Refuse placeholders of other tools, which would be plain text here, and name the alternative. Pure.

A shell expands a task's command and reads its environment, so `$VAR` is not changed there. Nothing expands it
in a flavor, a queue, an image, a path or a name; there, `$$VAR` is a literal `$VAR`.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic
from jobspec.manifest.yaml.tree import (
    Key,
    Mapping,
    Node,
    Scalar,
    dotted,
)
from jobspec.quoting import quote

_PLACEHOLDER = re.compile(
    r"(?P<escape>\$?)(?P<form>\$(?:\{(?!\{)[^}]*\}|\([A-Za-z_][A-Za-z0-9_.-]*\)|[A-Za-z_][A-Za-z0-9_]*))"
)
EXPRESSION = re.compile(r"\$\{\{(?:(?!\}\}).)*(?:\}\}|\Z)", re.DOTALL)
"""An expression of a manifest, also one that is not closed."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FREE_TEXT = frozenset({"entrypoint", "args", "description", "vars"})
"""Text for a shell or a person, and variables, which are checked where they are used."""


def replace_escapes(document: Mapping) -> tuple[Mapping, tuple[Diagnostic, ...]]:
    """Return the document with `$$VAR` as `$VAR`, and an error for each unescaped placeholder."""
    problems: list[Diagnostic] = []
    replaced = _replaced(document, (), problems)
    return (replaced if isinstance(replaced, Mapping) else document), tuple(problems)


def escaped(value: Any, path: tuple[Key, ...] = ()) -> Any:
    """Return plain values with everything escaped that `replace_escapes` would refuse below a path."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(r"\g<escape>$\g<form>", value)
    if isinstance(value, dict):
        return {
            name: part
            if _is_free(name, path, is_text=isinstance(part, str))
            else escaped(part, (*path, name))
            for name, part in value.items()
        }
    return [escaped(item, path) for item in value] if isinstance(value, list) else value


def _is_free(name: str, path: tuple[Key, ...], *, is_text: bool) -> bool:
    """Whether placeholders below a key are not changed."""
    return name in _FREE_TEXT or (is_text and path[-1:] == ("env",))


def _replaced(node: Node, path: tuple[Key, ...], problems: list[Diagnostic]) -> Node:
    if isinstance(node, Scalar):
        return _scalar(node, path, problems)
    if isinstance(node, Mapping):
        changed = {
            name: (key, new)
            for name, (key, value) in node.entries.items()
            if not _is_free(name, path, is_text=isinstance(value, Scalar))
            and (new := _replaced(value, (*path, name), problems)) is not value
        }
        return replace(node, entries=node.entries | changed) if changed else node
    items = tuple(_replaced(item, (*path, index), problems) for index, item in enumerate(node.items))
    is_same = all(new is old for new, old in zip(items, node.items, strict=True))
    return node if is_same else replace(node, items=items)


def _scalar(node: Scalar, path: tuple[Key, ...], problems: list[Diagnostic]) -> Node:
    text = node.value
    if not isinstance(text, str) or "$" not in text:
        return node
    bare = next((match for match in _PLACEHOLDER.finditer(text) if not match["escape"]), None)
    if bare is not None and len(problems) <= MAX_PROBLEMS:
        problems.append(_diagnostic(node, path, bare["form"]))
    literal = _PLACEHOLDER.sub(r"\g<form>", text)
    return node if literal == text else replace(node, value=literal)


def _diagnostic(node: Scalar, path: tuple[Key, ...], form: str) -> Diagnostic:
    if path[-2:] == ("secret", "env"):
        return Diagnostic(
            "JS332",
            f"{quote(dotted(path))} must be the name of an environment variable, without `$`",
            place=node.at.place,
            label="write the name without `$` and braces",
            help="remove `$` and braces; the variable is read when the task is submitted",
        )
    name = _NAME.search(form.rpartition(".")[2])
    variable = name[0] if name else "NAME"
    return Diagnostic(
        "JS332",
        f"nothing replaces {quote(form)} in {quote(dotted(path))}",
        place=node.at.place,
        label="not passed to a shell",
        help=(
            f"add `{variable}` to `spec.vars` in `jobspec.yaml` and write `${{{{ vars.{variable} }}}}` here, "
            f"or `${form}` for a literal {quote(form)}"
        ),
    )
