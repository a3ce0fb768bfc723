"""Find credentials in plain text in a manifest, and report them. Pure.

Found credentials leave this module only as places or masked, never as text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.diagnostics import Diagnostic
from jobspec.manifest.validate.plaintext_signs import COMMANDS
from jobspec.manifest.values import SECRET_HELP
from jobspec.manifest.yaml.tree import Extent, Key, Mapping, Node, Scalar, dotted
from jobspec.quoting import quote
from jobspec.redaction.masking import MASK
from jobspec.redaction.names import KEY_NAME, VARIABLE, VARIABLE_NAME, is_secretive
from jobspec.redaction.quotes import mask_quotes
from jobspec.redaction.shapes import assigned_in, is_public, looks_secret, shapes_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_ASSIGNED = "an assigned secret"
_OF_VARIABLE = "the value of a variable for a secret"
_NAMED_VALUES = frozenset({"env", "vars"})
_OF_ENV = re.compile(r"\.env\.([^.\[]+)")


class Plaintext(Struct, frozen=True):
    """A scalar that contains what looks like a credential. `secret` must not be shown."""

    path: str
    node: Scalar
    secret: str
    looks_like: str
    is_problem: bool
    """Whether it is reported as an error; the others are only hidden in excerpts."""
    variable: str = "TOKEN"
    """The name of a variable that may replace it."""

    def __repr__(self) -> str:
        """Show the path only."""
        return f"Plaintext({self.path})"


def find_plaintext(document: Node) -> tuple[Plaintext, ...]:
    """Return what looks like a credential in a document; call it only if `may_contain_credential` is true."""
    return tuple(_walk(document, (), None, is_hidden=False))


def _walk(node: Node, path: tuple[Key, ...], above: str | None, *, is_hidden: bool) -> Iterator[Plaintext]:
    """Yield the credentials at and below a node; with `is_hidden` every scalar, as a possible secret."""
    if isinstance(node, Scalar):
        yield from _in_scalar(node, path, above, is_hidden=is_hidden)
    elif isinstance(node, Mapping):
        here = str(path[-1]) if path else None
        is_hidden = is_hidden and not _is_reference(node) and not _names_variable(node)
        for name, (key, value) in node.entries.items():
            below = is_hidden or _may_hold_secrets(name, here, node)
            if is_hidden and _is_value_as_key(name, value, path):
                yield Plaintext(dotted((*path, name)), key, key.text, _OF_VARIABLE, is_problem=False)
            yield from _walk(value, (*path, name), here, is_hidden=below)
    else:
        for index, item in enumerate(node.items):
            yield from _walk(item, (*path, index), above, is_hidden=is_hidden)


def _is_value_as_key(name: str, value: Node, path: tuple[Key, ...]) -> bool:
    """Whether a variable's value is in braces by mistake, as in `env: {TOKEN: {abc}}`."""
    is_alone = isinstance(value, Scalar) and value.is_absent
    return is_alone and name != "secret" and path[-2:-1] == ("env",)


def _may_hold_secrets(name: str, above: str | None, node: Mapping) -> bool:
    """Whether the value of a key in a map must be hidden, unless it is a reference."""
    if name == "secret":
        return not _is_reference(node) and not _is_name(node.get(name))
    return is_secretive(name) or (above == "env" and KEY_NAME.fullmatch(name) is not None)


def _names_variable(node: Mapping) -> bool:
    """Whether a map is `{secret: NAME}`: a reference without its `env`."""
    return len(node.entries) == 1 and _is_name(node.get("secret"))


def _is_name(node: Node | None) -> bool:
    """Whether the name of a variable is written in place of a reference to it."""
    return isinstance(node, Scalar) and VARIABLE.fullmatch(node.text) is not None


def _is_reference(node: Mapping) -> bool:
    """Whether a map is `{secret: {env: NAME}}` or `{secret: {file: path}}`, and nothing else."""
    source = node.get("secret")
    if len(node.entries) != 1 or not isinstance(source, Mapping) or len(source.entries) != 1:
        return False
    [(kind, (_, value))] = source.entries.items()
    if not isinstance(value, Scalar) or not isinstance(value.value, str):
        return False
    return kind == "file" or (kind == "env" and VARIABLE_NAME.fullmatch(value.text) is not None)


