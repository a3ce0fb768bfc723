"""The architecture page names functions and modules that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
WALK = re.findall(r"^\| `(\w+)` \| `([\w/]+\.py)` \|", PAGE, re.MULTILINE)
MODULES = sorted(set(re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.py)`", PAGE)))


@pytest.mark.parametrize(("function", "module"), WALK, ids=[" in ".join(one) for one in WALK])
def test_a_function_of_the_walk_is_in_its_module(function: str, module: str) -> None:
    tree = ast.parse((ROOT / "jobspec" / module).read_text(encoding="utf-8"))
    assert function in {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}


def test_the_walk_is_on_the_page() -> None:
    assert len(WALK) > 25


@pytest.mark.parametrize("module", MODULES)
def test_a_module_that_the_page_names_exists(module: str) -> None:
    assert (ROOT / "jobspec" / module).exists() or (ROOT / module).exists()
