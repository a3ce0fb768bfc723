"""The text of a file that is no YAML, as far as it may be shown: what may be a secret is asterisks; pure.

There is no tree to say what belongs to which key, so it goes by lines and indentation, and hides too much
rather than too little. A reference to a secret stays as it is.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

from jobspec.redaction.names import may_be_secretive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    IsForSecrets = Callable[[str], bool]

_KEYED = re.compile(
    r"(?P<head>\s*(?:- +)*[\"']?(?P<key>[A-Za-z0-9_-]+)[\"']?[ \t]*:(?=\s|$))(?P<rest>.*)", re.DOTALL
)
_REFERENCE = re.compile(
    r"\s*\{\s*secret:\s*\{\s*(?:env:\s*[A-Za-z0-9_]+|file:\s*[\w./~-]+)\s*\}\s*\}[\s,}\]]*"
)
_WORD = re.compile(r"(?P<head>\s*[\"']?)(?P<word>[^\s\"'|>:#$-][^\s\"'$]{7,})[\"']?[,\s]*", re.DOTALL)
_IN_LINE = re.compile(
    r"(?P<head>(?<![A-Za-z0-9_-])(?P<key>[A-Za-z0-9_-]+)[\"']?:[ \t]*)(?P<rest>\[[^\]]*|[^\s\[{,}][^,}]*)"
)
_SPELT_RIGHT = (
    *("password", "passphrase", "secret", "token", "apikey", "credential", "credentials"),
    *("accesskeyid", "accesskey", "secretaccesskey", "secretkey", "storagecredential"),
)
_OF_REFERENCE = frozenset({"secret", "env", "file"})
_ALIKE = 0.82
_COMPARED = 256 * 1024
"""In a longer text, in characters, keys are not compared one by one: it would take seconds."""
_LONGEST = max(map(len, _SPELT_RIGHT)) + 3
_SYLLABLE = re.compile("|".join(word[at : at + 3] for word in _SPELT_RIGHT for at in range(len(word) - 2)))
"""Whatever is nearly spelt like one of these words has three letters in a row with it."""


def hide_unread(text: str) -> str:
    """The text, line for line and column for column, without what may be a secret."""
    is_for_secrets = _is_nearly_for_secrets if len(text) <= _COMPARED else _may_be_for_secrets
    return "\n".join(_lines(text.split("\n"), is_for_secrets))


def _lines(lines: list[str], is_for_secrets: IsForSecrets) -> Iterator[str]:
    secret_above: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if line.strip() and secret_above is not None and indent <= secret_above:
            secret_above = None
        if secret_above is not None:
            yield _below_secret(line, is_for_secrets)
            continue
        keyed = _KEYED.fullmatch(line)
        if keyed is not None and is_for_secrets(keyed["key"]):
            secret_above = indent
            yield keyed["head"] + _hidden(keyed["rest"])
        else:
            yield _IN_LINE.sub(partial(_entry, is_for_secrets), line) if ":" in line else _alone(line)


def _below_secret(line: str, is_for_secrets: IsForSecrets) -> str:
    """A line of what belongs to a key for secrets: its own key stays if it is one that we know."""
    keyed = _KEYED.fullmatch(line)
    if keyed is None or not (keyed["key"] in _OF_REFERENCE or is_for_secrets(keyed["key"])):
        return re.sub(r"\S", "*", line)
    is_name = keyed["key"] in {"env", "file"} and re.fullmatch(r"\s*[\w./~-]+\s*", keyed["rest"])
    return line if is_name else keyed["head"] + _hidden(keyed["rest"])


def _entry(is_for_secrets: IsForSecrets, match: re.Match[str]) -> str:
    """An entry of a map in braces."""
    return match["head"] + _hidden(match["rest"]) if is_for_secrets(match["key"]) else match[0]


def _alone(line: str) -> str:
    """A single word on a line may be the value of whatever key was meant above it."""
    word = _WORD.fullmatch(line)
    return line if word is None or word["word"].startswith(("/", "./", "~/")) else re.sub(r"\S", "*", line)


def _hidden(value: str) -> str:
    return value if _REFERENCE.fullmatch(value) else re.sub(r"[^\s\[\]{}|>]", "*", value)


def _is_nearly_for_secrets(key: str) -> bool:
    """Whether a key is for secrets, or nearly spelt like one that is."""
    if may_be_secretive(key):
        return True
    return _may_be_for_secrets(key) and bool(get_close_matches(_plain(key), _SPELT_RIGHT, 1, _ALIKE))


def _may_be_for_secrets(key: str) -> bool:
    """Whether it can be: a hundredth of the work, and hides more."""
    plain = _plain(key)
    return may_be_secretive(key) or (len(plain) <= _LONGEST and bool(_SYLLABLE.search(plain)))


def _plain(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "")
