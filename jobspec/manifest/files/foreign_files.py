"""Detect YAML files that were never meant as manifests. Pure.

Only the default patterns find such files. In doubt, a file is not skipped: a manifest with a typo must never
be skipped, because its task would count as removed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobspec.manifest.schema.limits import MAX_COMPARED
from jobspec.manifest.schema.spelling import form
from jobspec.manifest.values import API_VERSION
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from jobspec.manifest.yaml.source import Source

_OURS = re.compile(r"api[\s_-]*version[\"']?\s*:\s*[\"']?\s*job", re.IGNORECASE)
_KINDS = frozenset({"task", "tasks", "taskset", "project"})
_KIND = re.compile(r"^[\"']?kind[\"']?\s*:\s*[\"']?(?:task|project)", re.IGNORECASE | re.MULTILINE)
_ALIKE = 0.75
_MAX_KEYS = 500
"""Maximum number of keys of one map that are compared with manifest keys; a manifest has a handful."""


def is_foreign(source: Source) -> bool:
    """Whether a file is clearly not a manifest: it has none of a manifest's parts, even misspelled ones."""
    text = source.text.replace("\0", "")  # UTF-16 contains NUL bytes
    if any(problem.code == "JS109" for problem in source.diagnostics):
        return False  # its text was not kept
    if _OURS.search(text) or (source.diagnostics and _may_be_ours(text)):
        return False
    written = [one for one in source.documents if not (isinstance(one, Scalar) and one.is_absent)]
    return bool(written or source.diagnostics) and all(map(_is_foreign, written))


def _may_be_ours(text: str) -> bool:
    """Whether a text that cannot be parsed contains parts of a manifest."""
    has_parts = all(re.search(rf"^{part}\s*:", text, re.MULTILINE) for part in ("metadata", "spec"))
    return has_parts or _KIND.search(text) is not None or "jobspec" in text.casefold()


def _is_foreign(document: Node) -> bool:
    from difflib import get_close_matches  # noqa: PLC0415 - only to explain

    if isinstance(document, Sequence):
        return all(map(_is_foreign, document.items[:_MAX_KEYS]))
    if isinstance(document, Scalar):
        return "jobspec" not in document.text.casefold()
    keys = [form(key[:MAX_COMPARED]) for key in list(document.entries)[:_MAX_KEYS]]
    if "kind" in keys or any(_is_our_value(value) for _, value in document.entries.values()):
        return False
    parts = [part for part in ("metadata", "spec", "lifecycle") if get_close_matches(part, keys, 1, _ALIKE)]
    if "metadata" in parts and "spec" in parts:
        return False
    return not _has_version(document, is_manifest_like=bool(parts))


def _has_version(document: Mapping, *, is_manifest_like: bool) -> bool:
    """Whether a document has an `apiVersion` that may be ours; Helm charts have one, too."""
    from difflib import get_close_matches  # noqa: PLC0415 - only to explain

    for name, (_, value) in list(document.entries.items())[:_MAX_KEYS]:
        if get_close_matches("apiversion", [form(name[:MAX_COMPARED])], 1, 0.85):
            is_empty = isinstance(value, Scalar) and not value.text.strip()
            if is_manifest_like or is_empty or not isinstance(value, Scalar):
                return True
    return False


def _is_our_value(value: Node) -> bool:
    """Whether a value at the top of a document may be meant as our `apiVersion` or `kind`."""
    from difflib import get_close_matches  # noqa: PLC0415 - only to explain

    if not isinstance(value, Scalar) or len(value.text) > MAX_COMPARED:
        return False
    text = value.text.casefold().strip()
    return (
        text in _KINDS or text.startswith("jobspec") or bool(get_close_matches(API_VERSION, [text], 1, 0.7))
    )
