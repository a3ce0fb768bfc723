"""The manifests of a Git revision: read with Git's plumbing commands; nothing of the checkout is executed.

Git gets list arguments, no keys from the environment, no hooks, no file system monitor, and no network.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.errors import UsageError
from jobspec.manifest.files.filenames import PROJECT_FILE
from jobspec.manifest.files.patterns import Patterns
from jobspec.manifest.load import (
    Loaded,
    LoadRequest,
    load,
)
from jobspec.quoting import quote
from jobspec.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


_SECONDS = 60
_MOST_FILES = 50_000
_MOST_BYTES = 128 * 1024 * 1024
_LARGEST = 2 * 1024 * 1024
_REGULAR = frozenset({b"100644", b"100755"})
_SUFFIXES = (".yaml", ".yml")
_SAFE = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "protocol.allow=never",  # do not fetch a missing object of a partial clone
    "safe.bareRepository=explicit",  # do not treat a folder of the checkout as a repository
)
_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR")
"""Not `GIT_DIR`, which hooks set: with it, Git takes the working directory for the top of the repository."""
_FETCH = "fetch the full history: `fetch-depth: 0` for actions/checkout, or `git fetch --unshallow`"


class Base(Struct, frozen=True):
    """The manifests at the merge base of a revision and HEAD; `loaded` is None if there was no project."""

    commit: str
    loaded: Loaded | None


class _Blob(Struct, frozen=True):
    name: str
    id: bytes
    size: int


def load_base(revision: str, now: Loaded, environ: Mapping[str, str]) -> Base:
    """Return the manifests of the project at a revision.

    Raises `UsageError`, also if the history is missing.
    """
    git = _Git(now.root, environ)
    prefix = os.fsdecode(git.read("rev-parse", "--show-prefix").removesuffix(b"\n"))
    commit = _merge_base(git, revision)
    listing = git.try_read("ls-tree", "--full-tree", "-r", "-z", "-l", f"{commit}:{prefix}")
    blobs = [] if listing is None else list(_blobs(listing, now))
    if not any(blob.name == PROJECT_FILE for blob in blobs):
        return Base(commit, None)
    _check_budget(blobs)
    with TemporaryDirectory(prefix="jobspec-base-") as folder:
        root = Path(folder).resolve()
        _write(root, blobs, git.read("cat-file", "--batch", given=b"".join(b.id + b"\n" for b in blobs)))
        request = LoadRequest(paths=(root,), cwd=root, environment=now.scope.environment)
        return Base(commit, load(request))


def _merge_base(git: _Git, revision: str) -> str:
    found = (
        None
        if revision.startswith("-")
        else git.try_read("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    )
    if found is None:
        message = f"unknown revision {quote(revision)}"
        raise UsageError(message, help=f"correct the name, or {_FETCH}", code="JS425")
    base = git.try_read("merge-base", found.decode("ascii").strip(), "HEAD")
    if base is None:
        message = f"{quote(revision)} and HEAD have no common commit in this clone"
        raise UsageError(message, help=_FETCH, code="JS425")
    return base.decode("ascii").strip()


class _Git:
    """Git in one folder."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = {name: environ[name] for name in _KEPT if name in environ} | {
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }

    def read(self, *arguments: str, given: bytes = b"") -> bytes:
        """Return Git's output. Raises `UsageError` if it fails."""
        done = self._run(arguments, given)
        if done.returncode and not self._is_checkout():
            raise UsageError(
                f"`--since` needs a Git checkout, and {quote(self._folder)} is not in one",
                help="remove --since, or run in a Git checkout",
                code="JS426",
            )
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
            message = printable(lines[0])[:200] if lines else f"exit code {done.returncode}"
            raise UsageError(
                f"Git cannot read this checkout: {message}",
                help="remove --since, or run in a Git checkout",
                code="JS426",
            )
        return done.stdout

    def _is_checkout(self) -> bool:
        return any((folder / ".git").exists() for folder in (self._folder, *self._folder.parents))

    def try_read(self, *arguments: str) -> bytes | None:
        """Return Git's output, or None if it fails."""
        done = self._run(arguments, b"")
        return None if done.returncode else done.stdout

    def _run(self, arguments: Sequence[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
        safe = [part for one in _SAFE for part in ("-c", one)]
        try:
            return subprocess.run(  # noqa: S603 - list arguments, no shell
                ["git", "--no-pager", *safe, *arguments],  # noqa: S607 - the user's own Git
                cwd=self._folder,
                env=self._environ,
                input=given,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            message = error.strerror if isinstance(error, OSError) else type(error).__name__
            raise UsageError(
                f"cannot run Git: {message}", help="install Git, or remove --since", code="JS426"
            ) from error


def _blobs(listing: bytes, now: Loaded) -> Iterator[_Blob]:
    """Yield the files that may be manifests. Links and submodules are never followed."""
    patterns = _patterns(now)
    for line in listing.split(b"\0"):
        head, _, path = line.partition(b"\t")
        mode, _, rest = head.partition(b" ")
        name = os.fsdecode(path)
        if mode not in _REGULAR or not _is_inside(name):
            continue
        if name.lower().endswith(_SUFFIXES) or patterns.selects(name):
            _, identity, size = rest.split()
            if not size.isdigit():
                raise _not_here(name)
            yield _Blob(name, identity, int(size))


def _not_here(name: str) -> UsageError:
    message = f"{quote(name)} of the base revision is missing in this clone"
    return UsageError(message, help=_FETCH, code="JS425")


def _patterns(now: Loaded) -> Patterns:
    guards = now.project.guards if now.project else None
    every = (guards.own, *guards.environments.values()) if guards else ()
    return Patterns.of(tuple(pattern for one in every for pattern in one.manifests))


def _is_inside(name: str) -> bool:
    return not any(part in {"", ".", ".."} or part.casefold() == ".git" for part in name.split("/"))


def _check_budget(blobs: Sequence[_Blob]) -> None:
    total = sum(blob.size for blob in blobs)
    if len(blobs) > _MOST_FILES or total > _MOST_BYTES:
        raise UsageError(
            f"the base revision holds {len(blobs)} manifests of {total // 1024**2} MiB, too many to compare",
            help=f"at most {_MOST_FILES:,} files of {_MOST_BYTES // 1024**2} MiB are; leave out --since",
            code="JS424",
        )


def _write(root: Path, blobs: Sequence[_Blob], content: bytes) -> None:
    """Write the files from the output of `git cat-file --batch`: a line and the bytes for each."""
    position = 0
    for blob in blobs:
        end = content.index(b"\n", position)
        start = end + 1
        if content[position:end].endswith(b" missing"):
            raise _not_here(blob.name)
        position = start + blob.size + 1
        path = root / blob.name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content[start : start + min(blob.size, _LARGEST + 1)])
        except OSError as error:
            message = f"cannot read {quote(blob.name)} of the base revision: {error.strerror}"
            raise UsageError(message, help="remove --since", code="JS424") from error
