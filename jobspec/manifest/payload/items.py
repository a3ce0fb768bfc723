"""Convert the maps and the items of lists in a valid spec to their wire form. Pure.

Where the wire form of a field is not confirmed, its description in `schema` says so.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from jobspec.manifest.payload.extra import merged
from jobspec.manifest.payload.fields import CLAIM, RESOURCE_FIELDS, ROLE_FIELDS, SERVICE_FIELDS, pascal
from jobspec.manifest.schema.units import seconds
from jobspec.manifest.values import NameRef, SecretRef
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Written = Mapping[str, Any]

_STORAGE_DEFAULTS: Mapping[str, dict[str, Any]] = {"Vepfs": {"readOnly": False}}
_NOTHING: dict[str, Any] = {}
_RETRY = {"maxTimes": "MaxRetryTimes", "reserveResource": "EnableReserveResourceOnRetry"}


def image(written: str | Written) -> dict[str, object]:
    """Return the image by its id, or by its address with the login of its registry."""
    if isinstance(written, str):
        return {"Id": written}
    found: dict[str, object] = {"Url": written["url"]}
    if written.get("type") is not None:
        found["Type"] = written["type"]
    credential = written.get("credential")
    if credential is not None:
        # The names of the keys are those of the vendor's command line; the platform only documents that it
        # accepts a registry credential.
        found["Credential"] = {
            "RegistryUsername": credential["username"],
            "RegistryToken": secret(credential["password"]),
        }
    return found


def secret(written: Written) -> SecretRef:
    """Return the reference that a valid `{secret: …}` is."""
    [(source, name)] = [(key, name) for key, name in written["secret"].items() if name is not None]
    return SecretRef(source, name)


def roles(written: Iterable[Written]) -> list[dict[str, object]]:
    """Return the roles, sorted by name."""
    return [_role(role) for role in sorted(written, key=itemgetter("name"))]


def _role(role: Written) -> dict[str, object]:
    wire: dict[str, object] = {}
    for key, value in role.items():
        if value is not None and key in ROLE_FIELDS:
            wire[ROLE_FIELDS[key]] = value
    if role.get("resources") is not None:
        wire[CLAIM] = {
            name: _number(role["resources"][key])
            for key, name in RESOURCE_FIELDS.items()
            if role["resources"].get(key) is not None
        }
    return _with_extra(wire, role)


def _number(value: object) -> object:
    """Return 108 for 108.0, so that both have the same hash."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def envs(written: Written) -> list[dict[str, object]]:
    """Return the variables, sorted by name."""
    return [
        _env(name, value) for name, value in sorted(written.items(), key=itemgetter(0)) if value is not None
    ]


def _env(name: str, value: str | Written) -> dict[str, object]:
    if isinstance(value, str):
        return {"Name": name, "Value": value}
    if value.get("value") is not None:
        is_private = value.get("private") is True
        return {"Name": name, "Value": value["value"], **({"IsPrivate": True} if is_private else {})}
    return {"Name": name, "Value": secret(value), "IsPrivate": True}


def storages(written: Iterable[Written]) -> list[dict[str, Any]]:
    """Return the storages, sorted by mount path."""
    return sorted(map(_storage, written), key=itemgetter("MountPath"))


def _storage(storage: Written) -> dict[str, Any]:
    wire: dict[str, Any] = {}
    for key, value in {**_STORAGE_DEFAULTS.get(storage["type"], _NOTHING), **storage}.items():
        if value is None or key == "extra":
            continue
        name, sent = pascal(key), value
        if key == "name" and storage["type"] == "Vepfs":
            name, sent = "VepfsId", NameRef("vepfs", value)
        if name in wire:  # the rules and the model refuse keys that are alike, so this is a bug
            raise ValueError(f"two keys of a storage both map to {quote(name)} in the API")
        wire[name] = sent
    return _with_extra(wire, storage)


def retry(written: Written) -> dict[str, object]:
    """Return the platform's retry as declared, also where it is off."""
    enabled = written.get("enabled")
    options: dict[str, object] = {"EnableRetry": True if enabled is None else enabled}
    options |= {name: written[key] for key, name in _RETRY.items() if written.get(key) is not None}
    if written.get("interval") is not None:
        options["IntervalSeconds"] = seconds(written["interval"])
    if written.get("on"):
        options["PolicySets"] = sorted(set(written["on"]))
    return options


def access(written: str | Written) -> dict[str, object]:
    """Return who can see the task."""
    if isinstance(written, str):
        return {"AccessType": written}
    users = sorted(set(written.get("users") or ()))
    return {"AccessType": written["type"], **({"AccessUsers": users} if users else {})}


def diagnostics(written: Iterable[Written]) -> list[dict[str, object]]:
    """Return the platform's checks, sorted by name; each has its own name for its interval."""
    return [_diagnosis(one) for one in sorted(written, key=itemgetter("name"))]


def _diagnosis(written: Written) -> dict[str, object]:
    enabled = written.get("enabled")
    wire: dict[str, object] = {"Name": written["name"], "Enable": True if enabled is None else enabled}
    if written.get("interval") is not None:
        wire[f"{written['name']}Interval"] = seconds(written["interval"])
    return _with_extra(wire, written)


def network(written: Written) -> dict[str, object]:
    """Return the private network."""
    wire = {pascal(key): value for key, value in written.items() if value is not None}
    if "SecurityGroupIds" in wire:
        wire["SecurityGroupIds"] = sorted(set(wire["SecurityGroupIds"]))
    return wire


def services(written: Iterable[Written]) -> list[dict[str, object]]:
    """Return the services, sorted by port."""
    return [_service(one) for one in sorted(written, key=itemgetter("port"))]


def _service(written: Written) -> dict[str, object]:
    wire = {name: written[key] for key, name in SERVICE_FIELDS.items() if written.get(key) is not None}
    return _with_extra(wire, written)


def tensorboard_storage(written: Written) -> dict[str, object]:
    """Return the file system of the TensorBoard."""
    return {pascal(key): value for key, value in written.items() if value is not None}


def _with_extra(wire: dict[str, Any], written: Written) -> dict[str, Any]:
    return merged(wire, written["extra"]) if written.get("extra") else wire
