"""The table of all names, for `docs/from-volc.md`. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobspec.manifest.volc import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobspec.manifest.volc.names import Alias

BEGIN, END = "<!-- names: generated -->", "<!-- end of names -->"
_GROUPS: Sequence[tuple[Sequence[Alias], str, str]] = (
    (names.METADATA, "metadata.", ""),
    (names.IMAGE, "spec.", ""),
    (names.CREDENTIAL, "spec.", ""),
    (names.SPEC, "spec.", ""),
    (names.CODE, "spec.", ""),
    (names.PLACE, "spec.", ""),
    (names.ACCESS, "spec.", ""),
    (names.ROLE, "spec.roles[].", "TaskRoleSpecs[]."),
    (names.CLAIM, "spec.roles[].resources.", "TaskRoleSpecs[].FlexibleResourceClaim."),
    (names.STORAGE, "spec.storages[].", "Storages[]."),
    (names.STORAGE_CREDENTIAL, "spec.storageCredential.", ""),
    (names.RETRY, "spec.retry.", "RetryOptions."),
    ((*names.DIAGNOSIS, names.INTERVAL), "spec.diagnostics[].", "DiagOptions[]."),
    (names.NETWORK, "spec.network.", "PrivateNetwork."),
    (names.SERVICE, "spec.services[].", "CustomServices[]."),
    (names.TENSORBOARD_STORAGE, "spec.tensorboard.storage.", "TensorBoardStorage."),
)
_LISTS = {"TaskRoleSpecs": "task_role_specs", "Storages": "storages"}
_ENV = (
    ("spec.env.NAME", "Envs[].Name, .Value", "envs", "a credential becomes a reference"),
    ("spec.env.NAME.value", "Envs[].Value", "envs", "of a private variable that is no secret"),
    ("spec.env.NAME.private", "Envs[].IsPrivate", "envs", ""),
    ("spec.extra, .extra of an item", "any other name", "", "sent as it is"),
)


def names_table() -> str:
    """Return the table of the names in a manifest, and in the vendor's command line, API and SDK."""
    rows = [
        "| manifest | command line | API | SDK | note |",
        "|---|---|---|---|---|",
        *(_row(row, above, vendor) for rows, above, vendor in _GROUPS for row in rows),
        *(
            f"| `{path}` | {_code(vendor)} | {_code(vendor)} | {_code(sdk)} | {note} |"
            for path, vendor, sdk, note in _ENV
        ),
    ]
    return "\n".join(rows) + "\n"


def with_table(page: str) -> str:
    """Return the page with the table between its marks."""
    head, _, rest = page.partition(BEGIN)
    _, _, foot = rest.partition(END)
    return f"{head}{BEGIN}\n\n{names_table()}\n{END}{foot}"


def _row(row: Alias, above: str, vendor: str) -> str:
    listed = re.match(r"(\w+)\[\]", vendor)
    below = vendor[listed.end() :].lstrip(".") if listed else ""
    sdk = row.sdk or (f"{_LISTS[listed[1]]}[].{below}{row.wire}" if listed and listed[1] in _LISTS else "")
    cells = [f"{above}{row.manifest}", _named(vendor, row.cli), _named(vendor, row.wire), sdk]
    return f"| {' | '.join(map(_code, cells))} | {row.note} |"


def _named(vendor: str, name: str) -> str:
    return f"{vendor}{name}" if name else ""


def _code(name: str) -> str:
    return f"`{name}`" if name and name != "any other name" else name


def documented() -> Iterator[str]:
    """Yield the path of each field of a manifest in the table, without the numbers of items."""
    for rows, above, _ in _GROUPS:
        yield from (f"{above}{row.manifest}".replace("[]", "") for row in rows)
