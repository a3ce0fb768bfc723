"""Remove what looks like a credential from an imported manifest, before any of it is written. Pure.

A variable becomes a reference; in a command, a variable replaces it; elsewhere, asterisks do.
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from jobspec.manifest.importing.document import Imported, Note
from jobspec.manifest.importing.parts import secret
from jobspec.manifest.validate.plaintext_credentials import Plaintext, find_plaintext
from jobspec.manifest.validate.plaintext_signs import may_hold_plaintext
from jobspec.manifest.yaml.tree import (
    Extent,
    Key,
    Mapping,
    Node,
    Scalar,
    Sequence,
    dotted,
)
from jobspec.redaction.masking import MASK, SHORTEST, Mask
from jobspec.redaction.names import is_secretive
from jobspec.redaction.shapes import is_public
from jobspec.redaction.values import secrets_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from jobspec.manifest.importing.parts import Record

    Path = tuple[Key, ...]

_PASSES = 8
_COMMANDS = frozenset({"entrypoint", "args"})


def without_credentials(imported: Imported, record: Record) -> Imported:
    """Return the manifest without anything that looks like a credential, and with a note for each removal.

    Copies of the record's secrets in other fields are removed, too.
    """
    known = _known(record)
    if not known and _is_clean(imported.document):
        return imported
    cleaner = _Cleaner(deepcopy(imported.document), known)
    for _ in range(_PASSES):
        if not cleaner.clean():
            break
    notes = (*imported.notes, *dict.fromkeys(cleaner.notes))
    mask = Mask.of(known)
    return Imported(cleaner.document, tuple(replace(note, text=mask.over(note.text)) for note in notes))


def _is_clean(document: dict[str, Any]) -> bool:
    return MASK not in document["metadata"].get("tags", ()) and not may_hold_plaintext(document)


def _known(record: Record) -> dict[str, str]:
    """Return the secrets of a record, except too short ones and words, with the variables that hold them."""
    found = (value for value in secrets_in(record) if len(value) >= SHORTEST and not is_public(value))
    shown = record.get("Envs")
    envs = [env for env in shown if isinstance(env, dict)] if isinstance(shown, list) else []
    names = {str(env.get("Value")): str(env.get("Name")) for env in envs}
    return {value: names.get(value, "") for value in found}


class _Cleaner:
    def __init__(self, document: dict[str, Any], known: dict[str, str]) -> None:
        self.document = document
        self.notes: list[Note] = []
        self._known = known
        self._variables = {value: name for value, name in known.items() if name}

    def clean(self) -> bool:
        """Remove what is found; return False if nothing was."""
        found = [*_found(self.document), *_repeated(self.document, self._known)]
        for path, plaintext in found:
            self._take_out(path, plaintext)
        tags = self.document["metadata"].get("tags", ())
        if MASK in tags:
            self.document["metadata"]["tags"] = [tag for tag in tags if tag != MASK]
        return bool(found)

    def _take_out(self, path: Path, plaintext: Plaintext) -> None:
        field = f"{path[0]}.{path[1]}"
        match path:
            case ("metadata", "name"):
                self.document["metadata"]["allowPlaintext"] = ["metadata.name"]
                self._note(field, "the name looks like a credential, and names are public")
            case ("metadata", "tags", int()):
                self._set(path, MASK)
                self._note(field, "omitted a tag that looks like a credential")
            case ("spec", "env", str(name)):
                self._set(path, secret(name))
                self._note(field, f"{name} looks like a credential: set it in the environment")
            case ("spec", str(command)) if command in _COMMANDS:
                self._put_variable(path, plaintext)
            case _:
                self._set(path, self._text(path).replace(plaintext.secret, MASK))
                self._note(
                    field, f"a value that looks like a credential is replaced with {MASK}: write it again"
                )

    def _put_variable(self, path: Path, plaintext: Plaintext) -> None:
        name = self._variables.get(plaintext.secret) or self._free(plaintext.variable)
        self._variables[plaintext.secret] = name
        self._set(path, self._text(path).replace(plaintext.secret, f"${{{name}}}"))
        env = {**self.document["spec"].get("env", {}), name: secret(name)}
        self.document["spec"]["env"] = dict(sorted(env.items()))
        self._note(
            f"spec.{path[1]}",
            f"a value that looks like a credential is now the variable {name}; in single quotes a shell "
            "does not replace it",
        )
        self._note("spec.env", f"{name} was in the command: set it in the environment")

    def _free(self, variable: str) -> str:
        stem = re.sub(r"[^A-Z0-9]+", "_", variable.upper()).strip("_0123456789") or "TOKEN"
        taken = {*self.document["spec"].get("env", {}), *self._variables.values()}
        names = (stem if number == 1 else f"{stem}_{number}" for number in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)

    def _text(self, path: Path) -> str:
        node: Any = self.document
        for step in path:
            node = node[step]
        return str(node)

    def _set(self, path: Path, value: object) -> None:
        node: Any = self.document
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = value

    def _note(self, path: str, text: str) -> None:
        self.notes.append(Note(path, text))


def _found(document: dict[str, Any]) -> Iterator[tuple[Path, Plaintext]]:
    if not may_hold_plaintext(document):
        return
    paths: list[Path] = []
    tree = _tree(document, (), paths)
    allowed = document["metadata"].get("allowPlaintext", ())
    for plaintext in find_plaintext(tree):
        path = paths[plaintext.node.at.line]
        if plaintext.path in allowed:
            continue
        if plaintext.is_problem or _is_kept_back(path, plaintext):
            yield path, plaintext


def _repeated(document: dict[str, Any], known: Collection[str]) -> Iterator[tuple[Path, Plaintext]]:
    """Yield the copies of known secrets in other fields, except in names, which are public in any case."""
    if not known:
        return
    paths: list[Path] = []
    for node in _scalars(_tree(document, (), paths)):
        path = paths[node.at.line]
        for value in known if path != ("metadata", "name") else ():
            if value in node.text:
                yield path, Plaintext(dotted(path), node, value, "a secret of the task", is_problem=True)


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
    else:
        for _, value in node.entries.values():
            yield from _scalars(value)


def _is_kept_back(path: Path, plaintext: Plaintext) -> bool:
    """Whether a variable has the name of a secret, and its value, however short, may be one."""
    match path:
        case ("spec", "env", str(name)):
            return is_secretive(name) and not is_public(plaintext.secret)
    return False


def _tree(value: Any, path: Path, paths: list[Path]) -> Node:
    """Return the values as a tree in which the line of a node is its number in `paths`."""
    at = Extent("", len(paths), 0, len(paths), 0)
    paths.append(path)
    if isinstance(value, dict):
        entries = {
            key: (Scalar(key, key, "", at), _tree(part, (*path, key), paths)) for key, part in value.items()
        }
        return Mapping(entries, at)
    if isinstance(value, list):
        return Sequence(tuple(_tree(item, (*path, index), paths) for index, item in enumerate(value)), at)
    return Scalar(value, value if isinstance(value, str) else str(value), '"', at)
