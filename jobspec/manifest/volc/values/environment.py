"""Convert the variables of a task, and take the credentials out of its commands. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.validate.plaintext_credentials import Plaintext
from jobspec.manifest.volc.building import key_at, value_at
from jobspec.manifest.volc.given import GivenFields, GivenValue, is_empty, is_null
from jobspec.manifest.volc.values.commands import changes, credentials_of, mentions
from jobspec.manifest.volc.values.context import Context
from jobspec.manifest.volc.values.credentials import is_credential, is_private_text, repeats
from jobspec.manifest.volc.values.free_names import first_free
from jobspec.manifest.volc.values.shell import with_variable
from jobspec.manifest.volc.values.variables import is_whole, with_defaults
from jobspec.manifest.yaml.tree import Extent, Mapping, Node, Scalar, Sequence
from jobspec.quoting import quote
from jobspec.redaction.masking import MASK, SHORTEST
from jobspec.redaction.shapes import is_public

if TYPE_CHECKING:
    from collections.abc import Iterator

    Entries = dict[str, tuple[Scalar, Node]]

_PASSES = 64


class TaskVariables:
    """The variables of one task, with the texts of those that hold a credential."""

    def __init__(self, context: Context, commands: str) -> None:
        """Take the task's commands as the file has them: a new variable must not change what they mean."""
        self._context = context
        self._commands = commands
        self._entries: Entries = {}
        self._secrets: dict[str, str] = {}
        """The variable of each credential, by its text."""
        self._plain: dict[str, Scalar] = {}
        """The values of the other variables, by their names."""

    def add(self, entry: GivenValue | None) -> Node | None:
        """Add the variables of `Envs`; return what is no list of variables, as it is."""
        if entry is None or is_empty(entry.value):
            return None
        if isinstance(entry.value, Mapping):
            for name, (key, value) in entry.value.entries.items():
                self._add(name, key, value, is_private=False)
            return None
        if not isinstance(entry.value, Sequence):
            return self._context.verbatim(entry.value)
        for item in entry.value.items:
            self._add_item(item)
        return None

    def node(self) -> Entries:
        """Return the variables in the order of the file."""
        return self._entries

    def _add_item(self, item: Node) -> None:
        findings = self._context.findings
        if is_null(item):
            return
        if not isinstance(item, Mapping):
            findings.lose(item, "an item of `Envs` is not a map", "Write `{Name: …, Value: …}`.")
            return
        given = GivenFields(item, findings)
        named, value, private = given.take("Name"), given.take("Value"), given.take("IsPrivate")
        for entry in given.rest:
            field = quote(entry.key.text)
            findings.lose(entry.key, f"unknown field {field} in an item of `Envs`", "Remove it.")
        if named is None or not isinstance(named.value, Scalar) or not named.value.text:
            findings.lose(item, "an item of `Envs` has no name", "Add `Name`.")
            return
        is_private = private is not None and is_private_text(private.value)
        # A record may mask a private value, or leave it out.
        unknown = MASK if is_private else ""
        text = value.value if value is not None else value_at(unknown, named.value.at)
        self._add(named.value.text, named.value, text, is_private=is_private)

    def _add(self, name: str, key: Scalar, value: Node, *, is_private: bool) -> None:
        if not isinstance(value, Scalar):
            self._context.findings.lose(value, f"the value of {quote(name)} must be text", "Quote it.")
            return
        if is_null(value):
            value = value_at("", value.at)
        if name in self._entries and self._entries[name][1] != value:
            self._context.findings.lose(key, f"duplicate variable {quote(name)}", "Remove one of the two.")
            return
        self._entries[name] = (key_at(name, key.at), self._value(name, value, is_private=is_private))

    def _value(self, name: str, value: Scalar, *, is_private: bool) -> Node:
        known = self._context.findings.credentials
        if is_credential(name, value.text, is_private=is_private) or repeats(value.text, known):
            for text in (value.text, with_defaults(value.text)):
                if len(text) >= SHORTEST and not is_public(text):
                    self._secrets.setdefault(text, name)
            placeholder = is_whole(value.text)
            wanted = next(filter(None, placeholder.groups()), name) if placeholder else name
            return self._context.secret(wanted.lstrip("$"), value, f"the value of {quote(name)}")
        self._plain[name] = value
        return self._context.value_of(value, is_private=is_private)

    def without_credentials(self, field: str, node: Scalar) -> Scalar:
        """Return a command with a variable for each credential, which is added to the task's variables."""
        text = str(node.value)
        for _ in range(_PASSES):
            found = next(self._found(field, text, node), None)
            if found is None:
                return value_at(text, node.at)
            self._context.findings.hide_part(node, found.secret)
            self._take_out(found.secret)
            stem = self._secrets.get(found.secret, found.variable)
            name = self._name(stem, found.secret)
            changed = with_variable(text, found.secret, name)
            if changed is None:
                text = text.replace(found.secret, MASK)
                self._cannot(field, node)
                continue
            text = changed
            self._refer(name, stem, found.secret, node)
        self._cannot(field, node)
        return value_at(MASK, node.at)

    def _found(self, field: str, text: str, node: Scalar) -> Iterator[Plaintext]:
        for secret in sorted(self._secrets, key=len, reverse=True):
            if secret in text and secret not in self._secrets[secret]:
                yield Plaintext(field, node, secret, "a credential", is_problem=True)
        yield from credentials_of(field, text, node)

    def _take_out(self, secret: str) -> None:
        """Make a reference of each variable whose value contains a credential that a command has, too."""
        for name, value in list(self._plain.items()):
            if value.text == secret or (secret in value.text and len(secret) >= SHORTEST):
                del self._plain[name]
                self._secrets.setdefault(value.text, name)
                key, _ = self._entries[name]
                self._entries[name] = (key, self._context.secret(name, value, f"the value of {quote(name)}"))

    def _name(self, stem: str, secret: str) -> str:
        """Return the variable for a credential in a command: no other one of the command or the task."""
        if stem == self._secrets.get(secret) and not changes(stem, secret, self._commands):
            return stem
        return first_free(stem, lambda name: name in self._entries or mentions(name, secret, self._commands))

    def _cannot(self, field: str, node: Scalar) -> None:
        self._context.findings.lose(
            node,
            f"{quote(field)} contains what looks like a credential, where no variable can replace it",
            "Read it from a variable there, and add the variable with `IsPrivate: true` to `Envs`.",
            label="contains a credential",
        )

    def _refer(self, name: str, wanted: str, secret: str, node: Scalar) -> None:
        if name in self._entries:
            return
        self._secrets[secret] = name
        at = _line_of(node, secret)
        reference = self._context.secret(
            wanted, Scalar("", "", '"', at), f"a credential in the command, now `${name}`,", value=secret
        )
        self._entries[name] = (key_at(name, at), reference)


def _line_of(node: Scalar, part: str) -> Extent:
    """Return the line of a part of a block of text; the place of any other text."""
    text, at = node.text, node.at
    is_block = at.end_line - at.line == text.rstrip("\n").count("\n") + 1
    if not is_block or part not in text:
        return at
    line = at.line + 1 + text[: text.index(part)].count("\n")
    return Extent(at.file, line, 0, line, 0)
