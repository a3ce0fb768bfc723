"""One name, one thing: a class name means the same wherever it is read."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import jobspec


def test_each_class_name_is_defined_once() -> None:
    [package] = map(Path, jobspec.__path__)
    trees = (ast.parse(module.read_text("utf-8")) for module in package.rglob("*.py"))
    names = Counter(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1] == []
