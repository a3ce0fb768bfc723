"""The tables of the page about the class are complete. `--rewrite` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobspec.manifest.payload.fields import manifest_field
from jobspec.sdk import CustomTask
from jobspec.sdk.requests import CREATE, FILTERS, WINDOW
from tests.cloud.platform import client, ok, script
from tests.sdk import reference
from tests.sdk.docstring import meanings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conftest import MatchesFile

PAGE = Path(__file__).parents[2] / "docs" / "sdk.md"


def test_the_tables_tell_every_parameter_of_the_vendors_signatures(matches_file: MatchesFile) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, table in {"parameters": parameter_table(), "filters": filter_table()}.items():
        page = with_table(page, name, table)
    matches_file(page, PAGE)


def test_the_examples_on_the_page_run(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = ok({"Id": "t-20260131010203-abcde", "State": "Success", "ExitCode": 0, "Total": 0, "List": []})
    monkeypatch.setattr("jobspec.sdk.PlatformClient", lambda settings: client(script(answer)))
    examples = re.findall(
        r"^```python\n(.+?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    with CustomTask.use(client(script(answer))):
        exec("\n".join(examples), {})
    assert len(examples) == 3


def test_every_parameter_leads_to_a_field_of_a_manifest() -> None:
    fields = {wire: manifest_field(wire) for wire in CREATE.values()}
    assert [wire for wire, field in fields.items() if not field.startswith(("spec.", "metadata."))] == []


def with_table(page: str, name: str, table: str) -> str:
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    assert found, f"the page has no place for the {name}"
    return f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}"


def parameter_table() -> str:
    explained = meanings(CustomTask)
    rows = []
    for parameter, default in reference.parameters(reference.CONSTRUCTOR).items():
        wire = CREATE.get(parameter)
        field = f"`{manifest_field(wire)}`" if wire else ""
        told = f"`{wire}`" if wire else "`Id`, `CustomTaskId`"
        rows.append((f"`{parameter}`", told, field, shown(default), without_default(explained[parameter])))
    return table(("parameter", "wire field", "manifest field", "default", "meaning"), rows)


def filter_table() -> str:
    explained, wires = meanings(CustomTask.list), {**FILTERS, **WINDOW}
    rows = [
        (f"`{parameter}`", f"`{wires[parameter]}`", shown(default), without_default(explained[parameter]))
        for parameter, default in reference.parameters(reference.LIST).items()
    ]
    return table(("parameter", "wire field", "default", "meaning"), rows)


def shown(default: object) -> str:
    return f"`{default}`"


def without_default(meaning: str) -> str:
    return re.sub(r" Default: [^.]*\.", "", meaning).removesuffix(".")


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (f"| {' | '.join(cells)} |\n" for cells in (heads, *rows))
    return next(lines) + "|---" * len(heads) + "|\n" + "".join(lines)
