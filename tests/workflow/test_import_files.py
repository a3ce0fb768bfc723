"""Imported manifests are written where the project reads them, all or none, over nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobspec.errors import UsageError
from jobspec.workflow.account.import_files import check_covered, write_new


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "jobspec.yaml").touch()
    return tmp_path


def test_every_file_is_written_and_folders_are_made(root: Path) -> None:
    texts = {root / "tasks" / "a.yaml": "a\n", root / "tasks" / "b.yaml": "训\n"}
    write_new(texts)
    assert {path: path.read_text(encoding="utf-8") for path in texts} == texts


@pytest.mark.parametrize("kind", ["file", "link-to-nowhere"])
def test_nothing_is_written_over_what_exists(root: Path, kind: str) -> None:
    there, new = root / "b.yaml", root / "a.yaml"
    if kind == "file":
        there.write_text("mine")
    else:
        there.symlink_to(root / "nowhere")
    with pytest.raises(UsageError, match="already exists; nothing was written"):
        write_new({new: "a", there: "b"})
    assert not new.exists()
    assert not (root / "nowhere").exists()


def test_an_error_midway_leaves_nothing_behind(root: Path) -> None:
    (root / "file").touch()
    with pytest.raises(UsageError, match="nothing was written"):
        write_new({root / "a.yaml": "a", root / "file" / "b.yaml": "b"})
    assert not (root / "a.yaml").exists()


def test_what_cannot_be_removed_after_an_error_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *, missing_ok: bool = False) -> None:
        raise PermissionError(13, "not permitted")

    (root / "file").touch()
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(UsageError, match=r"written and not removed: .*a\.yaml"):
        write_new({root / "a.yaml": "a", root / "file" / "b.yaml": "b"})


@pytest.mark.parametrize("file", ["tasks/a.yaml", "tasks/deep/a.yaml"])
def test_a_file_that_a_pattern_covers_is_one_of_the_project(root: Path, file: str) -> None:
    check_covered(root, ["tasks/**/*.yaml"], [root / file])


@pytest.mark.parametrize(
    "file", ["a.yaml", "../a.yaml", "tasks/.hidden/a.yaml", "tasks/a.yml", "tasks/other/a.yaml"]
)
def test_a_file_that_the_project_would_not_read_is_refused(root: Path, file: str) -> None:
    (root / "tasks" / "other").mkdir(parents=True)
    (root / "tasks" / "other" / "jobspec.yaml").touch()
    with pytest.raises(UsageError, match="would be no manifest of the project"):
        check_covered(root, ["tasks/**/*.yaml"], [root / file])
