"""The tags that mark a run as ours: one codec, from values to tags and back.

A tag is `jobspec-<key>_<value>`. Only `[A-Za-z0-9_-]` and at most 63 characters are sent; any other value is
replaced by a readable stem and a hash, and matched by that encoding. Tags that this codec did not write
belong to the user and are left alone.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.manifest.schema.limits import RESERVED_TAG

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LENGTH = 63
_SEPARATOR = "--"
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_ENCODED = re.compile(r".*--[0-9a-f]{16}")


class TagKey(StrEnum):
    """The key of one of our tags."""

    SCOPE = "scope"
    TASK = "task"
    SPEC = "spec"
    RUN = "run"
    KEEP = "keep"
    STOP = "stop"
    CORE = "core"
    RERUN = "rerun"
    ADOPTED = "adopted"
    SET = "set"


_KEYS = {key.value: key for key in TagKey}
_OURS = re.compile(rf"{RESERVED_TAG}({'|'.join(TagKey)})_(.+)", re.DOTALL)


class StopReason(StrEnum):
    """Why jobspec cancelled a run; written just before the cancel."""

    REPLACE = "replace"
    REMOVED = "removed"
    SUSPEND = "suspend"
    DUPLICATE = "duplicate"
    USER = "user"
    MAX_FAILED = "max-failed"


class Keep(StrEnum):
    """What happens when the manifest is removed; the default, Cancel without protect, has no tag."""

    CANCEL = "cancel"
    DELETE = "delete"
    RETAIN = "retain"
    PROTECT = "protect"


class Marks(Struct, frozen=True):
    """The content of our tags on a run. `scope`, `task`, `rerun` and `set` are encoded."""

    scope: str
    task: str
    spec: str
    run: str
    core: str = ""
    keep: Keep = Keep.CANCEL
    stop: str = ""
    rerun: str = ""
    adopted: str = ""
    set: str = ""
    """The set whose limit on active runs counts the run; empty without one."""


class Inconsistent(Struct, frozen=True):
    """Tags of ours that contradict each other or the echoed spec: the run is reported and never touched.

    `fields` are the spec fields that the tags contradict.
    """

    reason: str
    scopes: frozenset[str]
    tasks: frozenset[str]
    fields: tuple[str, ...] = ()


def encode(key: TagKey, value: str) -> str:
    """Return the tag for a value. Different values have different tags."""
    tag = prefixed(key, value)
    if _PLAIN.fullmatch(value) and len(tag) <= MAX_LENGTH and not _ENCODED.fullmatch(value):
        return tag
    return prefixed(key, _stem_and_hash(value, MAX_LENGTH - len(prefixed(key, ""))))


def encoding(key: TagKey, value: str) -> str:
    """Return only the value part of the tag, as `Marks` holds it."""
    return encode(key, value).removeprefix(prefixed(key, ""))


def prefixed(key: TagKey, encoded: str) -> str:
    """Return the tag for an encoded value."""
    return f"{RESERVED_TAG}{key}_{encoded}"


def is_encoded(value: str) -> bool:
    """Return whether a value looks like a stem and a hash."""
    return _ENCODED.fullmatch(value) is not None


def decoded(key: TagKey, encoded: str, known: Iterable[str] = ()) -> str | None:
    """Return the value of an encoding, or None if it cannot be determined.

    The value is one of `known`, the encoding itself if that is plain, or its stem with one `-` replaced by
    `/`: the hash proves each.
    """
    for value in known:
        if encoding(key, value) == encoded:
            return value
    if not is_encoded(encoded):
        return encoded
    stem = encoded.rpartition(_SEPARATOR)[0]
    guesses = (f"{stem[:at]}/{stem[at + 1 :]}" for at, sign in enumerate(stem) if sign == "-")
    return next((guess for guess in guesses if encoding(key, guess) == encoded), None)


def readable(value: str) -> str:
    """Return the value part of a tag for display: an encoded value is shown by its stem."""
    return f"{value.rpartition(_SEPARATOR)[0]}…" if is_encoded(value) else value


def _stem_and_hash(value: str, room: int) -> str:
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", value)[: room - len(_SEPARATOR) - len(digest)]
    return f"{stem.strip('-')}{_SEPARATOR}{digest}"


def is_ours(tag: str) -> bool:
    """Return whether this codec writes tags like this one."""
    return _OURS.fullmatch(tag) is not None


def user_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags that are not ours, in their order."""
    return tuple(tag for tag in tags if not is_ours(tag))


def write(marks: Marks | None, user: Iterable[str]) -> tuple[str, ...]:
    """Return every tag of a run: the user's, then ours; an unmanaged run has none of ours."""
    if marks is None:
        return tuple(dict.fromkeys(user))
    values = {
        TagKey.SCOPE: marks.scope,
        TagKey.TASK: marks.task,
        TagKey.SPEC: marks.spec,
        TagKey.RUN: marks.run,
        TagKey.CORE: marks.core,
        TagKey.KEEP: "" if marks.keep is Keep.CANCEL else marks.keep.value,
        TagKey.STOP: marks.stop,
        TagKey.RERUN: marks.rerun,
        TagKey.ADOPTED: marks.adopted,
        TagKey.SET: marks.set,
    }
    ours = (prefixed(key, value) for key, value in values.items() if value)
    return (*dict.fromkeys(user), *ours)


def read(tags: Iterable[str]) -> Marks | Inconsistent | None:
    """Return the marks from our tags, the contradiction between them, or None without any."""
    found = _by_key(tags)
    if not found:
        return None
    reason = _contradiction(found)
    if reason:
        return Inconsistent(
            reason, frozenset(found.get(TagKey.SCOPE, ())), frozenset(found.get(TagKey.TASK, ()))
        )
    only = {key: values[0] for key, values in found.items()}
    return Marks(
        scope=only[TagKey.SCOPE],
        task=only[TagKey.TASK],
        spec=only[TagKey.SPEC],
        run=only[TagKey.RUN],
        core=only.get(TagKey.CORE, ""),
        keep=Keep(only.get(TagKey.KEEP, Keep.CANCEL)),
        stop=only.get(TagKey.STOP, ""),
        rerun=only.get(TagKey.RERUN, ""),
        adopted=only.get(TagKey.ADOPTED, ""),
        set=only.get(TagKey.SET, ""),
    )


def _by_key(tags: Iterable[str]) -> dict[TagKey, list[str]]:
    found: dict[TagKey, list[str]] = {}
    for tag in dict.fromkeys(tags):
        if match := _OURS.fullmatch(tag):
            found.setdefault(_KEYS[match[1]], []).append(match[2])
    return found


def _contradiction(found: dict[TagKey, list[str]]) -> str:
    for key, values in found.items():
        if len(values) > 1:
            return f"two `{RESERVED_TAG}{key}_…` tags"
    for key in (TagKey.SCOPE, TagKey.TASK, TagKey.SPEC, TagKey.RUN):
        if key not in found:
            return f"no `{RESERVED_TAG}{key}_…` tag"
    if TagKey.KEEP in found and found[TagKey.KEEP][0] not in {k.value for k in Keep if k is not Keep.CANCEL}:
        return f"an unknown `{RESERVED_TAG}keep_…` tag"
    return ""
