"""The values from outside the manifests: given variables, environment variables, and facts of Git. Pure.

The workflow provides them as functions, which are called only if an expression needs them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.concealing import Concealing
from jobspec.config.secret_access import is_guarded
from jobspec.manifest.expressions.functions import spelled, to_json
from jobspec.manifest.expressions.syntax import EXPRESSION, GIT_NAMES
from jobspec.manifest.suggestions import nearest
from jobspec.manifest.yaml.tree import NO_EXTENT, Mapping, Scalar, Sequence, child
from jobspec.quoting import quote
from jobspec.redaction.names import is_secretive
from jobspec.redaction.shapes import (
    assigned_in,
    is_public,
    looks_secret,
    may_have_assignment,
    may_have_shape,
    shapes_in,
)

if TYPE_CHECKING:
    from jobspec.diagnostics import Place
    from jobspec.manifest.yaml.tree import Node

NULL = Scalar(None, "null", "", NO_EXTENT)
OF_SURROUNDINGS = frozenset({"JS366", "JS368"})
"""Codes of problems with the values themselves, not with how the project refers to them."""
_NEEDED = re.compile(r"(?<![\w.'-])(?:git|env)\.[A-Za-z0-9_-]+")


class NoValue(Struct, frozen=True):
    """Why a name has no value. If it `is_missing`, the right side of `||` is used instead."""

    message: str
    label: str
    help: str
    code: str = "JS366"
    is_missing: bool = False


class GivenVariable(Concealing, frozen=True):
    """A value for a variable, as text, or from a file as a `node`; `source` is the option that gave it."""

    concealed: ClassVar[frozenset[str]] = frozenset({"text", "node"})
    name: str
    text: str
    source: str
    node: Node | None = None
    place: Place | None = None


class UsedValue(Concealing, frozen=True):
    """A value from outside that an expression used, as text; None for null."""

    concealed: ClassVar[frozenset[str]] = frozenset({"value"})
    name: str
    value: str | None
    source: str
    is_typed: bool = False
    """Whether the value is no text, but YAML of a file: a null that is declared accepts any type."""


def _unset(name: str) -> str | NoValue:
    return unset_variable(name)


def _no_git(_folder: str, _name: str) -> str | bool | NoValue:
    return NoValue(
        "the project is not in a Git repository",
        "no repository",
        "write a default after `||`, or run in a checkout",
        is_missing=True,
    )


class Outside(Concealing, frozen=True, eq=False):
    """The values from outside for one reading of the manifests. It remembers which ones were used.

    `variable` returns the value of an environment variable that the configuration allows; `git` returns a
    fact about the repository that contains a folder.
    """

    concealed: ClassVar[frozenset[str]] = frozenset({"given", "variable", "git", "known", "used"})
    given: tuple[GivenVariable, ...] = ()
    """By precedence: a later value of the same name wins."""
    variable: Callable[[str], str | NoValue] = _unset
    git: Callable[[str, str], str | bool | NoValue] = _no_git
    is_lenient: bool = False
    """Whether given values that do not fit the project are ignored: it is an earlier revision of it."""
    folder: str = ""
    """The folder of the project file."""
    allowed: tuple[str, ...] = ()
    """The entries of the project's `allowEnv`."""
    known: dict[str, Scalar | NoValue] = field(default_factory=dict)
    used: dict[str, UsedValue] = field(default_factory=dict)

    def apart(self) -> Outside:
        """Return the same values for another reading: what that one uses is not remembered here."""
        return replace(self, known={}, used={})

    def of_project(self, document: Mapping) -> Outside:
        """Return the same values, limited to the environment variables that a project document lists."""
        node = child(document, "spec", "allowEnv")
        items = node.items if isinstance(node, Sequence) else ()
        return replace(self, allowed=tuple(item.text for item in items if isinstance(item, Scalar)))

    @property
    def effective(self) -> dict[str, GivenVariable]:
        """The given values by name."""
        return {one.name: one for one in self.given}

    def use_variable(self, name: str, node: Node) -> None:
        """Remember that an expression used a variable, if its value was given."""
        key = f"vars.{name}"
        if self.given and key not in self.used and name in (given := self.effective):
            is_text = isinstance(node, Scalar) and (node.value is None or isinstance(node.value, str))
            is_typed = given[name].node is not None and not is_text
            self.used[key] = UsedValue(key, node_text(node), given[name].source, is_typed)

    def fact(self, name: str) -> Scalar | NoValue:
        """Return the value of `env.NAME`, `git.sha`, `git.branch` or `git.dirty`."""
        found = self.known.get(name)
        if found is None:
            found = self.known[name] = self._found(name)
        if isinstance(found, Scalar) and name not in self.used:
            self.used[name] = UsedValue(name, found.text, "environment" if name.startswith("env.") else "git")
        return found

    def prepare(self, contents: Iterable[bytes], layers: Iterable[Node] = ()) -> None:
        """Read what files and layers may refer to, before processes read them, which do no I/O themselves."""
        for data in contents:
            if b"${{" in data and (b"git." in data or b"env." in data):
                self._prepare(data.decode(errors="replace"))
        for text in (text for layer in layers for text in _expressions_in(layer)):
            self._prepare(text)

    def _prepare(self, text: str) -> None:
        """Read what the expressions in a text may refer to; a name in quotes may be one too many."""
        for expression in EXPRESSION.finditer(text):
            for name in () if expression[1] else _NEEDED.findall(expression[2]):
                if name not in self.known and (name.startswith("env.") or name in GIT_NAMES):
                    self.known[name] = self._found(name)

    def _found(self, name: str) -> Scalar | NoValue:
        head, _, rest = name.partition(".")
        value = self.git(self.folder, rest) if head == "git" else self._variable(rest)
        if isinstance(value, NoValue):
            return value
        text = value if isinstance(value, str) else str(value).lower()
        if looks_like_credential(rest, text) or _text_holds_credential(text):
            return credential(name, f"{rest}: {{secret: {{env: {rest}}}}}" if head == "env" else "")
        return Scalar(value, text, "'" if isinstance(value, str) else "", NO_EXTENT)

    def _variable(self, name: str) -> str | NoValue:
        if is_guarded(name):
            return NoValue(
                f"expressions cannot read {quote(name)}, a variable of this machine or its CI system",
                "never available",
                "pass the value under another name, for example with --var",
                "JS367",
            )
        if not any(fnmatchcase(name, pattern) for pattern in self.allowed):
            return _not_listed(name, self.allowed)
        return self.variable(name)


