"""The table of all names, for `docs/from-volc.md` in English and in Chinese. Pure."""

# ruff: noqa: RUF001 - Chinese text uses full-width punctuation

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobspec.manifest.volc import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

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
)
_HEAD = ("manifest", "command line", "API", "SDK", "note")
_OTHERS = ("`spec.extra`, or `extra` of an item", *("any other name",) * 3, "sent as it is")
CHINESE: Mapping[str, str] = {
    "manifest": "清单",
    "command line": "命令行工具",
    "API": "API",
    "SDK": "SDK",
    "note": "说明",
    "0 is `none`": "0 即 `none`",
    "left out is `none`; in the SDK's arguments, it is `Cloudfs`": (
        "省略即 `none`；在 SDK 参数中，省略即 `Cloudfs`"
    ),
    "looked up; a file with both keeps the id": "按名称查找；两者都有时保留 ID",
    "with `source: Local`; jobspec does not upload it": "配合 `source: Local` 使用；jobspec 不上传代码",
    "becomes a reference": "转换为引用",
    "also as `NasAccessPonintId`, the spelling of the vendor's documentation": (
        "也可写作 `NasAccessPonintId`，即厂商文档中的拼写"
    ),
    "a credential becomes a reference": "凭据转换为引用",
    "of a private variable that is no secret": "用于不属于密钥的私有变量",
    "`spec.extra`, or `extra` of an item": "`spec.extra`，或列表项的 `extra`",
    "any other name": "其他任意名称",
    "sent as it is": "原样发送",
}
"""The translation of each text of the table that is not a name."""


def names_table(translate: Callable[[str], str] = str) -> str:
    """Return the table of the names in a manifest, and in the vendor's command line, API and SDK."""
    rows = [
        _line(map(translate, _HEAD)),
        "|---|---|---|---|---|",
        *(_line(_cells(row, above, vendor, translate)) for rows, above, vendor in _GROUPS for row in rows),
        *(
            _line([_code(path), _code(vendor), _code(vendor), _code(sdk), note and translate(note)])
            for path, vendor, sdk, note in _ENV
        ),
        _line(map(translate, _OTHERS)),
    ]
    return "\n".join(rows) + "\n"


def with_table(page: str, translate: Callable[[str], str] = str) -> str:
    """Return the page with the table between its marks."""
    head, _, rest = page.partition(BEGIN)
    _, _, foot = rest.partition(END)
    return f"{head}{BEGIN}\n\n{names_table(translate)}\n{END}{foot}"


def _cells(row: Alias, above: str, vendor: str, translate: Callable[[str], str]) -> list[str]:
    listed = re.match(r"(\w+)\[\]", vendor)
    below = vendor[listed.end() :].lstrip(".") if listed else ""
    sdk = row.sdk or (f"{_LISTS[listed[1]]}[].{below}{row.wire}" if listed and listed[1] in _LISTS else "")
    names = [f"{above}{row.manifest}", _named(vendor, row.cli), _named(vendor, row.wire), sdk]
    return [*map(_code, names), row.note and translate(row.note)]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _named(vendor: str, name: str) -> str:
    return f"{vendor}{name}" if name else ""


def _code(name: str) -> str:
    return f"`{name}`" if name else name


def documented() -> Iterator[str]:
    """Yield the path of each field of a manifest in the table, without the numbers of items."""
    for rows, above, _ in _GROUPS:
        yield from (f"{above}{row.manifest}".replace("[]", "") for row in rows)
