"""The generated pages are up to date, and every field and code can be explained."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobspec.codes import CODES, codes_page, explain_code
from jobspec.manifest.reference import (
    explain_field,
    field_names,
    field_page,
    fields_below,
    manifest_reference,
)

if TYPE_CHECKING:
    from tests.conftest import MatchesFile

ROOT = Path(__file__).parent.parent.parent


def test_the_reference_of_fields_is_up_to_date(matches_file: MatchesFile) -> None:
    matches_file(manifest_reference(), ROOT / "docs" / "manifest-reference.md")


def test_the_page_of_codes_is_up_to_date(matches_file: MatchesFile) -> None:
    matches_file(codes_page(), ROOT / "docs" / "diagnostics.md")


def test_a_field_is_explained_with_its_unit_default_and_example() -> None:
    field = explain_field("spec.activeDeadline")
    assert field is not None
    assert (field.unit, field.default, field.examples, field.required) == (
        "seconds",
        432000,
        ("120h",),
        False,
    )
    assert "activeDeadline: 120h" in (field_page("spec.activeDeadline") or "")


def test_a_field_inside_a_list_needs_no_index() -> None:
    field = explain_field("spec.roles.replicas")
    assert field is not None
    assert (field.type, field.required) == ("integer", True)
    assert [field.path for field in fields_below("spec.roles")] == [
        f"spec.roles.{name}"
        for name in (
            *("name", "replicas", "flavor", "resources", "minReplicas", "maxFailed"),
            *("restartPolicy", "restartMaxRetries", "gpuRate", "zone", "extra", "remove"),
        )
    ]


def test_an_unknown_field_is_not_explained() -> None:
    assert explain_field("spec.nothing") is None


@pytest.mark.parametrize("path", field_names())
def test_every_field_has_a_meaning(path: str) -> None:
    field = explain_field(path)
    assert field is not None
    assert field.description
    assert "any value" not in field.type or "vars" in path or path.endswith(".extra")


def test_the_sources_and_the_table_have_the_same_codes() -> None:
    table = ROOT / "jobspec" / "codes"
    sources = [file for file in (ROOT / "jobspec").rglob("*.py") if table not in file.parents]
    used = {code for file in sources for code in re.findall(r'"(JS\d{3})"', file.read_text(encoding="utf-8"))}
    known = {code.code for code in CODES}
    assert used <= known
    not_built_yet = {code for code in known - used if code[2] in "456"}
    assert known - used - not_built_yet == set()


def test_codes_are_in_order_and_never_used_twice() -> None:
    codes = [code.code for code in CODES]
    assert codes == sorted(set(codes))


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.code)
def test_every_code_is_explained(code: object) -> None:
    text = explain_code(getattr(code, "code", ""))
    assert text is not None
    assert text.count("\n\n") >= 2


def test_a_code_that_does_not_exist_is_not_explained() -> None:
    assert explain_code("JS999") is None
