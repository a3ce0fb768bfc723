"""Convert one task of a vendor's file to the tree of a manifest. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.manifest.schema.task_model import Metadata, PartialSpec
from jobspec.manifest.values import API_VERSION
from jobspec.manifest.volc import items, names
from jobspec.manifest.volc.building import Builder, key_at, map_of, value_at
from jobspec.manifest.volc.context import Context
from jobspec.manifest.volc.environment import Environment
from jobspec.manifest.volc.findings import CHANGED
from jobspec.manifest.volc.given import Entry, Given, is_empty
from jobspec.manifest.volc.items import put_extra, put_rows
from jobspec.manifest.volc.names import Kind, Row, form
from jobspec.manifest.yaml.tree import NO_EXTENT, Mapping, Node, Scalar, child
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
        given = Given(node, self.context.findings)
        metadata, spec = Builder(), Builder()
        is_sdk = any("_" in key or key in ("ak", "sk") for key in node.entries)
        put_rows(given, names.METADATA, metadata, self.context)
        self._put_image(given, spec)
        self._put_place(given, spec)
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
        self._put_parts(given, spec)
        self._put_code(given, spec)
        self._put_environment(given, spec)
        self._put_storage_credential(given, spec)
        given.take(*names.OF_A_RECORD)
        self._put_rest(given, spec)
        return _document(metadata, spec, node)

    def _put_rest(self, given: Given, spec: Builder) -> None:
        rest = [entry for entry in given.rest if not is_empty(entry.value)]
        for entry in put_extra("extra", rest, spec, self.context):
            name = entry.key.text
            self.context.findings.warn(
                CHANGED,
                entry.key,
                f"{quote(name)} has no name in a manifest; it is sent as it is, in `spec.extra`",
                _advice(name),
            )

    def _drop_generated_path(self, given: Given, task_id: Entry | None) -> None:
        """Leave out the TensorBoard path that the platform generated for the task of a record."""
        if task_id is None or not isinstance(task_id.value, Scalar) or "TensorBoardPath" not in given:
            return
        entry = given.take("TensorBoardPath")
        if entry and isinstance(entry.value, Scalar) and task_id.value.text not in entry.value.text:
            given.restore(entry)

    def _put_place(self, given: Given, spec: Builder) -> None:
        queue, name, group = (self._text(given, row) for row in names.PLACE)
        findings = self.context.findings
        if queue:
            spec.put("resourceQueue", *queue)
        elif name:
            spec.put("resourceQueue.name", *name)
        if queue and name:
            findings.warn(
                CHANGED,
                name[0],
                "the queue is given by its id and by its name; the manifest has the id",
                "check that both are the same queue: the vendor's command line prefers the name",
            )
        if group and (queue or name):
            findings.lose(
                group[0],
                f"{quote(group[0].text)} is given besides a queue; the manifest has the queue",
                "remove one of the two",
            )
        elif group:
            spec.put("resourceGroup", *group)

    def _text(self, given: Given, row: Row) -> tuple[Scalar, Node] | None:
        entry = given.of_row(row, self.context.findings)
        value = None if entry is None else self.context.convert(entry.value, row.kind)
        return None if entry is None or value is None else (entry.key, value)

    def _put_image(self, given: Given, spec: Builder) -> None:
        source = given.take("ImageSpec")
        inner = Given(Mapping({}, NO_EXTENT), self.context.findings)
        if source is not None and isinstance(source.value, Mapping):
            inner = Given(source.value, self.context.findings)
        elif source is not None and not is_empty(source.value):
            advice = "write `{Id: …}` or `{Url: …}`"
            self.context.findings.lose(source.key, "`ImageSpec` is not a map", advice)
        identity = self._first(given.take("Image", "image_id"), inner.take("Id"))
        url = self._first(given.take("ImageUrl"), inner.take("Url"))
        type_ = self._first(inner.take("Type"))
        login = self._login(given.take("ImageCredential"), inner.take("Credential"))
        rest = [one for one in inner.rest if not is_empty(one.value)]
        put_extra("extra.ImageSpec", rest, spec, self.context)
        if url:
            spec.put("image.url", *url)
            if type_:
                spec.put("image.type", *type_)
            if login:
                spec.put("image.credential", *login)
        elif identity:
            spec.put("image", *identity)
        self._report_unused_image(identity, url, type_, login)

    def _report_unused_image(
        self,
        identity: tuple[Scalar, Node] | None,
        url: tuple[Scalar, Node] | None,
        type_: tuple[Scalar, Node] | None,
        login: tuple[Scalar, Node] | None,
    ) -> None:
        unused = [identity] if url else [login]
        if not url and type_ and not identity:
            unused.append(type_)
        for one in filter(None, unused):
            self.context.findings.lose(
                one[0],
                f"{quote(one[0].text)} is given besides another image, or without `ImageUrl`",
                "keep either the image's id, or its address with type and login",
            )

    def _first(self, *entries: Entry | None) -> tuple[Scalar, Node] | None:
        for entry in entries:
            value = None if entry is None else self.context.convert(entry.value, Kind.TEXT)
            if entry is not None and value is not None:
                return entry.key, value
        return None

    def _login(self, *entries: Entry | None) -> tuple[Scalar, Node] | None:
        entry = next((one for one in entries if one and not is_empty(one.value)), None)
        if entry is None or not isinstance(entry.value, Mapping):
            return None
        inner = Given(entry.value, self.context.findings)
        user, token = inner.take("RegistryUsername"), inner.take("RegistryToken", "RegistryPassword")
        put_extra("extra.ImageSpec.Credential", inner.rest, Builder(), self.context)
        name = self._first(user)
        values = {} if name is None else {"username": name[1]}
        at = token.value if token and isinstance(token.value, Scalar) else entry.key
        text = at.text if token else ""
        values["password"] = self.context.secret(
            "REGISTRY_PASSWORD", at, "the login for the image registry", value=text
        )
        return entry.key, map_of(values, entry.key.at)

    def _put_parts(self, given: Given, spec: Builder) -> None:
        for wire, field, rows in (
            ("RetryOptions", "retry", names.RETRY),
            ("PrivateNetwork", "network", names.NETWORK),
            ("TensorBoardStorage", "tensorboard.storage", names.TENSORBOARD_STORAGE),
        ):
            entry = given.take(wire)
            if entry is None or is_empty(entry.value):
                continue
            if not isinstance(entry.value, Mapping):
                spec.put(field, entry.key, entry.value)
                continue
            inner, part = Given(entry.value, self.context.findings), Builder()
            if field == "retry" and "EnableRetry" not in inner:
                key = items.implied(entry.value)
                part.put("enabled", key, value_at(value=False, at=key.at))
            put_rows(inner, rows, part, self.context)
            put_extra(f"extra.{wire}", inner.rest, spec, self.context)
            spec.put(field, entry.key, part.node(entry.value.at))
        self._put_access(given, spec)

    def _put_access(self, given: Given, spec: Builder) -> None:
        kind, users = (self._text(given, row) for row in names.ACCESS)
        if users:
            if kind:
                spec.put("access.type", *kind)
            spec.put("access.users", *users)
        elif kind:
            spec.put("access", *kind)

    def _put_code(self, given: Given, spec: Builder) -> None:
        path, mount = given.take("UserCodePath"), given.take("RemoteMountCodePath")
        if path is None or not isinstance(path.value, Scalar) or not path.value.text:
            return
        text, at = path.value.text, path.value.at
        found = self.find_code(at.file, text)
        if found is None:
            self.context.findings.lose(
                path.value,
                f"the code at {quote(text)} does not exist, relative to the file",
                "correct `UserCodePath`, or remove it; jobspec does not upload code",
            )
            return
        self.context.findings.warn(
            CHANGED,
            path.value,
            f"jobspec does not upload the code at {quote(text)}",
            "upload it yourself, and add its address as `spec.code.tosPath` to the manifest",
        )
        spec.put("code.source", path.key, value_at("Local", at))
        spec.put("code.originPath", path.key, self.context.text(value_at(found, at)))
        value = self._first(mount)
        if value:
            spec.put("code.localPath", *value)

    def _put_environment(self, given: Given, spec: Builder) -> None:
        environment, entry = Environment(self.context), given.take("Envs")
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

    def _put_storage_credential(self, given: Given, spec: Builder) -> None:
        entry, keys = given.take("Credential"), [given.take("ak"), given.take("sk")]
        if entry is not None and isinstance(entry.value, Mapping):
            inner = Given(entry.value, self.context.findings)
            keys = [inner.take("AccessKeyId"), inner.take("SecretAccessKey")]
            put_extra("extra.Credential", inner.rest, spec, self.context)
        elif entry is not None and not is_empty(entry.value):
            items.hide_all(entry.value, self.context)
            self.context.findings.lose(entry.key, "`Credential` is no map", "write both of its keys")
            return
        given_keys = [one for one in keys if one is not None and not is_empty(one.value)]
        for one in given_keys:
            items.hide_all(one.value, self.context)
        if len(given_keys) < len(keys):  # as the vendor's SDK, which ignores one without the other
            return
        fields = zip(
            ("accessKeyId", "secretAccessKey"),
            ("STORAGE_ACCESS_KEY_ID", "STORAGE_SECRET_ACCESS_KEY"),
            given_keys,
            strict=True,
        )
        for field, variable, one in fields:
            if isinstance(one.value, Scalar):
                secret = self.context.secret(variable, one.value, f"{quote(one.key.text)} of the storages")
                spec.put(f"storageCredential.{field}", one.key, secret)


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
        return f"if {quote(known[close[0]])} is meant, correct it"
    return "remove it if the platform does not know it"


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
