"""A manifest that can no longer be parsed is never treated as a foreign file."""

from __future__ import annotations

import pytest

from jobspec.manifest.files.foreign_files import is_foreign
from jobspec.manifest.yaml.source import parse

BODY = "metadata: {name: x}\nspec:\n  entrypoint: sleep 60\n"


@pytest.mark.parametrize(
    "text",
    [
        f"kind: Task\n{BODY}  args: 'unclosed\n",
        f"<<<<<<< HEAD\n{BODY}",
        "kind: Task\nmetadata: {name: x\n",
        '"kind": "Project"\n{',
        f"{BODY}\t- tab\n",
    ],
)
def test_a_broken_manifest_is_ours(text: str) -> None:
    assert not is_foreign(parse(text.encode(), "t.yaml"))


@pytest.mark.parametrize("text", ["a: 'unclosed\n", "{% if x %}\nname: y\n", "- [\n", "spec: 'unclosed\n"])
def test_another_broken_file_is_foreign(text: str) -> None:
    assert is_foreign(parse(text.encode(), "t.yaml"))
