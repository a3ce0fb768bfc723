"""Text in a manifest that looks like a credential: found, and hidden from everything that is shown; pure.

What is found here leaves this module only as a place or as asterisks, never as itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobspec.diagnostics import (
    Diagnostic,
    Place,
)
from jobspec.manifest.validate.wording import SECRET_HELP, dotted
from jobspec.manifest.yaml.tree import (
    Extent,
    Key,
    Mapping,
    Node,
    Scalar,
)
from jobspec.quoting import quote
from jobspec.redaction.names import KEY_NAME, SECRET_NAME, VARIABLE, WORDS, is_secretive

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence


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
    (
        "an authorization header",
        r"(?<=[Bb]earer )(?=\S*[0-9])[A-Za-z0-9._~+/=-]{16,}|(?<=Authorization: Basic )[A-Za-z0-9+/=]{8,}",
    ),
    (
        "a key in a header or an option",
        r"(?:(?<=[Kk]ey: )|(?<=[Kk]ey\": \")|(?<=-key )|(?<=-key=))(?=\S*[0-9])[A-Za-z0-9._-]{20,}"
        r"|(?<=login )[0-9a-f]{40}",
    ),
    (
        "a token in a URL",
        r"(?:(?<=[?&]token=)|(?<=[?&]access_token=)|(?<=[?&]api_key=)|(?<=[?&]sig=)|(?<=[?&][Ss]ignature=)"
        r"|(?<=-Signature=)|(?<=-Security-Token=))[^\s\"'`$;&|<>(){},#]{8,}",
    ),
    ("a password in a URL", r"(?<=://)[^\s/:@$]*:[^\s/@$]{3,}(?=@)"),
)
_SHAPE = re.compile("|".join(f"(?P<s{n}>(?<![A-Za-z0-9]){regex})" for n, (_, regex) in enumerate(_SHAPES)))
_LITERAL = r"[^\s\"'`$;&|<>(){},\]]{8,}"
_HIDDEN = r"[^\s\"'`$;&|<>(){},\]*]{3,}"
_ASSIGNMENT = re.compile(
    rf"(?P<name>(?<![A-Za-z0-9_-])[A-Za-z0-9_-]*{WORDS})"
    rf"[\"']?(?:[:=]|[ \t])[ \t]*[\"'*&!]?(?P<value>{_HIDDEN})",
    re.IGNORECASE,
)
_KEY_ASSIGNMENT = re.compile(rf"(?<!\w)[A-Z0-9_]*KEY[\"']?:[ \t]*[\"'*&!]?(?P<value>{_HIDDEN})")
_CREDENTIAL_LINE = re.compile(r"credentials?[\"']?:[ \t]*\{.*", re.IGNORECASE)
_ENTRY = re.compile(rf"(?<!\benv)(?<!\bfile):[ \t]*[\"'*&!]?(?P<value>{_HIDDEN})")
_COMMAND_ASSIGNMENT = re.compile(
    rf"(?:(?P<name>(?<![A-Za-z0-9_-])[A-Za-z0-9_-]*{WORDS})=|--(?P<flag>[A-Za-z0-9_-]*{WORDS})\s+)[\"']?(?P<value>{_LITERAL})",
    re.IGNORECASE,
)
_SHAPE_SIGNS = (
    *("AKLT", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "hf_", "sk-"),
    *("xox", "PRIVATE KEY", "eyJ", "://", "\\", "earer ", " Basic ", "ey: ", 'ey": "', "-key", "login "),
)
_NAME_SIGNS = ("token", "passw", "passphrase", "secret", "key", "cred")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REFERENCE = re.compile(r"\{\s*secret:\s*\{\s*(?:env:\s*[a-z0-9_]+|file:\s*[\w./~-]+)\s*\}\s*\}")
"""A well-formed reference in lower case."""
_NAMED_LITERAL = re.compile(
    r"cred|[tpsk](?:oken|assword|asswd|assphrase|ecret|ey(?:[_-]?id)?)[\"']?[\s:=]+(?!\$)\S"
)
_TOKEN_LIKE = re.compile(r"(?![/.~])[^\s$<>(){}]{8,}")
_ASSIGNED = "an assigned secret"
_OF_VARIABLE = "the value of a variable for a secret"
_COMMANDS = frozenset({"entrypoint", "args"})
_NAMED_VALUES = frozenset({"env", "vars"})
MIN_HIDDEN = 4
MAX_COMPARED = 10**8
"""Characters of words, times credentials looked for in them, that are worth the time."""
_OF_ENV = re.compile(r"\.env\.([^.\[]+)")
_QUOTES = re.compile("`.*`", re.DOTALL)
MAX_APART = 20
"""Credentials in one value that are hidden one by one; of more, the whole value is."""
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


def find_plaintext(document: Node) -> tuple[Plaintext, ...]:
    """What looks like a credential in a document; only `is_worth_a_look` tells whether to look at all."""
    return tuple(_walk(document, (), None, is_hidden=False))


def is_worth_a_look(text: str) -> bool:
    """Whether a text may hold a credential at all; cheap, as nearly every file is asked."""
    if any(sign in text for sign in _SHAPE_SIGNS):
        return True
    lowered = text.lower()
    if "@" in text and "endpoint" in lowered:
        return True
    if not any(sign in lowered for sign in _NAME_SIGNS):
        return False
    return _NAMED_LITERAL.search(_REFERENCE.sub("$", lowered)) is not None


def _walk(node: Node, path: tuple[Key, ...], above: str | None, *, is_hidden: bool) -> Iterator[Plaintext]:
    """What is found at a node and below; with `is_hidden` every scalar, as it may be a misspelled secret."""
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
    """Whether what is below a key of a map is to be hidden, unless it is a reference."""
    if name == "secret":
        return not _is_reference(node) and not _is_name(node.get(name))
    return is_secretive(name) or (above == "env" and KEY_NAME.fullmatch(name) is not None)


def _names_variable(node: Mapping) -> bool:
    """Whether a map is `{secret: NAME}`: a reference without its `env`."""
    return len(node.entries) == 1 and _is_name(node.get("secret"))


def _is_name(node: Node | None) -> bool:
    """Whether the name of a variable is written where a reference to it belongs."""
    return isinstance(node, Scalar) and VARIABLE.fullmatch(node.text) is not None


def _is_reference(node: Mapping) -> bool:
    """Whether a map is `{secret: {env: NAME}}` or `{secret: {file: path}}`, and nothing else."""
    source = node.get("secret")
    if len(node.entries) != 1 or not isinstance(source, Mapping) or len(source.entries) != 1:
        return False
    [(kind, (_, value))] = source.entries.items()
    if not isinstance(value, Scalar) or not isinstance(value.value, str):
        return False
    return kind == "file" or (kind == "env" and _VARIABLE.fullmatch(value.text) is not None)


def _in_scalar(
    node: Scalar, path: tuple[Key, ...], above: str | None, *, is_hidden: bool
) -> Iterator[Plaintext]:
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    text, where = node.text, dotted(path)
    for match in _SHAPE.finditer(text):
        looks_like = _SHAPES[int((match.lastgroup or "s0")[1:])][0]
        yield Plaintext(where, node, match[0], looks_like, is_problem=True)
    if name in _COMMANDS:
        yield from _in_command(node, where)
    if node.value is None or isinstance(node.value, bool):
        return
    told = above in _NAMED_VALUES and _is_secret_value(name, text)
    if told or is_hidden or _has_login(name, text):
        yield Plaintext(where, node, text, _OF_VARIABLE, is_problem=told)


def _has_login(name: str, text: str) -> bool:
    """Whether an address may hold a password, also one that is written wrongly."""
    return name == "endpoint" and "@" in text


def _in_command(node: Scalar, where: str) -> Iterator[Plaintext]:
    for match in _COMMAND_ASSIGNMENT.finditer(node.text):
        if not _is_harmless(match["value"]):
            name_of = _variable_name(match["name"] or f"--{match['flag']}")
            yield Plaintext(where, node, match["value"], _ASSIGNED, is_problem=True, variable=name_of)


def _variable_name(key: str) -> str:
    """A valid name of a variable for a key or a flag: `TOKEN` for `--token`."""
    name = re.sub(r"\W+", "_", key.strip("-")).strip("_")
    name = f"_{name}" if name[:1].isdigit() else name
    return name if key == name else name.upper()


def _is_secret_value(name: str, text: str) -> bool:
    if "${{" in text or not _TOKEN_LIKE.fullmatch(text) or _is_harmless(text):
        return False
    if SECRET_NAME.fullmatch(name):
        return True
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return KEY_NAME.fullmatch(name) is not None and len(text) >= MIN_KEY and mixed


def _is_harmless(value: str) -> bool:
    """Counts, paths and references are no secrets."""
    return (value.isdigit() and len(value) < MIN_DIGITS) or value.startswith(("/", "./", "~/", "$"))


def diagnose(
    found: Collection[Plaintext], allowed: Collection[str], lines: Sequence[str]
) -> Iterator[Diagnostic]:
    """One error a place that holds plaintext and is not allowed to; `lines` are those of its file."""
    told: set[str] = set()
    for plaintext in found:
        if not plaintext.is_problem or plaintext.path in allowed or plaintext.path in told:
            continue
        told.add(plaintext.path)
        yield Diagnostic(
            "JS310",
            f"{quote(plaintext.path)} contains what looks like a credential",
            place=_extent(plaintext, lines).place,
            label=f"looks like {plaintext.looks_like}",
            help=_advice(plaintext.path, plaintext.variable),
        )


def _extent(plaintext: Plaintext, lines: Sequence[str]) -> Extent:
    """The credential alone where it stands on one line as it is, else the whole value."""
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
        return f"write `{key}: {{secret: {{env: {_variable_name(key)}}}}}`; {allow}"
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
        for at, ones in _by_place(found).items():
            if len(ones) > MAX_APART:
                _hide_value_at(lines, at)
            else:
                for plaintext in ones:
                    _hide_node(lines, written, plaintext)
        text = "\n".join(lines)
    return hide_shapes(text) if is_worth_a_look(text) else text


def _by_place(found: Iterable[Plaintext]) -> dict[Extent, list[Plaintext]]:
    places: dict[Extent, list[Plaintext]] = {}
    for plaintext in found:
        places.setdefault(plaintext.node.at, []).append(plaintext)
    return places


def _hide_node(lines: list[str], written: tuple[str, ...], plaintext: Plaintext) -> None:
    """Hide the credential where it stands as it is, or the whole value when an escape or a break hides it."""
    secret, stretches = plaintext.secret, list(_stretches(lines, plaintext.node.at))
    if not any(secret in written[number] for number, _, _ in stretches):
        _hide_value_at(lines, plaintext.node.at)
        return
    for number, start, end in stretches:
        line = lines[number]
        lines[number] = line[:start] + line[start:end].replace(secret, "*" * len(secret)) + line[end:]


def _hide_value_at(lines: list[str], at: Extent) -> None:
    for number, start, end in _stretches(lines, at):
        line = lines[number]
        lines[number] = line[:start] + re.sub(r"[^\s|>]", "*", line[start:end]) + line[end:]


def _stretches(lines: Sequence[str], at: Extent) -> Iterator[tuple[int, int, int]]:
    """Each line of an extent by its number, and from where to where of it."""
    for number in range(at.line, min(at.end_line + 1, len(lines))):
        start = at.column if number == at.line else 0
        yield number, start, at.end_column if number == at.end_line else len(lines[number])


def hide_shapes(text: str) -> str:
    """Any text with what is shaped like a credential replaced by asterisks, length for length."""
    hidden = _SHAPE.sub(lambda match: re.sub(r"\S", "*", match[0]), text)
    hidden = _KEY_ASSIGNMENT.sub(_hide_value, _ASSIGNMENT.sub(_hide_value, hidden))
    return _CREDENTIAL_LINE.sub(lambda line: _ENTRY.sub(_hide_value, line[0]), hidden)


def _hide_value(match: re.Match[str]) -> str:
    if _is_harmless(match["value"]):
        return match[0]
    return match[0][: match.start("value") - match.start()] + "*" * len(match["value"])


def without_secrets(
    diagnostics: Collection[Diagnostic], found: Collection[Plaintext]
) -> Iterator[Diagnostic]:
    """The diagnostics with no secret in their words: a help line may quote the user's own text."""
    said = "\0".join(words for one in diagnostics for words in (one.message, one.label, one.help))
    suggested = {one.variable for one in found if one.is_problem}
    all_secrets = {one.secret for one in found if len(one.secret) >= MIN_HIDDEN} - suggested
    if len(said) * len(all_secrets) > MAX_COMPARED:
        yield from map(_without_quotes, diagnostics)
        return
    secrets = {secret for secret in all_secrets if secret in said}
    longest_first = sorted(secrets, key=lambda secret: (-len(secret), secret))
    places = {one.node.at.place for one in found if not one.is_problem}
    for one in diagnostics:
        yield replace(
            one,
            message=_without(one.message, longest_first),
            label=_without(one.label, longest_first),
            help=SECRET_HELP if _suggests_anew(one, places) else _without(one.help, longest_first),
        )


def _without_quotes(diagnostic: Diagnostic) -> Diagnostic:
    """The diagnostic with nothing of the user's own text, which is always quoted."""
    message, label, advice = (
        _QUOTES.sub("`…`", words) for words in (diagnostic.message, diagnostic.label, diagnostic.help)
    )
    return replace(diagnostic, message=message, label=label, help=advice)


def _suggests_anew(diagnostic: Diagnostic, places: Collection[Place]) -> bool:
    """Whether a help holds a hidden value in another form than it was written in."""
    return diagnostic.code == "JS209" and diagnostic.place in places


def _without(words: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        words = words.replace(secret, "***")
    return words
