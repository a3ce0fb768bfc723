"""Access control: accepts requests signed with a known key; in process, any that is not from a web page.

A create runs a command on this machine, and loopback keeps out neither other users of the machine nor a page
in the user's browser. So the headers are checked before any of the body is read.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, ClassVar

from jobspec.cloud.signing import (
    NONCE_HEADER,
    PROOF_HEADER,
    Credentials,
    SignableRequest,
    SignatureError,
    address_of,
    proof,
    verify_body,
    verify_headers,
)
from jobspec.concealing import Concealing
from jobspec.local.api.exchange import (
    SERVICE,
    Incoming,
)
from jobspec.local.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


_LONGEST_NONCE = 128
_SCOPE = re.compile(r"Credential=[^,\s]+/[0-9]{8}/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/request")


class Caller(Concealing, frozen=True):
    """The signer of a request, and the address of this server that received it.

    `nonce` is empty if the client sent none.
    """

    concealed: ClassVar[frozenset[str]] = frozenset({"secret_key"})
    secret_key: str
    nonce: str = ""
    address: str = ""

    @property
    def proof(self) -> tuple[tuple[str, str], ...]:
        """The header that proves to the caller that this server knows the same key."""
        return ((PROOF_HEADER, proof(self.secret_key, self.nonce, self.address)),) if self.nonce else ()


ANONYMOUS = Caller("")
"""The caller of a request that needs no signature."""


def check_headers(request: Incoming, keys: Mapping[str, str], *, now: datetime) -> Caller:
    """Return who signed the request with one of `keys`, access key to secret key. Raises `ApiError`.

    The body is not needed yet: `check_body` compares it with the signed hash.
    """

    def known(access_key: str) -> Credentials | None:
        secret_key = keys.get(access_key)
        return None if secret_key is None else Credentials(access_key, secret_key)

    signable = SignableRequest(
        request.method, request.host, request.path, request.query, b"", request.headers
    )
    try:
        found = verify_headers(signable, known, now=now)
    except SignatureError as refused:
        raise _refused(refused) from None
    scope = _SCOPE.search(request.headers["authorization"])
    if scope is None or scope["service"] != SERVICE:
        raise ApiError(
            "SignatureDoesNotMatch", f"the signature is not for the service `{SERVICE}`", status=401
        )
    nonce = request.headers.get(NONCE_HEADER.lower(), "")
    if len(nonce) > _LONGEST_NONCE:
        raise ApiError("InvalidParameter", f"the nonce is longer than {_LONGEST_NONCE} characters")
    return Caller(found.secret_key, nonce, address_of(request.server))


def check_body(request: Incoming, body: bytes) -> None:
    """Return if the hash of `body` is the signed one. Raises `ApiError`."""
    try:
        verify_body(request.headers, body)
    except SignatureError as refused:
        raise _refused(refused) from None


def _refused(refused: SignatureError) -> ApiError:
    return ApiError(refused.code, refused.message, status=401)


def check_local_caller(request: Incoming) -> None:
    """Return if an unsigned request cannot have come from a web page. Raises `ApiError`."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise ApiError("InvalidParameter", "the `Content-Type` must be `application/json`", status=415)
    if "origin" in request.headers:
        raise _not_from_here()
    check_local_host(request)


def check_local_host(request: Incoming) -> None:
    """Return if a request names this machine as its host. Raises `ApiError`."""
    if not is_loopback(host_name(request.host)):
        raise _not_from_here()


def _not_from_here() -> ApiError:
    return ApiError("AccessDenied", "unsigned requests are accepted from this machine only", status=403)


def region(request: Incoming) -> str:
    """Return the region that the signature names; `local` without one."""
    scope = _SCOPE.search(request.headers.get("authorization", ""))
    return scope["region"] if scope else "local"


def host_name(host: str) -> str:
    """Return the name or address in a `Host` header, without the port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def is_loopback(name: str) -> bool:
    """Return whether a name or an address certainly means this machine."""
    try:
        return name.lower() == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
