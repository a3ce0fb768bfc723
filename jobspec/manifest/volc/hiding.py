"""Find the credentials of a vendor's file, so that no excerpt, message or comment shows them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.validate.plaintext_credentials import Plaintext, find_plaintext
from jobspec.manifest.volc.names import form
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence
from jobspec.redaction.masking import SHORTEST
from jobspec.redaction.names import is_secretive, may_be_secretive
from jobspec.redaction.shapes import is_public

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OF_ACCOUNT = frozenset({"ak", "sk", "credential"})


def credentials_in(document: Node) -> Iterator[Plaintext]:
    """Yield the credentials of a document: by their names and forms, and copies of them in other fields."""
    found = [*find_plaintext(document), *_by_name(document)]
    yield from found
    yield from copies(document, found)


def copies(document: Node, found: Iterable[Plaintext]) -> Iterator[Plaintext]:
    """Yield the copies of known credentials, except short ones and words, in any text of a tree."""
    certain = (one.secret for one in found if one.is_problem or not one.path)
    known = {secret for secret in certain if len(secret) >= SHORTEST and not is_public(secret)}
    for node in scalars(document) if known else ():
        for secret in known:
            if secret in node.text:
                yield Plaintext("", node, secret, "a credential", is_problem=False)


def without_copies(text: str, found: Iterable[Plaintext]) -> str:
    """Return a file's text with asterisks for known credentials wherever they are, also in comments."""
    known = {one.secret for one in found if one.is_problem or not one.path}
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= SHORTEST and not is_public(secret):
            text = text.replace(secret, "*" * len(secret))
    return text


def _by_name(node: Node) -> Iterator[Plaintext]:
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _by_name(item)
    elif isinstance(node, Mapping):
        hides = {form(name) for name in node.entries if _hides(name, node)}
        for name, (_, value) in node.entries.items():
            if form(name) in hides and not isinstance(value, Mapping):
                yield from (
                    Plaintext("", one, one.text, "a credential", is_problem=False)
                    for one in scalars(value)
                    if one.text
                )
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
    beside = {form(key): value for key, (_, value) in node.entries.items()}
    variable, private = beside.get("name"), beside.get("isprivate")
    is_named = isinstance(variable, Scalar) and may_be_secretive(variable.text)
    return is_named or (isinstance(private, Scalar) and private.text.lower() not in ("", "false", "no"))


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
