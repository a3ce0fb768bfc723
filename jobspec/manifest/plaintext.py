"""Text in a manifest that looks like a credential: found, and hidden from everything that is shown; pure.

What is found here leaves this module only as a place or as asterisks, never as itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobspec.diagnostics import Diagnostic
from jobspec.manifest.tree import Extent, Mapping, Node, Scalar
from jobspec.manifest.wording import dotted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from jobspec.manifest.tree import Key

_SHAPES = (
    ("a Volcengine access key", r"AKLT[A-Za-z0-9_-]{16,}"),
    ("an AWS access key", r"(?:AKIA|ASIA)[0-9A-Z]{16}"),
    ("a GitHub token", r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"),
    ("a GitLab token", r"glpat-[A-Za-z0-9_-]{16,}"),
    ("a Hugging Face token", r"hf_[A-Za-z0-9]{16,}"),
    ("an API key", r"sk-[A-Za-z0-9_-]{16,}"),
    ("a Slack token", r"xox[abprs]-[A-Za-z0-9-]{10,}"),
    ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?"),
    ("a signed token", r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("a password in an address", r"(?<=://)[^\s/:@$]*:[^\s/@$]{3,}(?=@)"),
)
_SHAPE = re.compile("|".join(f"(?P<s{n}>(?<![A-Za-z0-9]){regex})" for n, (_, regex) in enumerate(_SHAPES)))
_WORDS = r"(?:token|password|passwd|passphrase|secret|(?:api|access|secret|private|auth)[_-]?key(?:[_-]?id)?)"
_SECRET_NAME = re.compile(rf".*{_WORDS}", re.IGNORECASE | re.DOTALL)
_KEY_NAME = re.compile(r".*KEY", re.IGNORECASE | re.DOTALL)
_LITERAL = r"[^\s\"'`$;&|<>(){},\]]{8,}"
_HIDDEN = r"[^\s\"'`$;&|<>(){},\]*]{3,}"
_ASSIGNMENT = re.compile(
    rf"(?P<name>(?<![A-Za-z0-9_-])[A-Za-z0-9_-]*{_WORDS})"
    rf"[\"']?(?:[:=]|[ \t])[ \t]*[\"']?(?P<value>{_HIDDEN})",
    re.IGNORECASE,
)
_COMMAND_ASSIGNMENT = re.compile(
    rf"(?:(?P<name>(?<![A-Za-z0-9_-])[A-Za-z0-9_-]*{_WORDS})=|--(?P<flag>[A-Za-z0-9_-]*{_WORDS})\s+)[\"']?(?P<value>{_LITERAL})",
    re.IGNORECASE,
)
_SHAPE_SIGNS = (
    *("AKLT", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "hf_", "sk-"),
    *("xox", "PRIVATE KEY", "eyJ", "://", "\\"),
)
_NAME_SIGNS = ("token", "passw", "passphrase", "secret", "key")
_NAMED_LITERAL = re.compile(
    r"[tpsk](?:oken|assword|asswd|assphrase|ecret|ey(?:[_-]?id)?)[\"']?[\s:=]+(?!env:|file:|\{|\$)\S"
)
_TOKEN_LIKE = re.compile(r"(?![/.~])[^\s$<>(){}]{8,}")
_ASSIGNED = "a secret that is assigned"
_COMMANDS = frozenset({"entrypoint", "args"})
_NAMED_VALUES = frozenset({"env", "vars"})
MIN_HIDDEN = 4
MIN_DIGITS = 12
MIN_KEY = 16


@dataclass(frozen=True, slots=True)
class Plaintext:
    """A scalar that holds what looks like a credential. `secret` must not be shown."""

    path: str
    node: Scalar
    secret: str
    looks_like: str
    is_problem: bool
    """Whether it is told as an error; the rest is only kept out of excerpts."""
    variable: str = "TOKEN"
    """A name for the variable that may take its place."""

    def __repr__(self) -> str:
        """The place alone."""
        return f"Plaintext({self.path})"


def find_plaintext(document: Node, text: str) -> tuple[Plaintext, ...]:
    """What looks like a credential in a document; `text` is the text of its file."""
    if not _is_worth_a_look(text):
        return ()
    return tuple(_walk(document, (), None))


def _is_worth_a_look(text: str) -> bool:
    """Whether a text may hold a credential at all; cheap, as nearly every file is asked."""
    if any(sign in text for sign in _SHAPE_SIGNS):
        return True
    lowered = text.lower()
    return any(sign in lowered for sign in _NAME_SIGNS) and _NAMED_LITERAL.search(lowered) is not None


def _walk(node: Node, path: tuple[Key, ...], above: str | None) -> Iterator[Plaintext]:
    if isinstance(node, Scalar):
        yield from _in_scalar(node, path, above)
    elif isinstance(node, Mapping):
        here = str(path[-1]) if path else None
        for name, (_, value) in node.entries.items():
            yield from _walk(value, (*path, name), here)
    else:
        for index, item in enumerate(node.items):
            yield from _walk(item, (*path, index), above)


def _in_scalar(node: Scalar, path: tuple[Key, ...], above: str | None) -> Iterator[Plaintext]:
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    text, where = node.text, dotted(path)
    for match in _SHAPE.finditer(text):
        looks_like = _SHAPES[int((match.lastgroup or "s0")[1:])][0]
        yield Plaintext(where, node, match[0], looks_like, is_problem=True)
    if name in _COMMANDS:
        for match in _COMMAND_ASSIGNMENT.finditer(text):
            if not _is_harmless(match["value"]):
                name_of = match["name"] or match["flag"].replace("-", "_").upper()
                yield Plaintext(where, node, match["value"], _ASSIGNED, is_problem=True, variable=name_of)
    if above != "secret" and node.value is not None and not isinstance(node.value, bool):
        told = above in _NAMED_VALUES and _is_secret_value(name, text)
        if told or _SECRET_NAME.fullmatch(name):
            yield Plaintext(where, node, text, "the value of a variable for a secret", is_problem=told)


def _is_secret_value(name: str, text: str) -> bool:
    if "${{" in text or not _TOKEN_LIKE.fullmatch(text) or _is_harmless(text):
        return False
    if _SECRET_NAME.fullmatch(name):
        return True
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return _KEY_NAME.fullmatch(name) is not None and len(text) >= MIN_KEY and mixed


def _is_harmless(value: str) -> bool:
    """Counts, paths and references are no secrets."""
    return (value.isdigit() and len(value) < MIN_DIGITS) or value.startswith(("/", "./", "~/", "$"))


def diagnose(found: Collection[Plaintext], allowed: Collection[str], text: str) -> Iterator[Diagnostic]:
    """One error a place that holds plaintext and is not allowed to; `text` is that of its file."""
    lines = text.split("\n")
    told: set[str] = set()
    for plaintext in found:
        if not plaintext.is_problem or plaintext.path in allowed or plaintext.path in told:
            continue
        told.add(plaintext.path)
        yield Diagnostic(
            "JS310",
            f"`{plaintext.path}` holds what looks like a credential",
            place=_extent(plaintext, lines).place,
            label=f"looks like {plaintext.looks_like}",
            help=_advice(plaintext.path, plaintext.variable),
        )


def _extent(plaintext: Plaintext, lines: list[str]) -> Extent:
    """The credential alone where it stands on one line as it is, else the whole value."""
    at = plaintext.node.at
    for number in range(at.line, min(at.end_line + 1, len(lines))):
        start = lines[number].find(plaintext.secret, at.column if number == at.line else 0)
        if start >= 0:
            return Extent(at.file, number, start, number, start + len(plaintext.secret))
    return at


def _advice(path: str, variable: str) -> str:
    name = path.rpartition(".")[2]
    allow = f"if it is none, add `{path}` to `metadata.allowPlaintext`"
    if ".env." in path:
        return f"write `{name}: {{secret: {{env: {name}}}}}`; {allow}"
    if name in _COMMANDS:
        return f"write `${variable}` here and `env: {{{variable}: {{secret: {{env: {variable}}}}}}}`; {allow}"
    return f"write `{{secret: {{env: NAME}}}}` where the value is used; {allow}"


def hide(text: str, found: Collection[Plaintext]) -> str:
    """A file's text with everything found, and all that is shaped like it, replaced by asterisks.

    Lines and columns stay where they were.
    """
    lines = text.split("\n")
    if found:
        written = tuple(lines)
        for plaintext in found:
            _hide_node(lines, written, plaintext)
        text = "\n".join(lines)
    return hide_shapes(text) if _is_worth_a_look(text) else text


def _hide_node(lines: list[str], written: tuple[str, ...], plaintext: Plaintext) -> None:
    """Hide the credential where it stands as it is, or the whole value when an escape or a break hides it."""
    at = plaintext.node.at
    numbers = range(at.line, min(at.end_line + 1, len(lines)))
    stands_as_it_is = any(plaintext.secret in written[number] for number in numbers)
    for number in numbers:
        start = at.column if number == at.line else 0
        end = at.end_column if number == at.end_line else len(lines[number])
        line = lines[number]
        if stands_as_it_is:
            hidden = line[start:end].replace(plaintext.secret, "*" * len(plaintext.secret))
        else:
            hidden = re.sub(r"[^\s|>]", "*", line[start:end])
        lines[number] = line[:start] + hidden + line[end:]


def hide_shapes(text: str) -> str:
    """Any text with what is shaped like a credential replaced by asterisks, length for length."""
    hidden = _SHAPE.sub(lambda match: re.sub(r"\S", "*", match[0]), text)
    return _ASSIGNMENT.sub(_hide_value, hidden)


def _hide_value(match: re.Match[str]) -> str:
    if _is_harmless(match["value"]):
        return match[0]
    return match[0][: match.start("value") - match.start()] + "*" * len(match["value"])


def without_secrets(diagnostic: Diagnostic, secrets: Collection[str]) -> Diagnostic:
    """The diagnostic with no secret in its words: a help line may quote the user's own text."""
    return replace(
        diagnostic,
        message=_without(diagnostic.message, secrets),
        label=_without(diagnostic.label, secrets),
        help=_without(diagnostic.help, secrets),
    )


def _without(words: str, secrets: Collection[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= MIN_HIDDEN:
            words = words.replace(secret, "***")
    return words
