"""Find the credentials in a command, also in the scripts of other languages that it contains. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobspec.manifest.validate.plaintext_credentials import Plaintext, find_plaintext
from jobspec.manifest.validate.plaintext_signs import may_hold_plaintext
from jobspec.manifest.volc.building import map_of, value_at
from jobspec.redaction.shapes import is_public

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.manifest.yaml.tree import Scalar

UNNAMED = "TOKEN"
"""The variable for a credential that nothing names."""
_VALUE = r"[^\s\"'`$;&|<>(){},\]*]"
_PASSWORD = r"[a-z0-9_-]*(?:password|passwd|passphrase|pwd)"  # noqa: S105
_KEY = r"[a-z0-9_-]*(?:token|secret|(?:api|access|secret|private|auth)[_-]?key(?:[_-]?id)?)|[as]k"
_START = r"(?<![a-z0-9_-])"
_LINE = r"[^\n;|&]{0,200}?"
_SET = r"[\"']?[ \t]*[:=][ \t]*"
_MIXED = rf"(?=[^\s\"']{{0,99}}[0-9])(?=[^\s\"']{{0,99}}[a-z])(?P<value>{_VALUE}{{%s,}})"
_QUOTED = r"[\"'](?P<value>[^\s\"'`$(){}<>*]{%s,})[\"']"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_START}(?P<name>{_PASSWORD}){_SET}{_QUOTED % 4}",
        rf"{_START}(?P<name>{_PASSWORD}){_SET}[\"']?{_MIXED % 6}",
        rf"{_START}(?P<name>{_PASSWORD})[\"']?:[ \t]+(?P<value>[a-z0-9!@#%+~_-]{{8,}})(?=\s|$)",
        rf"{_START}(?P<name>[a-z0-9_-]*passw(?:or)?d)[ \t]+[\"']?{_MIXED % 6}",
        rf"{_START}(?P<name>{_KEY}){_SET}[\"']?{_MIXED % 8}",
        rf"{_START}(?P<name>[a-z0-9_-]{{2,}}(?:token|secret|_key(?:_id)?))[ \t]+[\"']?{_MIXED % 12}",
        rf"\b(?:docker|podman|nerdctl|helm|crane|skopeo|buildah)\b{_LINE}\blogin\b{_LINE}\s"
        rf"(?:-p|--password)[ =]?[\"']?(?P<value>{_VALUE}{{4,}})",
        rf"\bredis-cli\b{_LINE}\s(?:-a|--pass)[ =]?[\"']?(?P<value>{_VALUE}{{4,}})",
        rf"\bmysql[a-z]*\b{_LINE}\s-p[\"']?(?P<value>{_VALUE}{{4,}})",
        rf"\bsshpass\b{_LINE}\s-p[ ]?[\"']?(?P<value>{_VALUE}{{4,}})",
        rf"\bcurl\b{_LINE}\s(?:-u|--user)[ =]?[\"']?[^\s:\"'$]+:(?P<value>{_VALUE}{{4,}})",
    )
)
_ATTRIBUTE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\[?")
_SIGNS = (
    "token",
    "passw",
    "passphrase",
    "pwd",
    "secret",
    "key",
    "ak",
    "sk",
    "login",
    "redis",
    "mysql",
    "curl",
)


def credentials_of(field: str, text: str, node: Scalar) -> Iterator[Plaintext]:
    """Yield the credentials in a command that is the value of a field: first those with a name."""
    tree = map_of({field: value_at(text, node.at)}, node.at)
    if may_hold_plaintext({field: text}):
        found = [one for one in find_plaintext(tree) if one.is_problem]
        yield from sorted(found, key=lambda one: one.variable == UNNAMED)
    lowered = text.lower()
    for form in _FORMS if any(sign in lowered for sign in _SIGNS) else ():
        for match in form.finditer(text):
            if not (is_public(match["value"]) or _is_code(match)):
                name = re.sub(r"\W+", "_", match.groupdict().get("name") or "password").strip("_")
                yield Plaintext(
                    field, node, match["value"], "a credential", is_problem=True, variable=name.upper()
                )


def _is_code(match: re.Match[str]) -> bool:
    """Whether the value is an attribute or a call in another language, as in `token = args.token_1`."""
    before, after = match.string[match.start("value") - 1], match.string[match.end() : match.end() + 1]
    return before not in "\"'" and (after == "(" or _ATTRIBUTE.fullmatch(match["value"]) is not None)


def changes(name: str, secret: str, command: str) -> bool:
    """Whether a command sets a variable, other than to the secret itself: its value may be another."""
    for match in _occurrences(name, command):
        is_expanded = command[: match.start()].endswith(("$", "${"))
        if not is_expanded and not _sets(match, secret, command):
            return True
    return False


def mentions(name: str, secret: str, command: str) -> bool:
    """Whether a command has a variable of a name, other than in one place that sets it to the secret.

    A variable that is set for the whole task would be set there, too.
    """
    found = _occurrences(name, command)
    return len(found) > 1 or any(not _sets(match, secret, command) for match in found)


def _occurrences(name: str, command: str) -> list[re.Match[str]]:
    return list(re.finditer(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", command))


def _sets(match: re.Match[str], secret: str, command: str) -> bool:
    return re.compile(rf"=[\"']?{re.escape(secret)}").match(command, match.end()) is not None