def _in_scalar(
    node: Scalar, path: tuple[Key, ...], above: str | None, *, is_hidden: bool
) -> Iterator[Plaintext]:
    name, above = _field(path, above)
    text, where = node.text, dotted(path)
    for looks_like, secret in shapes_in(text):
        yield Plaintext(where, node, secret, looks_like, is_problem=True)
    if name in COMMANDS:
        for key, secret in assigned_in(text):
            yield Plaintext(where, node, secret, _ASSIGNED, is_problem=True, variable=_variable_name(key))
    if node.value is None or isinstance(node.value, bool):
        return
    is_problem = above in _NAMED_VALUES and looks_secret(name, text)
    if is_hidden and "extra" in path and isinstance(node.value, str):
        is_problem = not is_public(text)
    if is_problem or is_hidden or _has_login(name, text):
        yield Plaintext(where, node, text, _OF_VARIABLE, is_problem=is_problem)


def _field(path: tuple[Key, ...], above: str | None) -> tuple[str, str | None]:
    """Return the name of a field, and what it is in; `{value: …}` counts as the variable itself."""
    match path:
        case (*_, "env", str(variable), "value"):
            return variable, "env"
    return next((step for step in reversed(path) if isinstance(step, str)), ""), above


def _has_login(name: str, text: str) -> bool:
    """Whether an address may contain a password, even if the address is invalid."""
    return name == "endpoint" and "@" in text


def _variable_name(key: str) -> str:
    """Return a valid name of a variable for a key or a flag: `TOKEN` for `--token`."""
    name = re.sub(r"\W+", "_", key.strip("-")).strip("_")
    name = f"_{name}" if name[:1].isdigit() else name
    return name if key == name else name.upper()


def diagnose(
    found: Collection[Plaintext], allowed: Collection[str], lines: Sequence[str]
) -> Iterator[Diagnostic]:
    """Yield one error per place with plaintext that is not allowed; `lines` are the lines of its file."""
    reported: set[str] = set()
    for plaintext in found:
        if not plaintext.is_problem or plaintext.path in allowed or plaintext.path in reported:
            continue
        reported.add(plaintext.path)
        yield Diagnostic(
            "JS310",
            f"{quote(plaintext.path)} contains what looks like a credential",
            place=_extent(plaintext, lines).place,
            label=f"looks like {plaintext.looks_like}",
            help=_advice(plaintext.path, plaintext.variable),
        )


def _extent(plaintext: Plaintext, lines: Sequence[str]) -> Extent:
    """Return the place of the credential if one line contains it unescaped, else of the whole value."""
    at = plaintext.node.at
    for number in range(at.line, min(at.end_line + 1, len(lines))):
        start = lines[number].find(plaintext.secret, at.column if number == at.line else 0)
        if start >= 0:
            return Extent(at.file, number, start, number, start + len(plaintext.secret))
    return at


def _advice(path: str, variable: str) -> str:
    name = path.rpartition(".")[2]
    variable_of = _OF_ENV.search(path)
    allow = f"for a false positive, add {quote(path)} to `metadata.allowPlaintext`"
    if variable_of:
        key = variable_of[1]
        return f"write {quote(f'{key}: {{secret: {{env: {_variable_name(key)}}}}}')}; {allow}"
    if name in COMMANDS:
        return f"write `${variable}` here and `env: {{{variable}: {{secret: {{env: {variable}}}}}}}`; {allow}"
    if ".extra." in path:
        return f"pass the secret in `spec.env`; {allow}"
    return f"write `{{secret: {{env: NAME}}}}` where the value is used; {allow}"


def without_quotes_of(
    found: Collection[Plaintext], diagnostics: Collection[Diagnostic]
) -> Iterator[Diagnostic]:
    """Yield the diagnostics without the found credentials: a help line may quote the user's own text."""
    suggested = {one.variable for one in found if one.is_problem}
    places = {one.node.at.place for one in found if not one.is_problem}
    for one in mask_quotes(diagnostics, {plaintext.secret for plaintext in found} - suggested):
        # The help of this code contains the value in another form than it was written in.
        is_secret = one.code == "JS209" and (one.place in places or MASK in one.help)
        yield replace(one, help=SECRET_HELP) if is_secret else one
