"""Convert the maps of a task: where it runs, who sees it, retry, network, keys for storages. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.payload.create import DEFAULT_RESOURCE_GROUP
from jobspec.manifest.volc import items, names
from jobspec.manifest.volc.building import Builder, value_at
from jobspec.manifest.volc.findings import CHANGED
from jobspec.manifest.volc.given import GivenFields, is_empty
from jobspec.manifest.volc.items import put_extra, put_rows
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, plain
from jobspec.quoting import quote

if TYPE_CHECKING:
    from jobspec.manifest.volc.names import Alias
    from jobspec.manifest.volc.values.context import Context

_MAPS = (
    ("RetryOptions", "retry", names.RETRY),
    ("PrivateNetwork", "network", names.NETWORK),
    ("TensorBoardStorage", "tensorboard.storage", names.TENSORBOARD_STORAGE),
)
_STORAGE_KEYS = (
    ("accessKeyId", "STORAGE_ACCESS_KEY_ID"),
    ("secretAccessKey", "STORAGE_SECRET_ACCESS_KEY"),
)


def put_place(given: GivenFields, spec: Builder, context: Context) -> None:
    """Set the queue or the group; a file with a queue's id and name keeps the id."""
    queue, name, group = (_text(given, row, context) for row in names.PLACE)
    if queue:
        spec.put("resourceQueue", *queue)
    elif name:
        spec.put("resourceQueue.name", *name)
    if queue and name:
        context.findings.warn(
            CHANGED,
            name[0],
            "the queue is given by its id and by its name; the manifest has the id",
            "Check that both are the same queue: the vendor's command line prefers the name.",
        )
    is_default = group is not None and plain(group[1]) == DEFAULT_RESOURCE_GROUP
    if group and (queue or name) and not is_default:
        context.findings.lose(
            group[0],
            "both a resource group and a queue are set; the manifest uses the queue",
            "Remove one of the two.",
        )
    elif group and not (queue or name):
        spec.put("resourceGroup", *group)


def put_access(given: GivenFields, spec: Builder, context: Context) -> None:
    """Set who can see the task."""
    kind, users = (_text(given, row, context) for row in names.ACCESS)
    if users:
        if kind:
            spec.put("access.type", *kind)
        spec.put("access.users", *users)
    elif kind:
        spec.put("access", *kind)


def _text(given: GivenFields, row: Alias, context: Context) -> tuple[Scalar, Node] | None:
    entry = given.of_row(row, context.findings)
    value = None if entry is None else context.convert(entry.value, row.kind)
    return None if entry is None or value is None else (entry.key, value)


def put_maps(given: GivenFields, spec: Builder, context: Context) -> None:
    """Set the retry, the network and the storage of a TensorBoard."""
    for wire, field, rows in _MAPS:
        entry = given.take(wire)
        if entry is None or is_empty(entry.value):
            continue
        if not isinstance(entry.value, Mapping):
            spec.put(field, entry.key, context.verbatim(entry.value))
            continue
        inner, part = GivenFields(entry.value, context.findings), Builder()
        if field == "retry" and "EnableRetry" not in inner:
            key = items.implied(entry.value)
            part.put("enabled", key, value_at(value=False, at=key.at))
        put_rows(inner, rows, part, context)
        put_extra(f"extra.{wire}", inner.rest, spec, context)
        spec.put(field, entry.key, part.node(entry.value.at))


def put_storage_credential(given: GivenFields, spec: Builder, context: Context) -> None:
    """Set references for the key that mounts storages. As in the SDK, one part alone is ignored."""
    entry, keys = given.take("Credential"), [given.take("ak"), given.take("sk")]
    if entry is not None and isinstance(entry.value, Mapping):
        inner = GivenFields(entry.value, context.findings)
        keys = [inner.take("AccessKeyId"), inner.take("SecretAccessKey")]
        put_extra("extra.Credential", inner.rest, spec, context)
    elif entry is not None and not is_empty(entry.value):
        context.findings.lose(entry.key, "`Credential` is not a map", "Write both of its keys.")
        return
    found = [one for one in keys if one is not None and not is_empty(one.value)]
    if len(found) < len(_STORAGE_KEYS):
        return
    for (field, variable), one in zip(_STORAGE_KEYS, found, strict=True):
        if isinstance(one.value, Scalar):
            secret = context.secret(variable, one.value, f"{quote(one.key.text)} of the storages")
            spec.put(f"storageCredential.{field}", one.key, secret)
        else:
            context.findings.lose(one.key, f"{quote(one.key.text)} is not text", "Write the key as text.")
