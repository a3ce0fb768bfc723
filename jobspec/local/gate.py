"""Who may call: a request is signed with a known key, or, without keys, comes from no web page.

A create runs a command on this machine. Without keys, loopback alone would not keep out a page in the
user's browser: it can send simple requests anywhere, and its host name can be made to point here.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from jobspec.cloud.signing import Credentials, SignableRequest, SignatureError, verify
from jobspec.local.errors import ApiError
from jobspec.local.exchange import SERVICE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from jobspec.local.exchange import Incoming

_SCOPE = re.compile(r"Credential=[^,\s]+/[0-9]{8}/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/request")


def check_signature(request: Incoming, body: bytes, keys: Mapping[str, str], *, now: datetime) -> None:
    """Return if the request is signed with one of `keys`, access key to secret key. Raises `ApiError`."""

    def known(access_key: str) -> Credentials | None:
        secret_key = keys.get(access_key)
        return None if secret_key is None else Credentials(access_key, secret_key)

    signable = SignableRequest(
        request.method, request.host, request.path, request.query, body, request.headers
    )
    try:
        verify(signable, known, now=now)
    except SignatureError as refused:
        raise ApiError(refused.code, refused.message, status=401) from None
    scope = _SCOPE.search(request.headers["authorization"])
    if scope is None or scope["service"] != SERVICE:
        raise ApiError("SignatureDoesNotMatch", f"the signature is not for `{SERVICE}`", status=401)


def check_local_caller(request: Incoming) -> None:
    """Return if an unsigned request cannot have come from a web page. Raises `ApiError`."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise ApiError("InvalidParameter", "the `Content-Type` must be `application/json`", status=415)
    if "origin" in request.headers or not is_loopback(host_name(request.host)):
        raise ApiError("AccessDenied", "unsigned requests are accepted from this machine only", status=403)


def region(request: Incoming) -> str:
    """The region that the signature names; `local` without one."""
    scope = _SCOPE.search(request.headers.get("authorization", ""))
    return scope["region"] if scope else "local"


def host_name(host: str) -> str:
    """The name or address in a `Host` header, without the port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def is_loopback(name: str) -> bool:
    """Whether a name or an address means this machine for certain."""
    try:
        return name.lower() == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
