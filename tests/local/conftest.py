from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobspec.local.api.app import LocalPlatform, application
from jobspec.local.settings import Settings
from tests.local.places import place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUICK = Settings(slots=4, grace=0.3, linger=0.3)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    # A supervisor whose lock is removed ends, and all its processes with it.
    (place(tmp_path).path / "supervisor.lock").unlink(missing_ok=True)


@pytest.fixture
def app(root: Path) -> Iterator[LocalPlatform]:
    platform = application(place(root), settings=QUICK)
    yield platform
    platform.close()
