"""Imported manifests are written only where the project reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobspec.errors import UsageError
from jobspec.workflow.account.import_files import check_covered


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "jobspec.yaml").touch()
    return tmp_path


@pytest.mark.parametrize("file", ["tasks/a.yaml", "tasks/deep/a.yaml"])
def test_a_file_that_a_pattern_covers_belongs_to_the_project(root: Path, file: str) -> None:
    check_covered(root, ["tasks/**/*.yaml"], [root / file])


@pytest.mark.parametrize(
    "file", ["a.yaml", "../a.yaml", "tasks/.hidden/a.yaml", "tasks/a.yml", "tasks/other/a.yaml"]
)
def test_a_file_that_the_project_would_not_read_is_refused(root: Path, file: str) -> None:
    (root / "tasks" / "other").mkdir(parents=True)
    (root / "tasks" / "other" / "jobspec.yaml").touch()
    with pytest.raises(UsageError, match="would be no manifest of the project"):
        check_covered(root, ["tasks/**/*.yaml"], [root / file])
