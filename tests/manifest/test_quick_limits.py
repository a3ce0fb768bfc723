"""Files that are read without positions stay within the same limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobspec.manifest import manifest_files
from jobspec.manifest.load import LoadRequest, load

PROJECT = """\
apiVersion: jobspec/v1
kind: Project
metadata: {name: p}
spec:
  manifests: ["*.yaml"]
  defaults: {spec: {env: {%s}}}
"""
TASK = """\
apiVersion: jobspec/v1
kind: Task
metadata: {name: t%d}
spec: {image: i, entrypoint: e, roles: [{name: w, replicas: 1, flavor: f}]}
"""


def write(folder: Path, *, defaults: int, files: int, documents: int = 1) -> None:
    env = ", ".join(f'V{number}: "x"' for number in range(defaults))
    (folder / "jobspec.yaml").write_text(PROJECT % env)
    for file in range(files):
        names = range(file * documents, (file + 1) * documents)
        (folder / f"{file}.yaml").write_text("---\n".join(TASK % name for name in names))


@pytest.mark.long
def test_large_defaults_under_many_files_are_refused_before_they_are_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, defaults=8000, files=200)
    merged: list[str] = []
    monkeypatch.setattr(manifest_files, "quick_tasks", lambda text, _: merged.append(text))
    found = load(LoadRequest((), tmp_path))
    assert [one.code for one in found.diagnostics] == ["JS120"]
    assert found.tasks == ()
    assert merged == []


def test_a_file_whose_tasks_are_too_large_is_refused(tmp_path: Path) -> None:
    write(tmp_path, defaults=8000, files=1, documents=20)
    assert "JS106" in {one.code for one in load(LoadRequest((), tmp_path)).diagnostics}
