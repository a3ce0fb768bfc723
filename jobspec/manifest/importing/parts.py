"""Convert the lists and maps of a live task to a manifest's form: image, roles, env, storages, retry. Pure.

The inverse of `payload`, but tolerant: what a manifest cannot express is noted and omitted.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

from jobspec.manifest.importing.document import Note, duration, fits, loss, named, whole
from jobspec.manifest.importing.extra import passed_on
from jobspec.manifest.payload.fields import CLAIM, RESOURCE_FIELDS, ROLE_FIELDS, STORAGE_KEYS, pascal
from jobspec.manifest.schema.parts import RetryReason
from jobspec.manifest.schema.spelling import alike, form
from jobspec.redaction.masking import is_masked
from jobspec.redaction.names import may_be_secretive
from jobspec.redaction.values import may_hold_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Record = Mapping[str, Any]
    Part = tuple[Any, tuple[Note, ...]]

_POLICIES = get_args(RetryReason)
_OF_IMAGE = frozenset({"Id", "Url", "Type", "Credential"})
_OF_ROLE = frozenset({*ROLE_FIELDS.values(), "ResourceSpec", CLAIM})
_OF_ENV = frozenset({"Name", "Value", "IsPrivate"})
_OF_CREDENTIAL = frozenset({"AccessKeyId", "SecretAccessKey"})
OF_RETRY = frozenset(
    {
        *("EnableRetry", "PolicySets", "MaxRetryTimes", "IntervalSeconds"),
        "EnableReserveResourceOnRetry",
    }
)
"""The fields of a retry that a manifest has names for; others become `extra`."""
_OF_RETRY = {
    "MaxRetryTimes": "maxTimes",
    "IntervalSeconds": "interval",
    "EnableReserveResourceOnRetry": "reserveResource",
}


def secret(name: str) -> dict[str, dict[str, str]]:
    """Return a reference to a secret in an environment variable."""
    return {"secret": {"env": name}}


def image(record: Record) -> Part:
    """Return the image by id or by address; None if neither is returned or neither is valid."""
    spec = record.get("ImageSpec")
    if not isinstance(spec, dict):
        return None, ()
    more = tuple(
        loss("spec.image", _left_out(f"ImageSpec.{named(key)}")) for key in _unknown(spec, _OF_IMAGE)
    )
    if fits("image", spec.get("Id")) and spec.get("Id"):
        return spec["Id"], more
    found = {"url": spec.get("Url")}
    if not found["url"] or not fits("image", found):
        return None, more
    if fits("image", {**found, "type": spec.get("Type")}):
        found |= {"type": spec["Type"]} if spec.get("Type") else {}
    elif spec.get("Type"):
        more = (*more, loss("spec.image", _unwritable("its type", spec["Type"])))
    login, note = _login(spec.get("Credential"))
    return found | login, (*more, note)


def _login(credential: object) -> tuple[dict[str, Any], Note]:
    user = credential.get("RegistryUsername") if isinstance(credential, dict) else None
    login = {"credential": {"username": user, "password": secret("REGISTRY_PASSWORD")}}
    if user and fits("image", {"url": "any", **login}):
        return login, Note(
            "spec.image", "the platform does not return the registry password: set REGISTRY_PASSWORD"
        )
    return {}, Note(
        "spec.image",
        "the platform does not return a registry login; if the task had one, add "
        "credential: {username: NAME, password: {secret: {env: REGISTRY_PASSWORD}}}",
    )


def roles(record: Record) -> Part:
    """Return the valid roles, and only the first of those with the same name."""
    found: dict[Any, dict[str, Any]] = {}
    notes = _no_maps("spec.roles", record.get("TaskRoleSpecs"))
    for role in _maps(record.get("TaskRoleSpecs")):
        where = f"of the role {named(role.get('RoleName'))}"
        written = _role(role)
        extra, left = passed_on({key: role[key] for key in _unknown(role, _OF_ROLE)})
        written |= {"extra": extra} if extra else {}
        left += _of_flavor(role)
        notes += [loss("spec.roles", _left_out(f"{_shown(key, role)} {where}")) for key in left]
        if fits("roles", [written]) and written["name"] not in found:
            found[written["name"]] = written
        else:
            notes.append(loss("spec.roles", _unwritable("a role", role.get("RoleName"))))
    return list(found.values()), tuple(notes)


def _role(role: Record) -> dict[str, Any]:
    """Return the fields of a role that a manifest names; defaults of a platform are left out."""
    written = {name: whole(role.get(wire)) for name, wire in ROLE_FIELDS.items()}
    written["flavor"] = role.get("ResourceSpecId") or _flavor(role.get("ResourceSpec"))
    claim = role.get(CLAIM)
    if isinstance(claim, dict) and not written["flavor"]:
        resources = {name: whole(claim.get(wire)) for name, wire in RESOURCE_FIELDS.items()}
        written["resources"] = {name: value for name, value in resources.items() if value not in (None, "")}
    required = ("name", "replicas")
    return {name: value for name, value in written.items() if name in required or value not in (None, "")}


def _of_flavor(role: Record) -> list[str]:
    """Return `ResourceSpec` if it contains more than a flavor, or another one."""
    spec = role.get("ResourceSpec")
    if not spec or (isinstance(spec, dict) and not _unknown(spec, {"FlavorID"}) and _is_same_flavor(role)):
        return []
    return ["ResourceSpec"]


def _is_same_flavor(role: Record) -> bool:
    return role.get("ResourceSpecId") in (None, "", _flavor(role.get("ResourceSpec")))


def _flavor(spec: object) -> object:
    return spec.get("FlavorID") if isinstance(spec, dict) else None


def env(record: Record) -> Part:
    """Return the variables by name; private, masked and missing values become references to secrets."""
    found: dict[str, Any] = {}
    notes = _no_maps("spec.env", record.get("Envs"))
    for entry in _maps(record.get("Envs")):
        name, value = entry.get("Name"), entry.get("Value")
        notes += [
            loss("spec.env", _left_out(f"{named(key)} of the variable {named(name)}"))
            for key in _unknown(entry, _OF_ENV)
        ]
        is_kept_back = bool(entry.get("IsPrivate")) or value is None or is_masked(value)
        written = secret(str(name)) if is_kept_back else value
        if not isinstance(name, str) or name in found or not fits("env", {name: written}):
            notes.append(loss("spec.env", _unwritable("a variable", name)))
            continue
        found[name] = written
        if is_kept_back:
            notes.append(
                Note(
                    "spec.env",
                    f"{name} is private or not returned by the platform: set it in the environment",
                )
            )
    return dict(sorted(found.items())), tuple(notes)


def storages(record: Record) -> Part:
    """Return the storages of the kinds that a manifest supports, without credentials."""
    found: dict[str, dict[str, Any]] = {}
    notes = _no_maps("spec.storages", record.get("Storages"))
    for storage in _maps(record.get("Storages")):
        written, left = _storage(storage)
        where = named(storage.get("MountPath"))
        notes += [loss("spec.storages", _left_out(f"{key} of the storage at {where}")) for key in left]
        if written is None or written["mountPath"] in found:
            notes.append(loss("spec.storages", _unwritable("a storage", storage.get("MountPath"))))
        else:
            found[written["mountPath"]] = written
    return list(found.values()), tuple(notes)


def _storage(storage: dict[str, Any]) -> tuple[dict[str, Any] | None, list[str]]:
    """Return a storage in a manifest's form, None if that is impossible, and the omitted keys."""
    keys = {key: _camel(key) for key, value in storage.items() if value is not None}
    written = {
        name: storage[key] for key, name in keys.items() if name and not may_hold_secrets(key, storage[key])
    }
    forms = {form(key) for key in STORAGE_KEYS}
    odd = {key: storage[key] for key, name in keys.items() if not name and form(key) not in forms}
    extra, _ = passed_on(odd)
    left = [named(key) for key, name in keys.items() if name not in written and key not in extra]
    unknown = [name for name in written if name not in STORAGE_KEYS]
    for name, _ in alike(unknown, STORAGE_KEYS) if unknown else ():
        left += [named(key) for key, spelt in keys.items() if spelt == name]
        del written[name]
    ordered = {key: written[key] for key in ("type", "mountPath") if key in written} | written
    ordered |= {"extra": extra} if extra else {}
    filled = {key: value for key, value in ordered.items() if value != ""}
    for candidate in (ordered, filled):
        if _is_complete(candidate) and fits("storages", [candidate]):
            return candidate, left
    return None, left


