"""The examples of sets in the documentation are valid and mean what the text says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from jobspec.manifest.load import Loaded, LoadRequest, load

ROOT = Path(__file__).parents[2]
PROJECT = "apiVersion: jobspec/v1\nkind: Project\nmetadata: {name: vision}\n"


def examples(page: str) -> list[str]:
    """Return the manifests of a page."""
    found = re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    return [text for text in found if text.startswith("apiVersion")]


def loaded(folder: Path) -> Loaded:
    found = load(LoadRequest((folder,), folder))
    assert not found.diagnostics, [problem.message for problem in found.diagnostics]
    return found


def test_every_example_of_the_page_about_sets_is_valid(tmp_path: Path) -> None:
    (tmp_path / "jobspec.yaml").write_text(PROJECT)
    for number, text in enumerate(examples("docs/sets.md")):
        (tmp_path / f"{number}.yaml").write_text(text)
    sets = {rules.name: rules for rules in loaded(tmp_path).sets}
    sizes = {name: len(rules.members) for name, rules in sets.items()}
    assert sizes == {"sweep": 25, "scaling": 6, "search": 50, "shards": 204, "retried": 4}
    assert (sets["shards"].max_active, sets["shards"].max_failed) == (24, 10)


def test_the_shards_of_the_page_have_mixed_flavors(tmp_path: Path) -> None:
    (tmp_path / "jobspec.yaml").write_text(PROJECT)
    [text] = [text for text in examples("docs/sets.md") if "name: shards" in text]
    (tmp_path / "shards.yaml").write_text(text)
    flavors = {
        task.name: task.payload["TaskRoleSpecs"][0]["ResourceSpecId"] for task in loaded(tmp_path).tasks
    }
    large = {name for name, flavor in flavors.items() if flavor == "ml.c1ie.4xlarge"}
    assert large == {"shard-17", "shard-90", "shard-155"}
    assert set(flavors.values()) == {"ml.c1ie.4xlarge", "ml.c1ie.large"}


def test_the_set_of_the_readme_is_that_of_the_example_project(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "specs" / "sweep", tmp_path / "sweep")
    real = {task.name: task.payload for task in loaded(tmp_path / "sweep").tasks if task.set}
    [text] = [text for text in examples("README.md") if "TaskSet" in text]
    (tmp_path / "sweep" / "tasks" / "sweep.yaml").write_text(text)
    shown = {task.name: task.payload for task in loaded(tmp_path / "sweep").tasks if task.set}
    assert shown == real
    assert text.count("\n") <= 10
