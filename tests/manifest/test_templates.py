"""Tasks that extend templates: through both readers, and with the places of their values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobspec.manifest.load import LoadRequest, load
from jobspec.manifest.resolve.composition.layers import in_order
from tests.manifest.test_composition import of_spec
from tests.proof.quick.comparing import difference, terms_of

PAGE = (Path(__file__).parent.parent.parent / "docs" / "composition.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES: list[dict[str, Any]] = [yaml.safe_load(block) for block in BLOCKS if block.startswith("under:")]
PROJECT, TASK = BLOCKS[:2]
HEAD = "apiVersion: jobspec/v1\nkind: Task\nmetadata: {name: a}\n"


def without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_null(part) for key, part in value.items() if part is not None}
    return [without_null(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: next(iter(example["under"])))
def test_the_page_shows_how_layers_merge(example: dict[str, Any]) -> None:
    assert without_null(of_spec(example["under"], example["over"])) == example["result"]


@pytest.mark.parametrize("environment", [None, "prod"])
@pytest.mark.parametrize(
    "body",
    [
        "extends: base\n",
        "extends: [gpu]\n",
        "extends: [base, gpu, bare]\n",
        "extends: [gpu, bare]\nspec: {roles: [{name: worker, flavor: small}], args: --epochs 2}\n",
        'extends: ["g${{ vars.letters }}"]\n'.replace("${{ vars.letters }}", "pu"),
        "extends: gpu\nspec: {storages: [{type: Tos, mountPath: /out, bucket: o}]}\n",
        "extends: gpu\nmetadata: {name: a, tags: [own], description: mine}\n",
    ],
)
def test_a_task_that_extends_templates_is_read_quickly_and_alike(body: str, environment: str | None) -> None:
    head = HEAD if "metadata:" not in body else HEAD.replace("metadata: {name: a}\n", "")
    assert difference(head + body, terms_of("templates", environment)) == (True, "")


@pytest.mark.parametrize("body", ["extends: unknown\n", "extends: [base, cells]\n", "extends: [base, 1]\n"])
def test_a_template_that_needs_an_explanation_is_in_doubt(body: str) -> None:
    assert difference(HEAD + body, terms_of("templates")) == (False, "")


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 7


def test_a_template_applies_once_below_what_extends_it() -> None:
    parents = {"base": (), "a": ("base",), "b": ("base", "a"), "c": ("c",), "d": ("none",)}
    assert in_order(["a", "b"], parents) == ["base", "a", "b"]
    assert in_order(["b", "base"], parents) == ["base", "a", "b"]
    assert in_order(["c", "d", "none"], parents) == ["c", "d"]


def test_a_protection_in_a_template_protects_the_task(tmp_path: Path) -> None:
    (tmp_path / "jobspec.yaml").write_text(
        PROJECT.replace("extends: base", "extends: base\n      lifecycle: {protect: true}")
    )
    (tmp_path / "train.yaml").write_text(TASK)
    [task] = load(LoadRequest((), tmp_path)).tasks
    assert task.lifecycle.protect


def test_more_than_fifty_levels_are_an_error(tmp_path: Path) -> None:
    levels = "".join(f"    t{number}: {{extends: t{number - 1}}}\n" for number in range(1, 60))
    base = PROJECT.replace("    large:\n", f"    t0: {{extends: base}}\n{levels}    large:\n")
    (tmp_path / "jobspec.yaml").write_text(base)
    found = load(LoadRequest((), tmp_path)).diagnostics
    assert [one.code for one in found] == ["JS371"]
    assert "more than 50 levels" in found[0].message
