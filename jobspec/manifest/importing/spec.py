"""Convert the spec of a live task to a manifest's form: each field that differs from its default. Pure."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from jobspec.manifest.importing import access_and_network, parts
from jobspec.manifest.importing.document import ORDER, Note, duration, fits, loss, named, whole
from jobspec.manifest.importing.extra import passed_on
from jobspec.manifest.payload.create import DEFAULT_RESOURCE_GROUP
from jobspec.manifest.payload.fields import LIKELY_RECORD_FIELDS, SPEC_FIELDS, known_fields, manifest_field
from jobspec.manifest.schema.task_model import Metadata, PartialSpec
from jobspec.manifest.schema.units import NO_DEADLINE
from jobspec.manifest.values import DEFAULT_DEADLINE_SECONDS
from jobspec.redaction.names import may_be_secretive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jobspec.manifest.importing.parts import Part, Record

REQUIRED = {"image": "its image", "entrypoint": "its entrypoint", "roles": "its roles"}
_DEFAULTS: Mapping[str, object] = {
    "Framework": "Custom",
    "ActiveDeadlineSeconds": DEFAULT_DEADLINE_SECONDS,
    "EnableTensorBoard": False,
    "CacheType": "Cloudfs",
}
_COMMANDS = frozenset({"EntrypointPath", "Args"})  # they may contain text that cannot be told from a secret
_DURATIONS = frozenset({"ActiveDeadlineSeconds", "DelayExitTimeSeconds"})
_PARTS: Mapping[str, tuple[str, Callable[[Record], Part]]] = {
    "ImageSpec": ("image", parts.image),
    "TaskRoleSpecs": ("roles", parts.roles),
    "Envs": ("env", parts.env),
    "Storages": ("storages", parts.storages),
    "Credential": ("storageCredential", parts.storage_credential),
    "RetryOptions": ("retry", parts.retry),
    "AccessType": ("access", access_and_network.access),
    "DiagOptions": ("diagnostics", access_and_network.diagnostics),
    "PrivateNetwork": ("network", access_and_network.network),
    "CustomServices": ("services", access_and_network.services),
}
_MAPS = ("RetryOptions", "PrivateNetwork", "TensorBoardStorage")
_OF_METADATA = {"Description": "description", "Tags": "tags"}
# The fields of a record outside the spec: set by the platform, or the outcome of the run.
_OF_A_RECORD = frozenset(
    {
        *LIKELY_RECORD_FIELDS,
        *("Name", *_OF_METADATA),
        *(
            "ResourceGroupId",
            "ResourceQueueId",
            "AccessUsers",
            "TensorBoardStorage",
            *_PARTS,
            *(field.wire for field in SPEC_FIELDS),
        ),
    }
)


def _wires_of_optional() -> dict[str, list[str]]:
    """Return the fields that a manifest may omit, in the order of the reference, with their wire names."""
    wires: dict[str, list[str]] = {field: [wire] for wire, (field, _) in _PARTS.items()}
    for field in SPEC_FIELDS:
        wires.setdefault(field.path.partition(".")[0], []).append(field.wire)
    return {name: wires[name] for name in ORDER["spec"] if name in wires and name not in REQUIRED}


_OPTIONAL = _wires_of_optional()


def spec_of(record: Record) -> tuple[dict[str, Any], list[Note]]:
    """Return the spec of a live task, in the order of the reference, and the notes about it."""
    found: dict[str, Any] = {}
    notes: list[Note] = []
    _take_plain_fields(record, found, notes)
    _take_place_to_run(record, found, notes)
    for field, part in _PARTS.values():
        value, more = part(record)
        notes += more
        if value:
            found[field] = value
    storage, more = access_and_network.tensorboard_storage(record)
    if storage:
        found.setdefault("tensorboard", {})["storage"] = storage
    extra, left = _not_known(record)
    if extra:
        found["extra"] = extra
    notes += [*more, *_not_shown(record), *left]
    return {field: found[field] for field in ORDER["spec"] if field in found}, notes


def _take_plain_fields(record: Record, found: dict[str, Any], notes: list[Note]) -> None:
    for field in SPEC_FIELDS:
        value = whole(record.get(field.wire))
        if value in (None, "") or value == _DEFAULTS.get(field.wire) or _is_its_own(record, field.wire):
            continue
        value = _written(field.wire, value)
        top, _, inner = manifest_field(field.wire).removeprefix("spec.").partition(".")
        if not fits(top, {inner: value} if inner else value):
            notes += [_unwritable(top, field.wire, value)] if value else []
        elif inner:
            found.setdefault(top, {})[inner] = value
        else:
            found[top] = value
    _drop_code_without_origin(found, notes)


def _written(wire: str, value: object) -> object:
    """Return the value of a plain field in a manifest's form."""
    if wire == "ActiveDeadlineSeconds" and value == 0 and not isinstance(value, bool):
        return NO_DEADLINE
    return duration(value) if wire in _DURATIONS else value


