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
from msgspec.structs import replace

from jobspec.diagnostics import Severity
from jobspec.errors import UsageError
from jobspec.manifest.files.filenames import PROJECT_FILE
from jobspec.manifest.files.patterns import EXCLUDES, Patterns
from jobspec.manifest.load import (
    Loaded,
    LoadRequest,
    load,
)
from jobspec.quoting import quote
from jobspec.report.text import printable
from jobspec.workflow.project.git import git_fact, is_checkout, reason, run_git
from jobspec.workflow.project.given import outside_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jobspec.manifest.task import Task
    from jobspec.workflow.project.given import Typed
    from jobspec.workflow.surroundings import Surroundings

_MOST_FILES = 50_000
_MOST_BYTES = 128 * 1024 * 1024
_LARGEST = 2 * 1024 * 1024
_LONGEST_LINK = 4096
_REGULAR = frozenset({b"100644", b"100755"})
_LINK = b"120000"
_UNKNOWN = -1
"""The size of a file whose content is not in this clone."""
_SUFFIXES = (".yaml", ".yml")
_FETCH = (
    "fetch the full history: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` in GitLab CI, "
    "or `git fetch --unshallow`"
)
_NOT_HERE = frozenset({"JS336"})
"""Problems with what the base revision refers to outside its manifests, which is not read."""


class Base(Struct, frozen=True):
    """The manifests at the merge base of a revision and HEAD; `loaded` is None if there was no project."""

    commit: str
    loaded: Loaded | None

    def tasks_of(self, scope: object) -> tuple[Task, ...] | None:
        """Return the tasks that the base revision declares in a scope; None if it did not have the scope."""
        if self.loaded is None or self.loaded.refused or self.loaded.scope != scope:
            return None
        return self.loaded.tasks

    @property
    def unread(self) -> tuple[str, ...]:
        """The files whose manifests have errors, so that not all tasks of the base revision are known."""
        if self.loaded is None or self.loaded.refused:
            return ()
        errors = (one for one in self.loaded.diagnostics if one.severity is Severity.ERROR)
        return tuple(
            sorted({one.place.file if one.place else "" for one in errors if one.code not in _NOT_HERE})
        )


class _Blob(Struct, frozen=True):
    name: str
    id: bytes
    size: int
    is_link: bool


def load_base(revision: str, now: Loaded, typed: Typed, surroundings: Surroundings) -> Base:
    """Return the manifests of the project at a revision, with the same values from outside.

    Files have the names that they have in `now`. Given values that the revision does not declare are ignored.

    Raises `UsageError`, also if the history is missing.
    """
    git = _Git(now.root, surroundings.environ)
    prefix = git.read("rev-parse", "--show-prefix").removesuffix(b"\n")
    commit = _merge_base(git, revision)
    listing = git.read("ls-tree", "--full-tree", "-r", "-z", "-l", commit, "--", *_below(prefix))
    blobs = {blob.name: blob for blob in _blobs(listing, prefix)}
    project = blobs.pop(PROJECT_FILE, None)
    if project is None:
        return Base(commit, None)
    with TemporaryDirectory(prefix="jobspec-base-") as folder:
        outside = replace(
            outside_of(typed, surroundings),
            is_lenient=True,
            git=lambda _, name: git_fact(now.root, name, surroundings.environ),  # the copy is no repository
        )
        cwd, root = _places(Path(folder).resolve(), now.root, surroundings.cwd)
        _copy(git, root, (project,))
        request = LoadRequest(paths=(root,), cwd=cwd, environment=now.scope.environment, outside=outside)
        chosen = _manifests(blobs.values(), _patterns(now, load(replace(request, scope_only=True))))
        _check_budget(chosen)
        _copy(git, root, chosen)
        return Base(commit, load(request))


def _manifests(blobs: Iterable[_Blob], patterns: Patterns) -> list[_Blob]:
    """Return the files that may be manifests, then the links, which may lead to some."""
    found = (
        one
        for one in blobs
        if one.is_link or one.name.lower().endswith(_SUFFIXES) or patterns.selects(one.name)
    )
    return sorted(found, key=lambda one: one.is_link)


def _below(prefix: bytes) -> tuple[str, ...]:
    """Return the argument for the project's folder; none at the top of the repository."""
    return (os.fsdecode(prefix),) if prefix else ()


