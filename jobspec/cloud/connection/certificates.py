"""The certificates named by the environment. Errors name the wrong variable, which the library's do not."""

from __future__ import annotations

import os
import re
import ssl
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.errors import UsageError
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

FILE, FOLDER, KEY_LOG = "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"
CODE = "JS534"
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def tls_context(environ: Mapping[str, str], default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Return the context for verifying the platform; `default` creates it if the environment names nothing.

    Raises `UsageError`, which names the variable and the path, for a path that cannot be used.
    """
    file, folder = environ.get(FILE) or None, environ.get(FOLDER) or None
    if file is not None:
        _check_file(file)
    if folder is not None:
        _check_folders(folder)
    with _blamed(KEY_LOG, environ.get(KEY_LOG, "")):  # the other variables have been checked
        if file is None and folder is None:
            return default()
        return ssl.create_default_context(cafile=file, capath=folder)


def _check_file(path: str) -> None:
    with _blamed(FILE, path):
        if Path(path).is_dir():
            raise IsADirectoryError("it is a folder")
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)


def _check_folders(paths: str) -> None:
    """Accept several folders if one of them is usable, as OpenSSL does."""
    with _blamed(FOLDER, paths):
        folders = [Path(path) for path in paths.split(os.pathsep) if Path(path).is_dir()]
        if not any(_HASHED.fullmatch(file.name) for folder in folders for file in folder.iterdir()):
            raise FileNotFoundError(_why_empty(paths))


def _why_empty(paths: str) -> str:
    if not any(Path(path).is_dir() for path in paths.split(os.pathsep)):
        return "the folder does not exist"
    return "no certificate in it has a name that OpenSSL looks for: run `openssl rehash` on the folder"


@contextmanager
def _blamed(variable: str, path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # a broken certificate file raises an OSError, too
        raise UsageError(
            f"`{variable}` points to {quote(path)}, which cannot be used: {_why(error)}",
            help=f"set `{variable}` to a usable path, or unset it",
            code=CODE,
        ) from None


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        return "it contains no readable certificate"
    return (error.strerror if isinstance(error, OSError) else "") or str(error)
