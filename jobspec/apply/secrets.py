"""Resolves secret references just before sending: values are never kept, shown or put into an exception."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from msgspec import field

from jobspec.concealing import Concealing
from jobspec.config.secret_access import SecretAccess, absolute, is_below
from jobspec.errors import SecretError, SecretNotAllowed
from jobspec.manifest.payload.create import NamedSecret, resolve, split_storage
from jobspec.quoting import quote
from jobspec.regular import read_below, read_regular, utf8

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jobspec.manifest.values import SecretRef

MAX_BYTES = 64 * 1024


class Secrets(Concealing, frozen=True):
    """The sources of secrets: the environment, and files relative to the project's folder.

    `access` limits the secrets that a project may name.
    """

    concealed: ClassVar[frozenset[str]] = frozenset({"environ"})
    environ: Mapping[str, str]
    root: Path
    access: SecretAccess = field(default_factory=SecretAccess)

    def resolve(self, ref: SecretRef, *, is_of_storage: bool = False) -> str:
        """Return the value. Raises `SecretError`, which names the reference and never a value.

        Set `is_of_storage` for a secret of the task's `storageCredential`.
        """
        self.check_name(ref, is_of_storage=is_of_storage)
        return self._from_environment(ref.name) if ref.source == "env" else self._from_file(ref.name)

    def check_name(self, ref: SecretRef, *, is_of_storage: bool = False) -> None:
        """Raise `SecretNotAllowed` for a secret that the project may not name; nothing is read."""
        if ref.source == "env":
            self.access.check_variable(ref.name, is_of_storage=is_of_storage)
        else:
            self.access.check_file(ref.name, str(self.root))

    def fill(self, payload: Mapping[str, object]) -> dict[str, object]:
        """Return the payload with the values of its secrets, for sending only: never keep or show it."""
        for_storage, others = split_storage(payload)
        return {
            **resolve(others, self.resolve),
            **resolve(for_storage, lambda ref: self.resolve(ref, is_of_storage=True)),
        }

    def missing(self, named: Iterable[NamedSecret]) -> Iterator[tuple[SecretRef, SecretError]]:
        """Yield each reference that does not resolve, with the reason."""
        for ref, is_of_storage in named:
            try:
                self.resolve(ref, is_of_storage=is_of_storage)
            except SecretError as error:
                yield ref, error

    def refused(self, named: Iterable[NamedSecret]) -> Iterator[tuple[SecretRef, SecretError]]:
        """Yield each reference that the project may not name, with the reason."""
        for ref, is_of_storage in named:
            try:
                self.check_name(ref, is_of_storage=is_of_storage)
            except SecretError as error:
                yield ref, error

    def _from_environment(self, name: str) -> str:
        value = self.environ.get(name)
        if value:
            return value
        state = "not set" if value is None else "empty"
        raise SecretError(
            f"the secret environment variable {quote(name)} is {state}",
            help=f"set it, then run apply again: export {name}=…",
        )

    def _from_file(self, name: str) -> str:
        path = Path(absolute(name, str(self.root)))
        try:
            data = self._content(name, path)
        except (OSError, ValueError) as error:  # a ValueError for a name that no file can have
            why = error.strerror if isinstance(error, OSError) else "invalid file name"
            raise _unreadable(name, path, why) from None
        if len(data) > MAX_BYTES:
            raise _useless(name, path, f"larger than {MAX_BYTES // 1024} KiB")
        text = utf8(data)
        if text is None:
            raise _unreadable(name, path, "not UTF-8 text")
        value = text.rstrip("\r\n")
        if not value:
            raise _useless(name, path, "empty")
        return value

    def _content(self, name: str, path: Path) -> bytes:
        """Return the bytes of an allowed file, which must not be reached through a symbolic link.

        A file outside the project may be linked within its allowed folder.
        """
        if path.is_relative_to(self.root):
            below = str(path.relative_to(self.root))
            try:
                return read_below(self.root, below, at_most=MAX_BYTES + 1)
            except OSError as error:
                if error.errno in _OF_LINKS and _has_link(self.root, below):
                    raise _through_link(name) from None
                raise
        folder = self.access.folder_for(str(path))
        real = Path(os.path.realpath(path))
        if folder is None or not is_below(str(real), os.path.realpath(folder)):
            raise self.access.outside(name, str(real))
        return read_regular(real, at_most=MAX_BYTES + 1, follow_links=False)


_OF_LINKS = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EMLINK})


def _has_link(root: Path, name: str) -> bool:
    path = root / name
    return any(one.is_symlink() for one in (path, *path.parents) if one.is_relative_to(root) and one != root)


def _through_link(name: str) -> SecretNotAllowed:
    return SecretNotAllowed(
        f"the secret file {quote(name)} is a symbolic link, or below one",
        help="use the path of the file itself; outside the project, it must be below a folder in "
        "`secretFolders`",
        code="JS351",
    )


def _unreadable(name: str, path: Path, why: str | None) -> SecretError:
    return SecretError(f"cannot read the secret file {quote(name)}: {why}", help=f"expected at {path}")


def _useless(name: str, path: Path, state: str) -> SecretError:
    return SecretError(f"the secret file {quote(name)} is {state}", help=f"read from {path}")