def _camel(key: str) -> str:
    """Return the manifest's spelling of a wire key; empty if no spelling converts back to that key."""
    spellings = (key[:1].lower() + key[1:], key)
    return next((spelling for spelling in spellings if pascal(spelling) == key), "")


def _is_complete(storage: dict[str, Any]) -> bool:
    needed = {"Nas": {"nasId", "nasAddr"}, "Sfcs": {"fileSystemName", "bucket"}}.get(str(storage.get("type")))
    return needed is None or bool(storage.keys() & needed)


def storage_credential(record: Record) -> Part:
    """Return references for the key that mounts the storages, if the platform returns that there is one."""
    shown = record.get("Credential")
    if not isinstance(shown, dict) or not any(shown.values()):
        return None, ()
    written = {
        "accessKeyId": secret("STORAGE_ACCESS_KEY_ID"),
        "secretAccessKey": secret("STORAGE_SECRET_ACCESS_KEY"),
    }
    text = "the task has a key for its storages: set it in these two variables"
    left = (
        loss("spec.storageCredential", _left_out(f"Credential.{named(key)}"))
        for key in _unknown(shown, _OF_CREDENTIAL)
    )
    return written, (Note("spec.storageCredential", text), *left)


def retry(record: Record) -> Part:
    """Return the platform's own retry, as far as a manifest can express it."""
    shown = record.get("RetryOptions")
    if not isinstance(shown, dict) or not shown:
        return None, ()
    written: dict[str, Any] = {"enabled": shown.get("EnableRetry") is True}
    notes = [
        loss("spec.retry", _left_out(f"RetryOptions.{named(key)}"))
        for key in passed_on({key: shown[key] for key in _unknown(shown, OF_RETRY)})[1]
    ]
    for wire, name in _OF_RETRY.items():
        value = whole(shown.get(wire))
        value = duration(value) if name == "interval" else value
        if value is not None and fits("retry", {name: value}):
            written[name] = value
        elif value:
            notes.append(loss("spec.retry", _unwritable(name, value)))
    policies = _list(shown.get("PolicySets"))
    known = [policy for policy in policies if policy in _POLICIES]
    if known:
        written["on"] = sorted(set(known))
    notes += [loss("spec.retry", _unwritable("the reason", one)) for one in policies if one not in _POLICIES]
    return written, tuple(notes)


def _maps(value: object) -> Iterator[dict[str, Any]]:
    return (item for item in _list(value) if isinstance(item, dict))


def _no_maps(path: str, value: object) -> list[Note]:
    """Return a note for each item of a list that is not a map, and for a value that is not a list."""
    items = [item for item in _list(value) if not isinstance(item, dict)]
    if value and not isinstance(value, list):
        items = [value]
    return [loss(path, _unwritable("an entry", type(item).__name__)) for item in items if item is not None]


def _shown(key: str, values: Record) -> str:
    """Return a key with its value, if that cannot be a secret."""
    value = values[key]
    is_harmless = isinstance(value, bool | int | float) and not may_be_secretive(key)
    return f"{named(key)} ({json.dumps(value)})" if is_harmless else named(key)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _unknown(shown: dict[str, Any], known: set[str] | frozenset[str]) -> list[str]:
    return [key for key, value in shown.items() if key not in known and value not in (None, "", [], {})]


def _left_out(what: str) -> str:
    return f"omitted, because a manifest has no field for it or it may be a secret: {what}"


def _unwritable(what: str, value: object) -> str:
    return f"{what} of the live task cannot be written in a manifest: {named(value)}"
