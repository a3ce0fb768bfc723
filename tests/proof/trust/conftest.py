from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proof.trust.repository import new_repository

if TYPE_CHECKING:
    from pathlib import Path

    from tests.projects import Project


@pytest.fixture
def repository(tmp_path: Path) -> Project:
    return new_repository(tmp_path)
