"""Convert the image of a task, in any of its forms. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.volc.building import Builder, map_of
from jobspec.manifest.volc.given import GivenFields, GivenValue, is_empty
from jobspec.manifest.volc.items import put_extra
from jobspec.manifest.volc.names import Kind
from jobspec.manifest.yaml.tree import NO_EXTENT, Mapping, Node, Scalar, plain
from jobspec.quoting import quote

if TYPE_CHECKING:
    from jobspec.manifest.volc.values.context import Context

    Found = tuple[Scalar, Node] | None


def put_image(given: GivenFields, spec: Builder, context: Context) -> None:
    """Set the image: by its id, or by its address with type and login."""
    inner = _source(given, context)
    identity = first(context, given.take("Image", "image_id"), inner.take("Id"))
    url = first(context, given.take("ImageUrl"), inner.take("Url"))
    kind = first(context, inner.take("Type"))
    login = _login(context, given.take("ImageCredential"), inner.take("Credential"))
    rest = [one for one in inner.rest if not is_empty(one.value)]
    put_extra("extra.ImageSpec", rest, spec, context)
    if url:
        for path, found in (("image.url", url), ("image.type", kind), ("image.credential", login)):
            if found:
                spec.put(path, *found)
    elif identity:
        spec.put("image", *identity)
    if url and identity:
        context.findings.lose(
            identity[0], "`Image` and `ImageUrl` are both set", "Keep either the image's id or its address."
        )
    for key, _ in filter(None, () if url else (login, None if identity else kind)):
        context.findings.lose(
            key, f"{quote(key.text)} requires `ImageUrl`", "Add the address of the image, or remove it."
        )


def first(context: Context, *entries: GivenValue | None) -> Found:
    """Return the text that is given and not empty, with its key. Another one is lost."""
    found: Found = None
    for entry in entries:
        value = None if entry is None else context.convert(entry.value, Kind.TEXT)
        if entry is None or value is None:
            continue
        if found is None:
            found = (entry.key, value)
        elif plain(value) != plain(found[1]):
            context.findings.conflict(entry.key, found[0])
    return found


def _source(given: GivenFields, context: Context) -> GivenFields:
    source = given.take("ImageSpec")
    if source is not None and isinstance(source.value, Mapping):
        return GivenFields(source.value, context.findings)
    if source is not None and not is_empty(source.value):
        context.findings.lose(source.key, "`ImageSpec` is not a map", "Write `{Id: …}` or `{Url: …}`.")
    return GivenFields(Mapping({}, NO_EXTENT), context.findings)


def _login(context: Context, *entries: GivenValue | None) -> Found:
    entry = next((one for one in entries if one and not is_empty(one.value)), None)
    if entry is None:
        return None
    if not isinstance(entry.value, Mapping):
        context.findings.lose(entry.key, f"{quote(entry.key.text)} is not a map", "Write its two fields.")
        return None
    inner = GivenFields(entry.value, context.findings)
    user, token = inner.take("RegistryUsername"), inner.take("RegistryToken", "RegistryPassword")
    for one in inner.rest:
        context.findings.lose(one.key, f"{quote(one.key.text)} is not a field of a login", "Remove it.")
    name = first(context, user)
    values: dict[str, Node] = {} if name is None else {"username": name[1]}
    at = token.value if token and isinstance(token.value, Scalar) else entry.key
    text = at.text if token else ""
    values["password"] = context.secret(
        "REGISTRY_PASSWORD", at, "the login for the image registry", value=text
    )
    return entry.key, map_of(values, entry.key.at)
