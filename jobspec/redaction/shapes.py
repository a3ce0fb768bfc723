"""The one list of credential shapes, and the search for them in any text. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobspec.redaction.masking import MASK
from jobspec.redaction.names import KEY_NAME, SECRET_NAME, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

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
# The long patterns are compiled when they are first used: most runs show no text with a credential.
_SHAPE = "|".join(f"(?P<s{n}>(?<![A-Za-z0-9]){regex})" for n, (_, regex) in enumerate(_SHAPES))
_NAME = rf"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]*{WORDS}"
_VALUE = r"[^\s\"'`$;&|<>(){},\]*]{3,}"
_ASSIGNMENT = rf"(?i){_NAME}[\"']?(?:[:=]|[ \t])[ \t]*[\"'*&!]?(?P<value>{_VALUE})"
_KEY_ASSIGNMENT = re.compile(rf"(?<!\w)[A-Z0-9_]*KEY[\"']?:[ \t]*[\"'*&!]?(?P<value>{_VALUE})")
_CREDENTIAL_LINE = re.compile(r"credentials?[\"']?:[ \t]*\{.*", re.IGNORECASE)
_ENTRY = re.compile(rf"(?<!\benv)(?<!\bfile):[ \t]*[\"'*&!]?(?P<value>{_VALUE})")
_COMMAND_ASSIGNMENT = (
    rf"(?i)(?:(?P<name>{_NAME})=|--(?P<flag>[A-Za-z0-9_-]*{WORDS})\s+)[\"']?"
    r"(?P<value>[^\s\"'`$;&|<>(){},\]]{8,})"
)
_FOREIGN = r"[^\s\"'`&;,#]"
_FOREIGN_ASSIGNMENT = re.compile(
    rf"((?:{WORDS}|signature)=)(?!\$|[0-9]{{1,11}}(?!{_FOREIGN})){_FOREIGN}+", re.IGNORECASE
)
"""As in `--token=…` and `?token=…`; references and counts are not secrets."""
_FOREIGN_PASSWORD = re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)")
_SHAPE_SIGNS = (
    *("AKLT", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "hf_", "sk-"),
    *("xox", "PRIVATE KEY", "eyJ", "://", "\\", "earer ", " Basic ", "ey: ", 'ey": "', "-key", "login "),
)
_QUERY_SIGNS = ("token=", "api_key=", "sig=", "ignature=", "-Token=")
_SIGNS_IN_VALUES = (*(sign for sign in _SHAPE_SIGNS if sign != "\\"), *_QUERY_SIGNS)
"""As written, a value may escape a sign; as read, it does not."""
_SHORTEST_SHAPE = 8
_NAME_SIGNS = ("token", "passw", "passphrase", "secret", "key", "cred")
_REFERENCE = re.compile(r"\{\s*secret:\s*\{\s*(?:env:\s*[a-z0-9_]+|file:\s*[\w./~-]+)\s*\}\s*\}")
"""A well-formed reference in lower case."""
_NAMED_LITERAL = re.compile(
    r"cred|[tpsk](?:oken|assword|asswd|assphrase|ecret|ey(?:[_-]?id)?)[\"']?[\s:=]+(?!\$)\S"
)
_TOKEN_LIKE = re.compile(r"(?![/.~])[^\s$<>(){}]{8,}")
_PUBLIC_WORDS = frozenset({"", "true", "false", "yes", "no", "on", "off", "none", "null"})
MIN_DIGITS = 12
MIN_KEY = 16


def may_contain_credential(text: str) -> bool:
    """Whether a manifest may contain a credential. Cheap, because it is called for nearly every file."""
    lowered = text.lower()
    if _contains_any(text, _SHAPE_SIGNS) or ("@" in text and "endpoint" in lowered):
        return True
    if not _contains_any(lowered, _NAME_SIGNS):
        return False
    return _NAMED_LITERAL.search(_REFERENCE.sub("$", lowered)) is not None


def may_have_shape(text: str) -> bool:
    """Whether a text may contain the shape of a credential. Cheap, because it is called for every value."""
    return len(text) >= _SHORTEST_SHAPE and _contains_any(text, _SIGNS_IN_VALUES)


def may_have_assignment(command: str) -> bool:
    """Whether a command may set a variable or an option to a secret."""
    return _contains_any(command.casefold(), _NAME_SIGNS)


def _contains_any(text: str, signs: tuple[str, ...]) -> bool:
    for sign in signs:  # noqa: SIM110 - measured: a third faster than `any`, for nearly every file
        if sign in text:
            return True
    return False


def shapes_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield the kind of each credential in a text, and the credential."""
    for match in re.finditer(_SHAPE, text) if may_have_shape(text) else ():
        yield _SHAPES[int((match.lastgroup or "s0")[1:])][0], match[0]


def assigned_in(command: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each variable or option that a command sets to a secret, and the secret."""
    for match in re.finditer(_COMMAND_ASSIGNMENT, command):
        if not is_harmless(match["value"]):
            yield match["name"] or f"--{match['flag']}", match["value"]


def looks_secret(name: str, value: str) -> bool:
    """Whether a variable is named like a secret and its value looks like one."""
    if not _TOKEN_LIKE.fullmatch(value) or is_harmless(value):
        return False
    if SECRET_NAME.fullmatch(name):
        return True
    is_mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return KEY_NAME.fullmatch(name) is not None and len(value) >= MIN_KEY and is_mixed


def is_harmless(value: str) -> bool:
    """Whether a value is a count, a path or a reference."""
    return (value.isdigit() and len(value) < MIN_DIGITS) or value.startswith(("/", "./", "~/", "$"))


def is_public(value: str) -> bool:
    """Whether a value is harmless, or a word for true, false or null."""
    return is_harmless(value) or value.lower() in _PUBLIC_WORDS


def hide_known_shapes(text: str) -> str:
    """Return the text with asterisks for keys and tokens of known services, wherever they are."""
    return re.sub(_SHAPE, lambda match: re.sub(r"\S", "*", match[0]), text)


def hide_shapes(text: str) -> str:
    """Return the text with asterisks for everything that has the shape of a credential."""
    hidden = hide_known_shapes(text)
    hidden = _KEY_ASSIGNMENT.sub(_hide_value, re.sub(_ASSIGNMENT, _hide_value, hidden))
    return _CREDENTIAL_LINE.sub(lambda line: _ENTRY.sub(_hide_value, line[0]), hidden)


def _hide_value(match: re.Match[str]) -> str:
    if is_harmless(match["value"]):
        return match[0]
    return match[0][: match.start("value") - match.start()] + "*" * len(match["value"])


def mask_assigned(text: str) -> str:
    """Return a foreign text with `***` for values assigned to secret names, and for passwords in URLs."""
    if "=" in text:  # the patterns take far longer than these
        text = _FOREIGN_ASSIGNMENT.sub(rf"\1{MASK}", text)
    return _FOREIGN_PASSWORD.sub(rf"\1{MASK}", text) if "://" in text else text