def _expressions_in(node: Node) -> Iterator[str]:
    """Yield the texts of a tree that may contain an expression."""
    if isinstance(node, Scalar):
        if "${{" in node.text:
            yield node.text
        return
    parts = (value for _, value in node.entries.values()) if isinstance(node, Mapping) else node.items
    for part in parts:
        yield from _expressions_in(part)


def node_text(node: Node) -> str | None:
    """Return a value as the text that gives it again; None for null."""
    if isinstance(node, Scalar):
        return None if node.value is None else spelled(node)
    return to_json(node)


def looks_like_credential(name: str, text: str) -> bool:
    """Whether a value from outside must not be inserted, because it may be a secret."""
    return looks_secret(name, text) or (may_have_shape(text) and any(shapes_in(text)))


def holds_credential(name: str, node: Node) -> bool:
    """Whether a value may be a secret, or contain one in a map or a list; `name` is the key it is below."""
    if isinstance(node, Mapping):
        parts = [(key, value) for key, (_, value) in node.entries.items()]
        return any(_is_secret_text(key, value) or holds_credential(key, value) for key, value in parts)
    if isinstance(node, Sequence):
        return any(holds_credential(name, item) for item in node.items)
    text = node_text(node) or ""
    return looks_like_credential(name, text) or _text_holds_credential(text)


def _is_secret_text(key: str, node: Node) -> bool:
    """Whether a key of a map is named like a secret, and its value is any text but a harmless one."""
    is_text = isinstance(node, Scalar) and isinstance(node.value, str)
    return is_text and is_secretive(key) and not is_public(node_text(node) or "")


def _text_holds_credential(text: str) -> bool:
    """Whether a text sets an option or a variable to a secret, or is YAML or JSON that contains one."""
    from jobspec.manifest.yaml.source import parse  # noqa: PLC0415 - only for texts with suspicious words

    if not may_have_assignment(text):
        return False
    if any(assigned_in(text)):
        return True
    source = parse(text.encode("utf-8", "surrogatepass"), "")
    trees = () if source.diagnostics else source.documents
    return any(holds_credential("", tree) for tree in trees if not isinstance(tree, Scalar))


def credential(name: str, entry: str = "") -> NoValue:
    """Return the refusal of a value that looks like a credential."""
    where = (
        f"write {quote(entry)} under `spec.env`"
        if entry
        else "write `{secret: {env: NAME}}` where it is used"
    )
    return NoValue(
        f"the value of {quote(name)} looks like a credential",
        "would be shown in plans and on the platform",
        where,
        "JS368",
    )


def unset_variable(name: str) -> NoValue:
    """Return the reason for a variable that is not set."""
    return NoValue(
        f"the environment variable {quote(name)} is not set",
        "no value",
        f"set {name}, or write a default: `${{{{ env.{name} || 'default' }}}}`",
        is_missing=True,
    )


def _not_listed(name: str, allowed: tuple[str, ...]) -> NoValue:
    close = nearest(name, allowed, 0.8)
    advice = (
        f"in a command, write `${name}`, which the shell replaces; elsewhere, add `{name}` to "
        f"`spec.allowEnv` in `jobspec.yaml`, or to `spec.vars` and write `${{{{ vars.{name} }}}}`"
    )
    return NoValue(
        f"unknown name {quote(f'env.{name}')} in an expression",
        "not in `spec.allowEnv`",
        f"did you mean {quote(f'env.{close}')}?" if close else advice,
        "JS305",
    )
