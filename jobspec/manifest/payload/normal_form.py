"""The normal form of a create payload: equal for payloads that mean the same run. Pure.

For comparing and hashing only: the declared payload is what is sent.
"""

from __future__ import annotations

from posixpath import normpath
from typing import TYPE_CHECKING, Any

from jobspec.manifest.values import FRAMEWORKS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FRAMEWORKS = {name.lower(): name for name in FRAMEWORKS}
# The vendor's SDK sends an empty text for each of these if it is not set.
_PATHS = ("CodeOriPath", "TOSCodePath", "LocalCodePath", "TensorBoardPath")


def normal(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload without explicit defaults, and with one spelling of each path and text."""
    body = {**with_image_type(payload), **_texts(payload), **_storages(payload), **_framework(payload)}
    return {key: value for key, value in body.items() if not _is_default(key, value)}


def _is_default(key: str, value: Any) -> bool:
    match key:
        case "DelayExitTimeSeconds":
            return bool(value == 0)
        case "RetryOptions":
            return isinstance(value, dict) and value.get("EnableRetry") is False
        case _:
            return key in _PATHS and value == ""


def with_image_type(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the payload with the type `Custom`, which releases before 0.2 sent for an image without one."""
    image = payload.get("ImageSpec")
    if not isinstance(image, dict) or not image.get("Url") or image.get("Type"):
        return payload
    return {**payload, "ImageSpec": {**image, "Type": "Custom"}}


def _framework(payload: Mapping[str, Any]) -> dict[str, Any]:
    written = payload.get("Framework")
    known = _FRAMEWORKS.get(written.lower()) if isinstance(written, str) else None
    return {} if known is None else {"Framework": known}


def _texts(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Remove the final line breaks of block scalars; those of an entrypoint matter if `Args` follow."""
    keys = ("Args", *_PATHS, *(() if str(payload.get("Args", "")).strip() else ("EntrypointPath",)))
    texts = {key: payload[key] for key in keys if isinstance(payload.get(key), str)}
    return {key: text.rstrip("\r\n") if text.strip() else "" for key, text in texts.items()}


def _storages(payload: Mapping[str, Any]) -> dict[str, Any]:
    storages = payload.get("Storages")
    if not isinstance(storages, list):
        return {}
    found = [_storage(item) for item in storages if isinstance(item, dict)]
    return {"Storages": sorted(found, key=lambda item: str(item.get("MountPath")))}


def _storage(storage: Mapping[str, Any]) -> dict[str, Any]:
    spelled = {key: _spelled(key, value) for key, value in storage.items()}
    return {key: value for key, value in spelled.items() if value != "" or key not in _FOLDERS}


def _spelled(key: str, value: Any) -> Any:
    return _SPELLINGS[key](value) if key in _SPELLINGS and isinstance(value, str) else value


def _absolute(path: str) -> str:
    return "/" + normpath(path).lstrip("/")


def _relative(path: str) -> str:
    """Return a folder of a file system, relative to its root; empty for the root itself."""
    return normpath("/" + path.strip("\r\n")).strip("/")


def _prefix(prefix: str) -> str:
    """Return a folder of a bucket. A leading slash is part of a key; a lone slash means the whole bucket."""
    return prefix.strip("\r\n").rstrip("/")


_FOLDERS: dict[str, Callable[[str], str]] = {"Prefix": _prefix, "SubPath": _relative}
_SPELLINGS: dict[str, Callable[[str], str]] = {"MountPath": _absolute, **_FOLDERS}
