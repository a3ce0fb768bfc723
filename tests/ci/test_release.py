"""The steps of a release, up to the upload: the very commands of the workflow, in a clone with a tag."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.ci.runner import ROOT, read

pytestmark = pytest.mark.delivery

WORKFLOW = read(ROOT / ".github" / "workflows" / "release.yml")
VERSION = "7.8.9"


class Release:
    """A clone of this project at a version of its own, and an index without packages."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "clone"
        self.index = folder / "index"
        self.index.mkdir()
        unneeded = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis")
        shutil.copytree(ROOT, self.root, symlinks=True, ignore=unneeded)
        self.publish("hatchling", "1.0")
        (self.root / ".venv").symlink_to(sys.prefix)
        self.replace("jobspec/__init__.py", "__version__ = ", f'__version__ = "{VERSION}"')
        self.replace("CHANGELOG.md", "## ", f"## {VERSION}, 2026-01-31")
        self.git("init", "--quiet")
        self.commit()

    def replace(self, name: str, start: str, line: str) -> None:
        lines = (self.root / name).read_text().splitlines(keepends=True)
        [first, *_] = [number for number, one in enumerate(lines) if one.startswith(start)]
        lines[first] = f"{line}\n"
        (self.root / name).write_text("".join(lines))

    def publish(self, name: str, version: str) -> None:
        """Put a package into the index."""
        folder = self.index / name
        folder.mkdir()
        wheel = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        (folder / wheel).write_bytes(b"")
        (folder / "index.html").write_text(f'<a href="{wheel}">{wheel}</a>')

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "release")

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *arguments], cwd=self.root, check=True, capture_output=True)

    def step(self, name: str, tag: str = f"v{VERSION}") -> subprocess.CompletedProcess[str]:
        [step] = [one for one in WORKFLOW["jobs"]["build"]["steps"] if one.get("name") == name]
        environ = {
            **os.environ, "TAG": tag, "PIP_CONFIG_FILE": os.devnull, "PIP_EXTRA_INDEX_URL": "",
            "PIP_FIND_LINKS": "", "PIP_INDEX_URL": self.index.as_uri(),
        }  # fmt: skip
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", step["run"]], cwd=self.root, env=environ,
            capture_output=True, text=True, check=False,
        )  # fmt: skip


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return Release(tmp_path)


def test_the_steps_make_what_is_uploaded(release: Release) -> None:
    release.git("tag", f"v{VERSION}")
    checked = release.step("Check")
    assert checked.returncode == 0, checked.stderr
    assert f"{VERSION}, 2026-01-31" in checked.stdout
    (release.root / "dist").mkdir()
    for name in ("Build", "List the components", "List the hashes"):
        done = release.step(name)
        assert done.returncode == 0, done.stdout + done.stderr
    [wheel] = (release.root / "dist").glob("jobspec_cli-*.whl")
    [sdist] = (release.root / "dist").glob("jobspec_cli-*.tar.gz")
    assert "jobspec/py.typed" in zipfile.ZipFile(wheel).namelist()
    with tarfile.open(sdist) as packed:
        assert f"jobspec_cli-{VERSION}/pyproject.toml" in packed.getnames()
    bom: dict[str, Any] = json.loads((release.root / "dist" / "sbom.cdx.json").read_text())
    assert "httpx" in {one["name"] for one in bom["components"]}
    subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=release.root / "dist", check=True)


def test_another_version_than_the_tag_is_refused(release: Release) -> None:
    refused = release.step("Check", tag="v7.9.0")
    assert refused.returncode == 1
    assert f"must be v{VERSION}" in refused.stderr


@pytest.mark.parametrize("day", ["unreleased", "2026-99-99", "20260131"])
def test_a_changelog_that_does_not_name_the_version_is_refused(day: str, release: Release) -> None:
    release.replace("CHANGELOG.md", f"## {VERSION}", f"## {VERSION}, {day}")
    refused = release.step("Check")
    assert refused.returncode == 1
    assert "CHANGELOG.md needs the heading" in refused.stderr


@pytest.mark.parametrize("newer", ["v7.8.10", "v10.0.0", "v7.8.9.0", "v7.8.10rc1"])
def test_a_version_that_is_not_the_newest_is_refused(release: Release, newer: str) -> None:
    release.git("tag", newer)
    assert "is not greater than" in release.step("Check").stderr


@pytest.mark.parametrize("published", [VERSION, f"{VERSION}.0"])
def test_a_version_that_is_published_is_refused(published: str, release: Release) -> None:
    release.publish("jobspec-cli", published)
    assert "already published" in release.step("Check").stderr


def test_another_version_may_be_published(release: Release) -> None:
    release.publish("jobspec-cli", f"{VERSION}0")
    assert release.step("Check").returncode == 0


def test_an_index_that_does_not_answer_releases_nothing(release: Release) -> None:
    shutil.rmtree(release.index)
    refused = release.step("Check")
    assert refused.returncode == 1
    assert "does not answer" in refused.stderr
