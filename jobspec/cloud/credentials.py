"""Where the access key comes from: arguments, then the environment, then the files below `~/.volc`.

No message ever holds a part of a key or of a file's content.
"""

from __future__ import annotations

import configparser
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from jobspec.cloud.signing import Credentials
from jobspec.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HOW = "set `VOLC_ACCESSKEY` and `VOLC_SECRETKEY`, or write both keys into the credentials file"


@dataclass(frozen=True, slots=True)
class Found:
    """The key to use, where it was found, the region that goes with it if one is set, and warnings."""

    credentials: Credentials
    source: str
    region: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Files:
    """The two files of the vendor's tools, and the section of them that is meant."""

    credentials: Path
    config: Path
    profile: str

    @classmethod
    def below(cls, home: Path, profile: str) -> Self:
        return cls(home / ".volc" / "credentials", home / ".volc" / "config", profile)


def find_credentials(
    environ: Mapping[str, str],
    *,
    home: Path,
    profile: str = "default",
    explicit: Credentials | None = None,
) -> Found:
    """The first of: `explicit`, `VOLC_ACCESSKEY` and `VOLC_SECRETKEY`, the profile in `~/.volc/credentials`.

    The region is `VOLC_REGION`, else the profile's in `~/.volc/config`; with `explicit` it is not looked for.
    Raises `CredentialsError` when there is no key, half a key, one that cannot be sent, or a broken file.
    """
    if explicit is not None:
        return Found(_usable(explicit, "the arguments"), "the arguments")
    files = _Files.below(home, profile)
    found = _from_environment(environ, profile) or _from_file(files)
    if found is None:
        raise _missing(files)
    return Found(found.credentials, found.source, _region(environ, files), found.warnings)


def _from_environment(environ: Mapping[str, str], profile: str) -> Found | None:
    source = "`VOLC_ACCESSKEY` and `VOLC_SECRETKEY`"
    names = ("VOLC_ACCESSKEY", "VOLC_SECRETKEY", "VOLC_SESSION_TOKEN")
    credentials = _pair(environ, names, "the environment")
    if credentials is None:
        return None
    unused = f"profile `{profile}` is not used, because {source} are set"
    return Found(_usable(credentials, source), source, warnings=() if profile == "default" else (unused,))


def _from_file(files: _Files) -> Found | None:
    section = _section(files.credentials, files.profile)
    source = f"profile `{files.profile}` of `{files.credentials}`"
    names = ("access_key_id", "secret_access_key", "session_token")
    credentials = _pair(section or {}, names, source)
    if credentials is None:
        return None
    return Found(_usable(credentials, source), source, warnings=_exposure(files.credentials))


def _pair(values: Mapping[str, str], names: tuple[str, str, str], place: str) -> Credentials | None:
    access_key, secret_key, token = (values.get(name, "").strip() for name in names)
    if access_key and secret_key:
        return Credentials(access_key, secret_key, token)
    if not access_key and not secret_key:
        return None
    present, absent = names[:2] if access_key else (names[1], names[0])
    raise CredentialsError(
        f"{place} has `{present}` without `{absent}`", help=f"set `{absent}` too, or unset `{present}`"
    )


def _usable(credentials: Credentials, source: str) -> Credentials:
    """Keys go into HTTP headers: what cannot be sent in one is refused here, where the source is known."""
    parts = (credentials.access_key, credentials.secret_key, credentials.session_token)
    is_sendable = all(part.isascii() and part.isprintable() and " " not in part for part in parts)
    if (
        is_sendable
        and credentials.access_key
        and credentials.secret_key
        and "," not in credentials.access_key
    ):
        return credentials
    raise CredentialsError(
        f"the key from {source} is empty or holds characters that no key has",
        help="copy it again, without quotes, spaces or line breaks",
    )


def _region(environ: Mapping[str, str], files: _Files) -> str | None:
    from_environment = environ.get("VOLC_REGION", "").strip()
    if from_environment:
        return from_environment
    section = _section(files.config, files.profile) or {}
    return section.get("region", "").strip() or None


def _section(path: Path, profile: str) -> Mapping[str, str] | None:
    text = _text(path)
    if text is None:
        return None
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error:
        # Not chained: the parser's own error quotes the line, and with it the key.
        raise _unreadable(path, "is not a valid INI file") from None
    return parser[profile] if parser.has_section(profile) else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        raise _unreadable(path, "is not UTF-8 text") from None
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from error


def _unreadable(path: Path, what: str) -> CredentialsError:
    return CredentialsError(f"`{path}` {what}", help=f"correct the file, or {_HOW.partition(', or')[0]}")


def _exposure(path: Path) -> tuple[str, ...]:
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return (f"`{path}` can be read by other users: run `chmod 600 {path}`",)
    return ()


def _missing(files: _Files) -> CredentialsError:
    state = f"has no profile `{files.profile}` with a key" if files.credentials.exists() else "does not exist"
    return CredentialsError(
        "there are no credentials for the platform: `VOLC_ACCESSKEY` and `VOLC_SECRETKEY` are not set, "
        f"and `{files.credentials}` {state}",
        help=_HOW,
    )
