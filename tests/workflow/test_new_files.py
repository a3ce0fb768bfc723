"""New files are written all or none, and never over an existing file."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobspec.errors import UsageError
from jobspec.workflow.project.new_files import write_new

ELSEWHERE = "choose another folder"


def test_every_file_is_written_and_folders_are_made(tmp_path: Path) -> None:
    texts = {tmp_path / "tasks" / "a.yaml": "a\n", tmp_path / "tasks" / "b.yaml": "训\n"}
    write_new(texts, ELSEWHERE)
    assert {path: path.read_text(encoding="utf-8") for path in texts} == texts


@pytest.mark.parametrize("kind", ["file", "link-to-nowhere"])
def test_existing_files_are_not_overwritten(tmp_path: Path, kind: str) -> None:
    there, new = tmp_path / "b.yaml", tmp_path / "a.yaml"
    if kind == "file":
        there.write_text("mine")
    else:
        there.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="already exists; nothing was written"):
        write_new({new: "a", there: "b"}, ELSEWHERE)
    assert not new.exists()
    assert not (tmp_path / "nowhere").exists()


def test_an_error_midway_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="nothing was written"):
        write_new({tmp_path / "a.yaml": "a", tmp_path / "file" / "b.yaml": "b"}, ELSEWHERE)
    assert not (tmp_path / "a.yaml").exists()


def test_a_file_that_cannot_be_removed_after_an_error_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *, missing_ok: bool = False) -> None:
        raise PermissionError(13, "not permitted")

    (tmp_path / "file").touch()
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(UsageError, match=r"written and not removed: .*a\.yaml"):
        write_new({tmp_path / "a.yaml": "a", tmp_path / "file" / "b.yaml": "b"}, ELSEWHERE)
