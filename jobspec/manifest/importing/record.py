"""Convert a live task to a manifest: the inverse of `payload`, as far as the platform returns the task. Pure.

No private value and nothing with the shape of a credential gets into the manifest or its comments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from jobspec.errors import UsageError
from jobspec.manifest.importing.document import ORDER, Imported, Note, fits_metadata, loss, named
from jobspec.manifest.importing.secrets import without_credentials
from jobspec.manifest.importing.spec import REQUIRED, spec_of
from jobspec.manifest.schema.limits import RESERVED_TAG
from jobspec.manifest.values import API_VERSION
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping


class Given(Struct, frozen=True):
    """Additional facts about a live task: its name as a task, and its lifecycle."""

    name: str
    lifecycle: Mapping[str, object] = field(default_factory=dict)


def imported(record: Mapping[str, Any], given: Given) -> Imported:
    """Return the manifest of a live task. Raises `UsageError` if the platform does not return enough."""
    spec, notes = spec_of(record)
    missing = [what for name, what in REQUIRED.items() if name not in spec]
    if missing:
        raise UsageError(
            f"{quote(named(record.get('Id', '')))} cannot be imported: the platform does not return "
            f"{' and '.join(missing)}, or a manifest cannot express it",
            help="write the manifest by hand, then run: jobspec adopt ID NAME",
        )
    metadata, more = _metadata(record, given.name)
    document = {"apiVersion": API_VERSION, "kind": "Task", "metadata": metadata, "spec": spec}
    if given.lifecycle:
        document["lifecycle"] = dict(given.lifecycle)
    origin = Note("", f"imported from {named(record.get('Id', ''))}") if record.get("Id") else None
    found = Imported(document, (*([origin] if origin else []), *more, *notes))
    clean = without_credentials(found, record)
    return Imported(_in_order(clean.document), clean.notes)


def _metadata(record: Mapping[str, Any], name: str) -> tuple[dict[str, Any], list[Note]]:
    notes = []
    metadata: dict[str, Any] = {"name": name}
    live = str(record.get("Name") or "")
    if live != name:
        notes.append(
            Note(
                "metadata.name",
                f"its name on the platform is {named(live) or 'empty'}; adopting renames it",
            )
        )
    description = record.get("Description")
    if description and fits_metadata("description", description):
        metadata["description"] = description
    elif description:
        notes.append(loss("metadata.description", "the live description cannot be written in a manifest"))
    tags, refused = _tags(record)
    if tags:
        metadata["tags"] = tags
    return metadata, [*notes, *refused]


def _tags(record: Mapping[str, Any]) -> tuple[list[str], list[Note]]:
    kept: dict[str, None] = {}
    notes = []
    shown = record.get("Tags")
    for tag in shown if isinstance(shown, list) else ():
        if fits_metadata("tags", [tag]) and not tag.startswith(RESERVED_TAG):
            kept[tag] = None
        else:
            notes.append(loss("metadata.tags", f"a tag of the live task cannot be written: {named(tag)}"))
    return list(kept), notes


def _in_order(document: dict[str, Any]) -> dict[str, Any]:
    sections = {
        section: {name: document[section][name] for name in names if name in document[section]}
        for section, names in ORDER.items()
    }
    return document | sections
