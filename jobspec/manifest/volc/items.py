"""Convert the lists of a task: roles, storages, diagnostics, services. Pure.

What has no name in a manifest is put into the `extra` of its item, as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.volc import names
from jobspec.manifest.volc.building import Builder, value_at
from jobspec.manifest.volc.given import GivenFields, GivenValue, is_empty, is_null
from jobspec.manifest.volc.names import Alias, Kind
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence, plain
from jobspec.quoting import quote
from jobspec.redaction.values import may_hold_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jobspec.manifest.volc.values.context import Context

    Convert = Callable[[Mapping, Context], Node]


def put_rows(given: GivenFields, rows: Iterable[Alias], builder: Builder, context: Context) -> None:
    """Set the fields of a manifest from those that are given."""
    for row in rows:
        entry = given.of_row(row, context.findings)
        if entry is None:
            continue
        value = context.convert(entry.value, row.kind)
        if value is not None:
            builder.put(row.manifest, entry.key, value)


def put_extra(
    path: str, entries: Iterable[GivenValue], builder: Builder, context: Context
) -> list[GivenValue]:
    """Set fields without a name in a manifest, which are sent as they are, and return them.

    A credential cannot be one of them.
    """
    put = []
    for entry in entries:
        name = entry.key.text
        if may_hold_secrets(name, plain(entry.value)) and not is_empty(entry.value):
            hide_all(entry.value, context)
            context.findings.lose(
                entry.key,
                f"{quote(name)} may hold a credential, which a manifest has no field for",
                "Remove it, or pass the credential in a variable of `Envs`.",
            )
        elif not name or name != "".join(name.split()):
            context.findings.lose(entry.key, f"{quote(name)} is not a field of the API", "Remove it.")
        else:
            builder.put((*path.split("."), name), entry.key, context.verbatim(entry.value))
            put.append(entry)
    return put


def hide_all(node: Node, context: Context) -> None:
    """Hide every text at and below a node in excerpts."""
    if isinstance(node, Scalar):
        context.findings.hide(node)
        return
    below = node.items if isinstance(node, Sequence) else [value for _, value in node.entries.values()]
    for value in below:
        hide_all(value, context)


def list_of(entry: GivenValue, convert: Convert, context: Context) -> Node:
    """Return a list of maps; each item is converted, and null ones are dropped."""
    node = entry.value
    if isinstance(node, Sequence):
        items = [
            convert(item, context) if isinstance(item, Mapping) else context.verbatim(item)
            for item in node.items
            if not is_null(item)
        ]
        return Sequence(tuple(items), node.at)
    return context.verbatim(node)


def role(node: Mapping, context: Context) -> Node:
    """Return a role."""
    given, builder = GivenFields(node, context.findings), Builder()
    put_rows(given, names.ROLE, builder, context)
    claim = given.take("FlexibleResourceClaim")
    if claim is not None and isinstance(claim.value, Mapping):
        inner = GivenFields(claim.value, context.findings)
        rows = [Alias(f"resources.{row.manifest}", row.cli, row.wire, kind=row.kind) for row in names.CLAIM]
        put_rows(inner, rows, builder, context)
        put_extra("extra.FlexibleResourceClaim", inner.rest, builder, context)
    elif claim is not None:
        builder.put("resources", claim.key, context.verbatim(claim.value))
    _put_flavor_of_record(given, builder, context)
    put_extra("extra", given.rest, builder, context)
    return builder.node(node.at)


def _put_flavor_of_record(given: GivenFields, builder: Builder, context: Context) -> None:
    """Set the flavor that a record gives as `ResourceSpec: {FlavorID: …}`, too."""
    entry = given.take("ResourceSpec")
    if entry is None or is_empty(entry.value):
        return
    if not isinstance(entry.value, Mapping):
        context.findings.lose(entry.key, "`ResourceSpec` is not a map", "Write `{FlavorID: …}`.")
        return
    inner = GivenFields(entry.value, context.findings)
    flavor = inner.take("FlavorId")
    if flavor is not None and "flavor" not in builder:
        value = context.convert(flavor.value, Kind.TEXT)
        if value is not None:
            builder.put("flavor", flavor.key, value)
    put_extra("extra.ResourceSpec", inner.rest, builder, context)


def storage(node: Mapping, context: Context) -> Node:
    """Return a storage."""
    given, builder = GivenFields(node, context.findings), Builder()
    put_rows(given, names.STORAGE, builder, context)
    put_extra("extra", given.rest, builder, context)
    return builder.node(node.at)


def diagnosis(node: Mapping, context: Context) -> Node:
    """Return a check that the platform makes; its interval is in a field with the check's name."""
    given, builder = GivenFields(node, context.findings), Builder()
    named = given.take("Name")
    if named is not None:
        value = context.convert(named.value, Kind.TEXT)
        if value is not None:
            builder.put("name", named.key, value)
    put_rows(given, names.DIAGNOSIS[1:], builder, context)
    if "enabled" not in builder:
        key = implied(node)
        builder.put("enabled", key, value_at(value=False, at=key.at))
    name = named.value.text if named is not None and isinstance(named.value, Scalar) else ""
    entry = given.take(f"{name}Interval")
    if entry is not None:
        interval = context.convert(entry.value, Kind.DURATION)
        if interval is not None:
            builder.put("interval", entry.key, interval)
    put_extra("extra", given.rest, builder, context)
    return builder.node(node.at)


def implied(node: Node) -> Scalar:
    """Return a key at the start of a map, for what the map implies; no other node has its place."""
    at = node.at
    return value_at("", at._replace(end_line=at.line, end_column=at.column))


def service(node: Mapping, context: Context) -> Node:
    """Return a service."""
    given, builder = GivenFields(node, context.findings), Builder()
    put_rows(given, names.SERVICE, builder, context)
    put_extra("extra", given.rest, builder, context)
    return builder.node(node.at)
