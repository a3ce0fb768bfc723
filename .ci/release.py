"""The steps of a release, up to the upload. `.github/workflows/release.yml` runs them, and so does a test.

`check TAG` requires a new version that the changelog names; `build FOLDER` makes wheel and sdist, twice, and
requires equal bytes; `sbom FOLDER` writes what the distribution depends on; `sums FOLDER` lists all hashes.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from datetime import date
from pathlib import Path

from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parent.parent
SBOM, SUMS = "sbom.cdx.json", "SHA256SUMS"
_KNOWN = "hatchling"


class ReleaseError(Exception):
    """Why nothing is released."""


def main(arguments: list[str]) -> int:
    """Run one step; return 1 if it refuses the release."""
    steps = {"check": check, "build": build, "sbom": sbom, "sums": sums}
    if len(arguments) != 2 or arguments[0] not in steps:
        sys.stderr.write(f"{__doc__}\n")
        return 1
    try:
        sys.stdout.write(f"{steps[arguments[0]](arguments[1])}\n")
    except ReleaseError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def check(tag: str) -> str:
    """Return a summary of the release; it is refused unless tag, code and changelog have one new version."""
    version = _version()
    if tag != f"v{version}":
        raise ReleaseError(
            f"the tag is {tag}, and the code has the version {version}: the tag must be v{version}"
        )
    heading = re.search(
        rf"^## {re.escape(version)}, (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    if heading is None or not _is_date(heading[1]):
        raise ReleaseError(f"CHANGELOG.md needs the heading `## {version}, YYYY-MM-DD`")
    others = [Version(one) for one in _tags() if one != tag]
    if others and max(others) >= Version(version):
        raise ReleaseError(f"{version} is not greater than the version of the newest tag, {max(others)}")
    if _is_published(version):
        raise ReleaseError(f"{_name()} {version} is already published; a version is never replaced")
    return f"{_name()} {version}, {heading[1]}"


def build(folder: str) -> str:
    """Return the names of the built files. The same commit gives the same bytes."""
    os.environ["SOURCE_DATE_EPOCH"] = _git("log", "-1", "--format=%ct").strip()
    with tempfile.TemporaryDirectory() as other:
        first, second = _built(Path(folder)), _built(Path(other))
        changed = [
            one.name for one, two in zip(first, second, strict=True) if one.read_bytes() != two.read_bytes()
        ]
    if changed:
        raise ReleaseError(f"two builds of one commit differ: {', '.join(changed)}")
    return "\n".join(file.name for file in first)


def sbom(folder: str) -> str:
    """Return the name of the list of components, in CycloneDX, of the locked dependencies."""
    file = Path(folder) / SBOM
    tool = Path(sys.executable).with_name("cyclonedx-py")
    lock, project = str(ROOT / ".ci" / "runtime.lock"), str(ROOT / "pyproject.toml")
    options = ("--output-reproducible", "--pyproject", project, "--mc-type", "application")
    subprocess.run([tool, "requirements", *options, "-o", str(file), lock], check=True)
    return file.name


def sums(folder: str) -> str:
    """Return the hashes of all files of the release, and write them beside the files."""
    files = sorted(file for file in Path(folder).iterdir() if file.name != SUMS)
    text = "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)
    (Path(folder) / SUMS).write_text(text)
    return text.rstrip()


def _built(folder: Path) -> list[Path]:
    made = [
        *WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]),
        *SdistBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]),
    ]
    return sorted(Path(one) for one in made)


def _name() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["name"])


def _version() -> str:
    found = re.search(r'^__version__ = "(.+)"$', (ROOT / "jobspec" / "__init__.py").read_text(), re.MULTILINE)
    if found is None:
        raise ReleaseError("jobspec/__init__.py has no version")
    return found[1]


def _tags() -> list[str]:
    return [tag for tag in _git("tag", "--list", "v*").split() if re.match(r"v\d", tag) and _is_version(tag)]


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        return len(text) == len("2026-01-31") and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_published(version: str) -> bool:
    """Whether the package index that pip uses already has the version.

    To pip, an index that does not answer has no packages, so one that exists is looked up first.
    """
    if not _published(_KNOWN):
        raise ReleaseError(f"the package index does not answer: it has no {_KNOWN}")
    return Version(version) in map(Version, _published(_name()))


def _published(name: str) -> list[str]:
    call = [sys.executable, "-m", "pip", "index", "versions", "--pre", name]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    listed = re.search(r"Available versions: (.*)", done.stdout)
    return listed[1].split(", ") if listed else []


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