def _places(folder: Path, root: Path, cwd: Path) -> tuple[Path, Path]:
    """Return a working directory and a project folder below `folder` that relate as the present ones do."""
    steps = os.path.relpath(root, os.path.realpath(cwd)).split("/")
    up = steps.count("..")
    here = folder.joinpath(*["x"] * up)
    there = folder.joinpath(*(step for step in steps if step not in {"..", "."}))
    there.mkdir(parents=True, exist_ok=True)
    return here, there


def _copy(git: _Git, root: Path, blobs: Sequence[_Blob]) -> None:
    given = b"".join(blob.id + b"\n" for blob in blobs)
    _write(root, blobs, git.read("cat-file", "--batch", given=given) if blobs else b"")


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
        self._environ = environ

    def read(self, *arguments: str, given: bytes = b"") -> bytes:
        """Return Git's output. Raises `UsageError` if it fails."""
        done = self._run(arguments, given)
        if done.returncode and not is_checkout(self._folder):
            raise UsageError(
                f"`--since` needs a Git checkout, and {quote(self._folder)} is not in one",
                help="remove --since, or run in a Git checkout",
                code="JS426",
            )
        if done.returncode:
            raise UsageError(
                f"Git cannot read this checkout: {printable(reason(done))}",
                help="follow the message of Git, or remove --since; a clone that was made with `--filter` "
                "needs the whole history: git fetch --refetch --no-filter",
                code="JS426",
            )
        return done.stdout

    def try_read(self, *arguments: str) -> bytes | None:
        """Return Git's output, or None if it fails."""
        done = self._run(arguments, b"")
        return None if done.returncode else done.stdout

    def _run(self, arguments: Sequence[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
        try:
            return run_git(self._folder, self._environ, arguments, given=given)
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            message = error.strerror if isinstance(error, OSError) else type(error).__name__
            raise UsageError(
                f"cannot run Git: {message}", help="install Git, or remove --since", code="JS426"
            ) from error


def _blobs(listing: bytes, prefix: bytes) -> Iterator[_Blob]:
    """Yield the files and links below the project's folder; submodules are skipped."""
    for line in listing.split(b"\0"):
        head, _, path = line.partition(b"\t")
        mode, _, rest = head.partition(b" ")
        name = os.fsdecode(path.removeprefix(prefix))
        if (mode in _REGULAR or mode == _LINK) and path.startswith(prefix) and _is_inside(name):
            _, identity, size = rest.split()
            yield _Blob(name, identity, int(size) if size.isdigit() else _UNKNOWN, mode == _LINK)


def _not_here(name: str) -> UsageError:
    message = f"{quote(name)} of the base revision is missing in this clone"
    return UsageError(message, help=_FETCH, code="JS425")


def _patterns(*loaded: Loaded) -> Patterns:
    """Return the patterns of every environment, of the base revision and of now, without exclusions."""
    found = (one.project.guards for one in loaded if one.project and one.project.guards)
    every = (part for guards in found for part in (guards.own, *guards.environments.values()))
    written = (pattern for part in every for pattern in part.manifests)
    return Patterns.of(tuple(one for one in written if not one.startswith(EXCLUDES)))


def _is_inside(name: str) -> bool:
    return not any(part in {"", ".", ".."} or part.casefold() == ".git" for part in name.split("/"))


def _check_budget(blobs: Sequence[_Blob]) -> None:
    for blob in blobs:
        if blob.size == _UNKNOWN:
            raise _not_here(blob.name)
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
        try:
            _create(root, blob, content[start : start + min(blob.size, _LARGEST + 1)])
        except OSError as error:
            message = f"cannot read {quote(blob.name)} of the base revision: {error.strerror}"
            raise UsageError(message, help="remove --since", code="JS424") from error


def _create(root: Path, blob: _Blob, data: bytes) -> None:
    """Create a file or a link. Links come last, and none is created through another one.

    The reader follows them as in a checkout: never out of the project.
    """
    path = root / blob.name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not blob.is_link:
        path.write_bytes(data)
    elif len(data) <= _LONGEST_LINK and path.parent.resolve() == path.parent:
        path.symlink_to(os.fsdecode(data))