def _is_its_own(record: Record, wire: str) -> bool:
    """Whether the field is the TensorBoard path that the platform generated for this task."""
    task_id = record.get("Id")
    return wire == "TensorBoardPath" and bool(task_id) and str(task_id) in str(record[wire])


def _drop_code_without_origin(found: dict[str, Any], notes: list[Note]) -> None:
    code = found.get("code", {})
    if "source" in code and "originPath" not in code:
        notes.append(_unwritable("code", "CodeSource", code.pop("source")))
    if not code:
        found.pop("code", None)


def _take_place_to_run(record: Record, found: dict[str, Any], notes: list[Note]) -> None:
    queue, group = record.get("ResourceQueueId"), record.get("ResourceGroupId")
    if queue and fits("resourceQueue", queue):
        found["resourceQueue"] = queue
        if group and group != DEFAULT_RESOURCE_GROUP:
            notes.append(loss("spec.resourceQueue", f"the task also has the group {named(group)}"))
    elif group and group != DEFAULT_RESOURCE_GROUP and fits("resourceGroup", group):
        found["resourceGroup"] = group
    elif queue or group not in (None, "", DEFAULT_RESOURCE_GROUP):
        notes.append(_unwritable("resourceGroup", "ResourceQueueId, ResourceGroupId", queue or group))
    if not queue and not group:
        notes.append(
            Note(
                "spec.resourceGroup",
                "the platform returns neither queue nor group; without one, the group is `default`",
            )
        )


def _not_shown(record: Record) -> Iterator[Note]:
    """Yield one note for each field that the platform does not return, with what to add."""
    for wire, name in _OF_METADATA.items():
        if record.get(wire) is None:
            yield Note(f"metadata.{name}", _hint(name, Metadata))
    for name, wires in _OPTIONAL.items():
        if not any(record.get(wire) not in (None, {}) for wire in wires):
            yield Note(f"spec.{name}", _hint(name, PartialSpec))


@cache
def _hint(name: str, model: type[Metadata | PartialSpec]) -> str:
    info = model.model_fields[model.field_aliases()[name]]
    example = _in_a_line((info.examples or [""])[0])
    return f"not returned by the platform; if the task had it, for example: {name}: {example}"


def _in_a_line(value: Any) -> str:
    """Return one of our examples as YAML on one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_in_a_line(part)}' for key, part in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_in_a_line, value))}]"
    return value if isinstance(value, str) and value.isidentifier() else json.dumps(value)


def _not_known(record: Record) -> tuple[dict[str, Any], list[Note]]:
    """Return the fields that neither a manifest nor this release knows, as `extra`, and notes about them."""
    known = {
        key: whole(value)
        for key, value in record.items()
        if key not in _OF_A_RECORD and value not in (None, "", [], {})
    }
    extra, left = passed_on(known)
    extra |= {wire: inside for wire in _MAPS if (inside := _unnamed(record.get(wire), wire))}
    if not fits("extra", extra):
        extra, left = {}, list(known)
    notes = []
    if extra:
        text = "not known to this release and sent as they are; remove those that the platform sets itself"
        notes.append(Note("spec.extra", text))
    if left:
        shown = sorted(_with_harmless_value(key, record[key]) for key in left)
        notes.append(loss("", f"not part of a manifest, and omitted: {', '.join(shown)}"))
    return extra, notes


def _unnamed(shown: object, wire: str) -> dict[str, Any]:
    """Return the fields of a map that a manifest has no name for and that can be sent as they are."""
    if not isinstance(shown, dict) or not shown:
        return {}
    named_here, rest = known_fields(f"{wire}.").values(), shown.items()
    found = {key: value for key, value in rest if key not in named_here and value not in (None, "", [], {})}
    return passed_on(found)[0]


def _with_harmless_value(key: str, value: object) -> str:
    is_harmless = isinstance(value, bool | int | float) and not may_be_secretive(key)
    return f"{named(key)} ({json.dumps(value)})" if is_harmless else named(key)


def _unwritable(field: str, wire: str, value: object) -> Note:
    shown = "" if wire in _COMMANDS else f": {named(value)}"
    return loss(f"spec.{field}", f"{wire} of the live task cannot be written in a manifest{shown}")
