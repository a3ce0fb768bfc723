"""The lists whose items have a key: unique in one document, and merged by it with inherited items. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYED_LISTS: Mapping[str, str] = {
    "roles": "name",
    "storages": "mountPath",
    "diagnostics": "name",
    "services": "port",
}
"""The keyed lists of a spec, each with the key of its items."""
REMOVE = "remove"
"""The field of an item that removes the inherited item with its key."""
KINDS_OF_ITEMS: Mapping[str, str] = {"storages": "type"}
"""The field that selects the other fields of an item; items of different kinds have nothing in common."""

ALTERNATIVES: Mapping[str, Mapping[str, str]] = {"roles": {"flavor": "resources", "resources": "flavor"}}
"""Fields of an item that exclude each other: setting one drops the inherited other one."""


def identity(key: object) -> str | None:
    """Return what the platform knows an item by; None if the key is neither text nor an integer.

    Roles are upper-case in the names of variables, and mount paths are folders.
    """
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        return None
    text = str(key)
    if not text.startswith("/"):
        return text.upper()
    return "/" + "/".join(step for step in text.split("/") if step not in ("", "."))
