"""Find the credentials of a vendor's file, so that no excerpt, message or comment shows them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.validate.plaintext_credentials import Plaintext, find_plaintext
from jobspec.manifest.volc.names import form
from jobspec.manifest.volc.values.credentials import is_credential, is_private_text, is_secret_default
from jobspec.manifest.volc.values.variables import defaults_in
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence
from jobspec.redaction.masking import SHORTEST
from jobspec.redaction.names import is_secretive, may_be_secretive
from jobspec.redaction.shapes import is_public

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_OF_ACCOUNT = frozenset({"ak", "sk", "credential"})


def credentials_in(document: Node) -> Iterator[Plaintext]:
    """Yield the credentials of a document: by their names and forms, and copies of them in other fields."""
    found = [*find_plaintext(document), *_by_name(document), *_defaults(document)]
    yield from found
    yield from copies(document, searched(found))


def is_certain(found: Plaintext) -> bool:
    """Whether a text is a credential, not only something that may be one."""
    return found.is_problem or not found.path


def searched(found: Iterable[Plaintext], shortest: int = SHORTEST) -> set[str]:
    """Return the credentials to search for in other text: not short ones, which may be any word."""
    certain = (one.secret for one in found if is_certain(one))
    return {secret for secret in certain if len(secret) >= shortest and not is_public(secret)}


def copies(document: Node, known: Collection[str]) -> Iterator[Plaintext]:
    """Yield the copies of known credentials in any text of a tree."""
    for node in scalars(document) if known else ():
        for secret in known:
            if secret in node.text:
                yield _hidden(node, secret)


def _defaults(document: Node) -> Iterator[Plaintext]:
    """Yield the credentials that are the default of a placeholder."""
    for node in scalars(document):
        if node.text and "${" in node.text:
            for name, default in defaults_in(node.text):
                if is_secret_default(name, default, node.text):
                    yield _hidden(node, default)


def _hidden(node: Scalar, secret: str) -> Plaintext:
    return Plaintext("", node, secret, "a credential", is_problem=False)


def without_copies(text: str, found: Iterable[Plaintext]) -> str:
    """Return a file's text with asterisks for known credentials wherever they are, also in comments."""
    for secret in sorted(searched(found), key=len, reverse=True):
        text = text.replace(secret, "*" * len(secret))
    return text


def _by_name(node: Node) -> Iterator[Plaintext]:
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _by_name(item)
    elif isinstance(node, Mapping):
        hides = {form(name) for name in node.entries if _hides(name, node)}
        for name, (_, value) in node.entries.items():
            if form(name) == "value" and isinstance(value, Scalar) and value.text:
                yield from _in_variable(value, node, is_hidden="value" in hides)
            elif form(name) in hides and not isinstance(value, Mapping):
                yield from (_hidden(one, one.text) for one in scalars(value) if one.text)
            else:
                yield from _by_name(value)


def _hides(name: str, node: Mapping) -> bool:
    """Whether the value of a key may be a credential: by its own name, or that of the variable."""
    if form(name) in _OF_ACCOUNT:
        return True
    if form(name) in ("name", "registryusername"):
        return False
    if form(name) != "value":
        return is_secretive(name)
    variable, private = _beside(node)
    is_named = may_be_secretive(variable)
    return is_named or (isinstance(private, Scalar) and private.text.lower() not in ("", "false", "no"))


def _beside(node: Mapping) -> tuple[str, Node | None]:
    """Return the name of a variable, and whether it is private."""
    beside = {form(key): value for key, (_, value) in node.entries.items()}
    variable = beside.get("name")
    return variable.text if isinstance(variable, Scalar) else "", beside.get("isprivate")


def _in_variable(value: Scalar, node: Mapping, *, is_hidden: bool) -> Iterator[Plaintext]:
    """Yield the value of a variable, with its defaults if it is a credential; others are only hidden."""
    variable, private = _beside(node)
    if is_credential(variable, value.text, is_private=is_private_text(private)):
        yield _hidden(value, value.text)
        yield from (_hidden(value, default) for _, default in defaults_in(value.text))
    elif is_hidden:
        yield Plaintext("Value", value, value.text, "a private value", is_problem=False)


def scalars(node: Node) -> Iterator[Scalar]:
    """Yield the scalars of a tree, keys included."""
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, Scalar):
            yield one
        elif isinstance(one, Sequence):
            stack += one.items
        else:
            stack += [part for pair in one.entries.values() for part in pair]
