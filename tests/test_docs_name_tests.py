"""The pages name tests as evidence; each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
KNOWN = set(re.findall(r"^(?:async )?def (test_\w+)|^class (Test\w+)", TESTS, re.MULTILINE))
NAMES = {name for pair in KNOWN for name in pair if name}
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    named = set(re.findall(r"(?<![\w/])(test_\w+)(?!\w*\.py)", page.read_text(encoding="utf-8")))
    assert named - NAMES == set()


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_every_file_of_tests_that_a_page_names_exists(page: Path) -> None:
    named = set(re.findall(r"tests/[\w/]+\.py", page.read_text(encoding="utf-8")))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
