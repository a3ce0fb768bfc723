from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from jobspec.errors import UsageError
from jobspec.report.output_schemas import output_schemas
from jobspec.workflow.project.reference import explain_code, explain_field, schemas

if TYPE_CHECKING:
    from tests.conftest import MatchesFile

FOLDER = Path(__file__).parent.parent.parent / "schemas"


@pytest.mark.parametrize("name", sorted(output_schemas()))
def test_the_published_schema_of_machine_output_is_fresh(name: str, matches_file: MatchesFile) -> None:
    text = json.dumps(output_schemas()[name], indent=2, ensure_ascii=False) + "\n"
    matches_file(text, FOLDER / name)


@pytest.mark.parametrize("name", sorted(output_schemas()))
def test_the_schema_is_valid_in_its_dialect(name: str) -> None:
    Draft202012Validator.check_schema(output_schemas()[name])


def test_every_published_schema_is_offered_by_the_command() -> None:
    assert set(schemas()) == {path.name for path in FOLDER.iterdir()}


def test_a_misspelt_field_suggests_the_closest() -> None:
    with pytest.raises(UsageError) as caught:
        explain_field("spec.roles.replica")
    assert caught.value.help == "did you mean `spec.roles.replicas`?"


def test_a_map_is_explained_by_the_fields_inside_it() -> None:
    assert "\nfields:\n  name: text\n  replicas: integer\n" in explain_field("spec.roles")


def test_a_code_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(UsageError) as refused:
        explain_code("JS777")
    assert refused.value.help == "all codes are listed in docs/diagnostics.md"
    with pytest.raises(UsageError, match="unknown code `JS90O`") as refused:
        explain_code("JS90O")
    assert refused.value.help == "did you mean `JS900`?"
