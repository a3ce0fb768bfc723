"""Find the access key: in the arguments, then the environment, then the files in `~/.volc`.

No message ever contains any part of a key or of a file's content.
"""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, Self

from msgspec import Struct

from jobspec.cloud.signing import Credentials
from jobspec.errors import CredentialsError, UsageError
from jobspec.quoting import quote
from jobspec.regular import read_regular, utf8

if TYPE_CHECKING:
    import configparser
    from collections.abc import Mapping
    from pathlib import Path

_KEYS = ("VOLC_ACCESSKEY", "VOLC_SECRETKEY")
_BOTH_KEYS = "`VOLC_ACCESSKEY` and `VOLC_SECRETKEY`"
_SPACES = re.compile(r"(?<=\S)[^\S\n]{2,}")
_MAX_BYTES = 1024 * 1024
"""Maximum size of a credentials file in bytes, far more than any file needs."""
_HOW = f"set {_BOTH_KEYS}, or write both keys into the credentials file"


class Doubt(Struct, frozen=True):
    """A warning about a usable key, and how to resolve it."""

    message: str
    help: str

    def __str__(self) -> str:
        return f"{self.message}: {self.help}"


class FoundCredentials(Struct, frozen=True):
    """The key to use, its source, its region if one is set, and warnings."""

    credentials: Credentials
    source: str
    region: str | None = None
    doubts: tuple[Doubt, ...] = ()


class _VendorFiles(Struct, frozen=True):
    """The two files of the vendor's tools, and the section to read in them."""

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
    region: str | None = None,
) -> FoundCredentials:
    """Return `explicit`, else the keys in the environment, else the profile in `~/.volc/credentials`.

    The environment variables are `VOLC_ACCESSKEY` and `VOLC_SECRETKEY`. The region is the given one, else
    `VOLC_REGION`, else the profile's in `~/.volc/config`; with `explicit`, only the given region counts.
    Raises `CredentialsError` for a missing, incomplete or unsendable key, and for a broken file.
    """
    if explicit is not None:
        usable = _usable(explicit, "the arguments", named="the session token from the arguments")
        return FoundCredentials(usable, "the arguments", region)
    files = _VendorFiles.below(home, profile)
    found = _from_environment(environ, profile) or _from_file(files)
    if found is None:
        raise _missing(files)
    return FoundCredentials(found.credentials, found.source, region or _region(environ, files), found.doubts)


def check_profile_counts(profile: str | None, environ: Mapping[str, str]) -> None:
    """Raise `UsageError` for a requested profile that keys in the environment override."""
    if profile and all(environ.get(name, "").strip() for name in _KEYS):
        raise UsageError(
            f"{quote(f'--profile {profile}')} has no effect, because {_BOTH_KEYS} are set",
            help="unset both variables, or leave out --profile",
        )


def _from_environment(environ: Mapping[str, str], profile: str) -> FoundCredentials | None:
    source = _BOTH_KEYS
    names = (*_KEYS, "VOLC_SESSION_TOKEN")
    credentials = _pair(environ, names, "the environment")
    if credentials is None:
        return None
    usable = _usable(credentials, source, named=f"`{names[2]}`")
    return FoundCredentials(usable, source, doubts=_unused(profile, source))


def _unused(profile: str, source: str) -> tuple[Doubt, ...]:
    if profile == "default":
        return ()
    return (Doubt(f"profile {quote(profile)} is not used, because {source} are set", "unset them to use it"),)


def _from_file(files: _VendorFiles) -> FoundCredentials | None:
    section = _section(files.credentials, files.profile)
    source = f"profile {quote(files.profile)} of {quote(files.credentials)}"
    names = ("access_key_id", "secret_access_key", "session_token")
    credentials = _pair(section or {}, names, source)
    if credentials is None:
        return None
    usable = _usable(credentials, source, named=f"`{names[2]}` of {source}")
    return FoundCredentials(usable, source, doubts=_exposure(files.credentials))


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


def _usable(credentials: Credentials, source: str, *, named: str) -> Credentials:
    """Refuse a key that cannot be sent in an HTTP header, while its source is still known."""
    access_key, secret_key = credentials.access_key, credentials.secret_key
    if not (access_key and secret_key and _is_sendable(access_key + secret_key)) or "," in access_key:
        raise _unusable(f"the key from {source} is empty or contains invalid characters")
    if not _is_sendable(credentials.session_token):
        raise _unusable(f"{named} contains invalid characters")
    return credentials


def _is_sendable(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def _unusable(message: str) -> CredentialsError:
    return CredentialsError(message, help="copy it again without quotes, spaces or line breaks")


def _region(environ: Mapping[str, str], files: _VendorFiles) -> str | None:
    from_environment = environ.get("VOLC_REGION", "").strip()
    if from_environment:
        return from_environment
    try:
        section = _section(files.config, files.profile) or {}
    except CredentialsError as error:
        help_ = "correct the file, set `VOLC_REGION`, or pass --region"
        raise CredentialsError(error.message, help=help_) from None
    return section.get("region", "").strip() or None


def _section(path: Path, profile: str) -> Mapping[str, str] | None:
    text = _text(path)
    if text is None:
        return None
    parser = _parsed(text)
    if parser is None:
        raise _unreadable(path, "is not a valid INI file")
    return parser[profile] if parser.has_section(profile) else None


def _parsed(text: str) -> configparser.RawConfigParser | None:
    """Return None on an error: the parser's own exception would quote the line, and with it the key."""
    import configparser  # noqa: PLC0415 - not every platform has a credentials file

    parser = configparser.RawConfigParser()
    try:
        # The parser's time is quadratic in the length of a run of spaces.
        parser.read_string(_SPACES.sub(" ", text))
    except configparser.Error:
        return None
    return parser


def _text(path: Path) -> str | None:
    try:
        content = read_regular(path, at_most=_MAX_BYTES + 1, follow_links=True)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from error
    if len(content) > _MAX_BYTES:
        raise _unreadable(path, f"is larger than {_MAX_BYTES // 1024**2} MiB")
    text = utf8(content)
    if text is None:
        raise _unreadable(path, "is not UTF-8 text")
    return text.removeprefix("\ufeff")


def _unreadable(path: Path, what: str) -> CredentialsError:
    return CredentialsError(f"{quote(path)} {what}", help=f"correct the file, or {_HOW.partition(', or')[0]}")


def _exposure(path: Path) -> tuple[Doubt, ...]:
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return (Doubt(f"{quote(path)} is readable by other users", f"run: chmod 600 {path}"),)
    return ()


def _missing(files: _VendorFiles) -> CredentialsError:
    state = (
        f"has no profile {quote(files.profile)} with a key"
        if files.credentials.exists()
        else "does not exist"
    )
    return CredentialsError(
        f"there are no credentials for the platform: {_BOTH_KEYS} are not set, "
        f"and {quote(files.credentials)} {state}",
        help=_HOW,
    )
