"""Convert one task of a vendor's file to the tree of a manifest. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.manifest.schema.limits import RESERVED_TAG
from jobspec.manifest.schema.task_model import Metadata, PartialSpec
from jobspec.manifest.values import API_VERSION
from jobspec.manifest.volc import items, names, parts
from jobspec.manifest.volc.building import Builder, key_at, value_at
from jobspec.manifest.volc.findings import CHANGED
from jobspec.manifest.volc.given import GivenFields, GivenValue, is_empty
from jobspec.manifest.volc.image import first, put_image
from jobspec.manifest.volc.items import put_extra, put_rows
from jobspec.manifest.volc.names import form
from jobspec.manifest.volc.values.context import Context
from jobspec.manifest.volc.values.environment import TaskVariables
from jobspec.manifest.yaml.tree import Mapping, Scalar, Sequence, child
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Callable

    FindCode = Callable[[str, str], str | None]

_KNOWN = frozenset(
    name
    for rows in (names.METADATA, names.SPEC, names.PLACE, names.CODE, names.IMAGE)
    for row in rows
    for name in row.names
) | {"taskrolespecs", "imagespec", "envs", "storages"}
_LISTS = (
    ("TaskRoleSpecs", "roles", items.role),
    ("Storages", "storages", items.storage),
    ("DiagOptions", "diagnostics", items.diagnosis),
    ("CustomServices", "services", items.service),
)


def knows(node: Mapping) -> bool:
    """Whether a map has a field of a task, besides its name."""
    return any(form(key) in _KNOWN and form(key) != "name" for key in node.entries)


class TaskConverter(Struct):
    """Converts the tasks of one conversion. `find_code` returns a local path as a manifest must write it."""

    context: Context
    find_code: FindCode

    def convert(self, node: Mapping) -> Mapping:
        """Return the tree of a manifest; problems are in the context."""
        given = GivenFields(node, self.context.findings)
        metadata, spec = Builder(), Builder()
        is_record = any(name in given for name in names.RECORD_SIGNS)
        is_sdk = names.are_of_sdk(node.entries)
        put_rows(given, names.METADATA, metadata, self.context)
        metadata.change_list("tags", _without_our_tags)
        put_image(given, spec, self.context)
        parts.put_place(given, spec, self.context)
        task_id = given.take("Id", "custom_task_id")
        self._drop_generated_path(given, task_id)
        put_rows(given, names.SPEC, spec, self.context)
        if "cacheType" not in spec and not is_sdk:
            key = items.implied(node)
            spec.put("cacheType", key, value_at("none", key.at))
        for wire, field, convert in _LISTS:
            entry = given.take(wire)
            if entry is not None and not is_empty(entry.value):
                spec.put(field, entry.key, items.list_of(entry, convert, self.context))
        parts.put_maps(given, spec, self.context)
        parts.put_access(given, spec, self.context)
        self._put_code(given, spec)
        self._put_environment(given, spec)
        parts.put_storage_credential(given, spec, self.context)
        given.take(*(names.SET_BY_PLATFORM if is_record else ("order_id",)))
        self._put_rest(given, spec)
        return _document(metadata, spec, node)

    def _put_rest(self, given: GivenFields, spec: Builder) -> None:
        rest = [entry for entry in given.rest if not is_empty(entry.value)]
        for entry in put_extra("extra", rest, spec, self.context):
            name = entry.key.text
            self.context.findings.warn(
                CHANGED,
                entry.key,
                f"{quote(name)} has no name in a manifest; it is sent as it is, in `spec.extra`",
                _advice(name),
            )

    def _drop_generated_path(self, given: GivenFields, task_id: GivenValue | None) -> None:
        """Leave out the TensorBoard path that the platform generated for the task of a record."""
        if task_id is None or not isinstance(task_id.value, Scalar) or "TensorBoardPath" not in given:
            return
        entry = given.take("TensorBoardPath")
        if entry and isinstance(entry.value, Scalar) and task_id.value.text not in entry.value.text:
            given.restore(entry)

    def _put_code(self, given: GivenFields, spec: Builder) -> None:
        path, mount = given.take("UserCodePath"), given.take("RemoteMountCodePath")
        if path is None or not isinstance(path.value, Scalar) or not path.value.text:
            return
        text, at = path.value.text, path.value.at
        found = self.find_code(at.file, text)
        if found is None:
            self.context.findings.lose(
                path.value,
                f"the code at {quote(text)} does not exist, relative to the file",
                "Correct `UserCodePath`, or remove it. jobspec does not upload code.",
            )
            return
        self.context.findings.warn(
            CHANGED,
            path.value,
            f"jobspec does not upload the code at {quote(text)}",
            "Upload it yourself, and add its address as `spec.code.tosPath` to the manifest.",
        )
        spec.put("code.source", path.key, value_at("Local", at))
        spec.put("code.originPath", path.key, self.context.text(value_at(found, at)))
        value = first(self.context, mount)
        if value:
            spec.put("code.localPath", *value)

    def _put_environment(self, given: GivenFields, spec: Builder) -> None:
        commands = "\n".join(spec.text(field) for field in ("entrypoint", "args"))
        environment, entry = TaskVariables(self.context, commands), given.take("Envs")
        wrong = environment.add(entry)
        for field in ("entrypoint", "args"):
            spec.change(field, partial(environment.without_credentials, field))
        entries = environment.node()
        if entry is not None and wrong is not None:
            spec.put("env", entry.key, wrong)
        elif entries:
            first = next(iter(entries.values()))[0]
            key = first if entry is None else entry.key
            spec.put("env", key, Mapping(entries, key.at if entry is None else entry.value.at))


def _without_our_tags(tags: Sequence) -> Sequence | None:
    """Return the tags of a record without those of jobspec, which its next run gets anew."""
    kept = [tag for tag in tags.items if not (isinstance(tag, Scalar) and tag.text.startswith(RESERVED_TAG))]
    return replace(tags, items=tuple(kept)) if kept else None


def _advice(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only to explain

    close = get_close_matches(form(name[:64]), _KNOWN, 1)
    known = {
        form_: row.cli or row.wire
        for rows in (names.METADATA, names.SPEC, names.PLACE, names.CODE, names.IMAGE)
        for row in rows
        for form_ in row.names
    }
    if close and close[0] in known:
        return f"If you mean {quote(known[close[0]])}, correct it."
    return "Remove it if the platform does not know it."


def _document(metadata: Builder, spec: Builder, node: Mapping) -> Mapping:
    at = node.at
    return Mapping(
        {
            "apiVersion": (key_at("apiVersion", at), value_at(API_VERSION, at)),
            "kind": (key_at("kind", at), value_at("Task", at)),
            "metadata": (key_at("metadata", at), metadata.node(at, Metadata.field_aliases())),
            "spec": (key_at("spec", at), spec.node(at, PartialSpec.field_aliases())),
        },
        at,
    )


def missing(document: Mapping) -> list[str]:
    """Return the required fields that a manifest lacks, by their names in the vendor's files."""
    wanted = {"image": "Image", "entrypoint": "Entrypoint", "roles": "TaskRoleSpecs"}
    lacks = [vendor for field, vendor in wanted.items() if child(document, "spec", field) is None]
    return lacks if child(document, "metadata", "name") is not None else ["TaskName", *lacks]
