from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.ci.code_host import CodeHost, code_host
from tests.projects import new_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.projects import Project


@dataclass(frozen=True)
class Checkout:
    """A Git checkout of the project in its own repository, with a branch `main` as its origin knows it."""

    project: Project

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *identity, *arguments],
            cwd=self.project.root,
            env={"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(self.project.home)},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path) as created:
        yield created


@pytest.fixture
def checkout(project: Project) -> Checkout:
    made = Checkout(project)
    made.git("init", "--quiet", "--initial-branch=main")
    return made


@pytest.fixture
def host() -> Iterator[CodeHost]:
    with code_host() as served:
        yield served
