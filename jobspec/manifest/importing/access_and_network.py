"""Convert access, diagnostics, network, services and TensorBoard storage of a live task. Pure.

As in `parts`, what a manifest cannot express is noted and omitted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobspec.manifest.importing.document import Note, duration, fits, loss, named, whole
from jobspec.manifest.importing.extra import passed_on
from jobspec.manifest.payload.fields import SERVICE_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobspec.manifest.importing.parts import Part, Record

_NETWORK = {"VpcId": "vpcId", "SubnetId": "subnetId", "SecurityGroupIds": "securityGroupIds"}
_TENSORBOARD = {
    "Type": "type",
    "NasId": "nasId",
    "NasAddr": "nasAddr",
    "VepfsId": "vepfsId",
    "SubPath": "subPath",
}


def access(record: Record) -> Part:
    """Return who can see the task."""
    kind, users = record.get("AccessType"), record.get("AccessUsers")
    if not kind and not users:
        return None, ()
    written: Any = {"type": kind, "users": users} if users else kind
    for candidate in (written, kind):
        if candidate and fits("access", candidate):
            lost = candidate is not written
            return candidate, (_unwritable("access", "AccessUsers", users),) if lost else ()
    return None, (_unwritable("access", "AccessType", kind or users),)


def diagnostics(record: Record) -> Part:
    """Return the platform's checks."""
    return _items("diagnostics", record.get("DiagOptions"), _diagnosis)


def _diagnosis(item: Mapping[str, Any]) -> dict[str, Any]:
    interval = f"{item.get('Name')}Interval"
    found = {"name": item.get("Name"), "enabled": item.get("Enable") is True}
    if item.get(interval):
        found["interval"] = duration(whole(item[interval]))
    return _with_extra(found, item, {"Name", "Enable", interval})


def services(record: Record) -> Part:
    """Return the services."""
    return _items("services", record.get("CustomServices"), _service)


def _service(item: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: whole(item.get(wire)) for name, wire in SERVICE_FIELDS.items()}
    given = {name: value for name, value in found.items() if value not in (None, "")}
    return _with_extra(given, item, set(SERVICE_FIELDS.values()))


def network(record: Record) -> Part:
    """Return the private network."""
    return _map("network", "PrivateNetwork", record.get("PrivateNetwork"), _NETWORK)


def tensorboard_storage(record: Record) -> Part:
    """Return the file system of the TensorBoard."""
    shown = record.get("TensorBoardStorage")
    found, notes = _map("tensorboard.storage", "TensorBoardStorage", shown, _TENSORBOARD)
    if found and not fits("tensorboard", {"storage": found}):
        return None, (*notes, _unwritable("tensorboard.storage", "TensorBoardStorage", found))
    return found, notes


def _map(field: str, wire: str, shown: object, names: Mapping[str, str]) -> Part:
    if not isinstance(shown, dict) or not any(shown.values()):
        return None, ()
    found = {name: shown[key] for key, name in names.items() if shown.get(key) not in (None, "", [])}
    rest = {
        key: value for key, value in shown.items() if key not in names and value not in (None, "", [], {})
    }
    notes = tuple(loss(f"spec.{field}", f"omitted: {wire}.{named(key)}") for key in passed_on(rest)[1])
    if "." not in field and not fits(field, found):
        return None, (*notes, _unwritable(field, wire, found))
    return found, notes


def _items(field: str, shown: object, convert: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Part:
    found: list[dict[str, Any]] = []
    notes: list[Note] = []
    for item in shown if isinstance(shown, list) else ():
        written = convert(item) if isinstance(item, dict) else {}
        if fits(field, [*found, written]):
            found.append(written)
        else:
            notes.append(_unwritable(field, "an entry", item))
    return found, tuple(notes)


def _with_extra(found: dict[str, Any], item: Mapping[str, Any], known: set[str]) -> dict[str, Any]:
    rest = {key: value for key, value in item.items() if key not in known and value not in (None, "", [], {})}
    extra, _ = passed_on(rest)
    return {**found, "extra": extra} if extra else found


def _unwritable(field: str, wire: str, value: object) -> Note:
    return loss(f"spec.{field}", f"{wire} of the live task cannot be written in a manifest: {named(value)}")
