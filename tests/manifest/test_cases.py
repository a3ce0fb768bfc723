"""Golden folders: each contains a user's files, and the reported diagnostics in `expected.txt`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jobspec.codes import CODES
from jobspec.manifest.expressions.outside import GivenVariable, Outside, unset_variable
from jobspec.manifest.load import Loaded, LoadRequest, load
from jobspec.report.diagnostics.formats import render
from jobspec.report.diagnostics.summary import closing_line

if TYPE_CHECKING:
    from tests.conftest import MatchesFile

CASES = Path(__file__).parent.parent / "cases" / "manifest"
NAMES = sorted(path.name for path in CASES.iterdir())
# Too large a file; two in tests/proof/trust; an exception; one that is found only at submit.
WITHOUT_A_CASE = {"JS109", "JS120", "JS121", "JS200", "JS320"}
OUTSIDE = {f"JS3{number}" for number in (*range(45, 55), *range(60, 65))}
"""About the configuration outside the checkouts, and about the vendor's files."""


def _loaded(case: Path) -> Loaded:
    file = case / "request.json"
    wanted = json.loads(file.read_text()) if file.exists() else {}
    return load(
        LoadRequest(
            paths=tuple(map(Path, wanted.get("paths", ()))),
            cwd=case,
            environment=wanted.get("environment"),
            scope=wanted.get("scope"),
            outside=_outside(wanted),
        )
    )


def _outside(wanted: dict[str, Any]) -> Outside:
    environ = wanted.get("environ", {})
    given = tuple(GivenVariable(name, text, "--var") for name, text in wanted.get("variables", {}).items())
    return Outside(given, lambda name: environ[name] if name in environ else unset_variable(name))


def _rendered(loaded: Loaded) -> str:
    text = render(loaded.diagnostics, loaded.sources)
    closing = closing_line(loaded.diagnostics, loaded.manifests, consequence="nothing was planned")
    names = ", ".join(task.address for task in loaded.tasks) or "none"
    return f"{text}{closing}\ntasks: {names}\n".lstrip("\n")


@pytest.mark.parametrize("name", NAMES)
def test_the_diagnostics_of_a_case_are_the_expected_ones(name: str, matches_file: MatchesFile) -> None:
    matches_file(_rendered(_loaded(CASES / name)), CASES / name / "expected.txt")


def test_every_code_of_manifests_has_a_case() -> None:
    text = "".join((CASES / name / "expected.txt").read_text() for name in NAMES)
    manifest_codes = {code.code for code in CODES if code.code[2] in "123"} - OUTSIDE
    assert {code for code in manifest_codes if f"[{code}]" not in text} == WITHOUT_A_CASE


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("js310", "js368"))])
def test_no_format_shows_a_credential(name: str) -> None:
    loaded = _loaded(CASES / name)
    text = "".join(
        render(loaded.diagnostics, loaded.sources, format=format_)
        for format_ in ("full", "concise", "json", "github")
    )
    for secret in ("abcdefgh12345678", "hf_abc", "tr0ub4dor", "sesame12", "123456789012345"):
        assert secret not in text
