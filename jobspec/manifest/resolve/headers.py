"""Check that a document is a manifest: its version and kind. Pure."""

from __future__ import annotations

from jobspec.diagnostics import Diagnostic
from jobspec.manifest.schema.limits import MAX_COMPARED
from jobspec.manifest.values import API_VERSION, KINDS
from jobspec.manifest.yaml.tree import Extent, Mapping, Node, Scalar, child
from jobspec.quoting import quote


def header_problem(document: Node, *, by_default_pattern: bool) -> Diagnostic | None:
    """Return why a document is not a manifest: not a map, or of an unknown version or kind; else None."""
    if not isinstance(document, Mapping):
        return Diagnostic(
            "JS201",
            "the document is not a manifest",
            place=document.at.place,
            label="must be a map",
            help=f"start with `apiVersion: {API_VERSION}` and `kind: Task`",
        )
    return _version_problem(document, by_default_pattern=by_default_pattern) or _kind_problem(document)


def _version_problem(document: Mapping, *, by_default_pattern: bool) -> Diagnostic | None:
    version = document.get("apiVersion")
    if isinstance(version, Scalar) and version.value == API_VERSION:
        return None
    advice = f"write `apiVersion: {API_VERSION}`"
    if version is None:
        if by_default_pattern:
            advice += "; if the file is not a manifest, list the manifests in `spec.manifests`"
        return Diagnostic(
            "JS202",
            "the document has no `apiVersion`",
            place=first_key(document).place,
            label="`apiVersion` is missing here",
            help=advice,
        )
    shown = version.text if isinstance(version, Scalar) else "…"
    return Diagnostic(
        "JS202",
        f"unknown version {quote(shown)}",
        place=version.at.place,
        label=f"the only version is `{API_VERSION}`",
        help=advice,
    )


def _kind_problem(document: Mapping) -> Diagnostic | None:
    from difflib import get_close_matches  # noqa: PLC0415 - only to explain

    kind = document.get("kind")
    if isinstance(kind, Scalar) and kind.value in KINDS:
        return None
    *others, last = map(quote, KINDS)
    known = f"{', '.join(others)} and {last}"
    if kind is None:
        return Diagnostic(
            "JS203",
            "the document has no `kind`",
            place=first_key(document).place,
            label="`kind` is missing here",
            help="write `kind: Task`",
        )
    shown = kind.text if isinstance(kind, Scalar) else "…"
    close = get_close_matches(shown[:MAX_COMPARED].lower(), [name.lower() for name in KINDS], 1)
    meant = next((name for name in KINDS if close and name.lower() == close[0]), "Task")
    return Diagnostic(
        "JS203",
        f"unknown kind {quote(shown)}",
        place=kind.at.place,
        label=f"known are {known}",
        help=f"write `kind: {meant}`",
    )


def first_key(document: Mapping) -> Extent:
    """Return the place of a document's first key, or of the document if it is empty."""
    return next((key.at for key, _ in document.entries.values()), document.at)


def is_kind(document: Node, kind: str) -> bool:
    """Whether a document has the given `kind`."""
    node = child(document, "kind")
    return isinstance(node, Scalar) and node.value == kind
