"""Resolving secret references, only to be sent: values are never kept, shown or put into an exception."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobspec.errors import SecretError
from jobspec.manifest.payload import secret_refs
from jobspec.regular import read_regular, utf8

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jobspec.manifest.scalars import SecretRef

MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Secrets:
    """Where secrets come from: the environment, and files relative to the project's folder."""

    environ: Mapping[str, str] = field(repr=False)
    root: Path

    def resolve(self, ref: SecretRef) -> str:
        """Return the value. Raises `SecretError`, which names the reference and never a value."""
        if ref.secret.env is not None:
            return self._from_environment(ref.secret.env)
        return self._from_file(ref.secret.file or "")

    def missing(self, payload: Mapping[str, object]) -> Iterator[tuple[SecretRef, SecretError]]:
        """Yield each reference of a payload that does not resolve, with the reason."""
        for ref in secret_refs(payload):
            try:
                self.resolve(ref)
            except SecretError as error:
                yield ref, error

    def _from_environment(self, name: str) -> str:
        value = self.environ.get(name)
        if value:
            return value
        state = "not set" if value is None else "empty"
        raise SecretError(
            f"the secret environment variable `{name}` is {state}", help=f"export {name}=… and apply again"
        )

    def _from_file(self, name: str) -> str:
        path = self.root / name
        try:
            data = read_regular(path, at_most=MAX_BYTES + 1, follow_links=True)
        except (OSError, ValueError) as error:  # a ValueError for a name that no file can have
            why = error.strerror if isinstance(error, OSError) else "no file can have this name"
            raise _unreadable(name, path, why) from None
        if len(data) > MAX_BYTES:
            raise _useless(name, path, f"larger than {MAX_BYTES // 1024} KiB")
        text = utf8(data)
        if text is None:
            raise _unreadable(name, path, "it is not UTF-8 text")
        value = text.rstrip("\r\n")
        if not value:
            raise _useless(name, path, "empty")
        return value


def _unreadable(name: str, path: Path, why: str | None) -> SecretError:
    return SecretError(f"the secret file `{name}` cannot be read: {why}", help=f"it is looked for at {path}")


def _useless(name: str, path: Path, state: str) -> SecretError:
    return SecretError(f"the secret file `{name}` is {state}", help=f"it was read from {path}")
