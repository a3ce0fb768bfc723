"""How a file is read, whatever the file system returns for one request."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jobspec.manifest.files.budget import Budget
from jobspec.manifest.files.reading import Reader

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_file_is_read_to_its_end_in_short_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "train.yaml"
    path.write_bytes(b"apiVersion: jobspec/v1\n")
    read = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: read(descriptor, min(size, 5)))
    assert Reader(Budget()).read(str(path), "train.yaml") == b"apiVersion: jobspec/v1\n"
