"""The request signature (HMAC-SHA256, "V4" style): made by the client, checked by the local platform.

Pure, with the standard library only: the time and the keys are arguments, and nothing here does I/O.
`tests/cloud/test_signing.py` compares it with the vendor's own signer, in both directions.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias
from urllib.parse import quote

from msgspec import Struct, field

from jobspec.concealing import Concealing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ALGORITHM = "HMAC-SHA256"
DATE_FORMAT = "%Y%m%dT%H%M%SZ"
DEFAULT_SERVICE = "ml_platform"
NONCE_HEADER = "X-Jobspec-Nonce"
"""A random text that our client signs with each request: a server may refuse a write that repeats one."""
PROOF_HEADER = "X-Jobspec-Proof"
"""A local platform's response to a nonce: see `proof`."""
MAX_SKEW = timedelta(minutes=15)

_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential=(?P<credential>[^,\s]+),\s*"
    r"SignedHeaders=(?P<signed>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_MUST_BE_SIGNED = frozenset({"host", "x-date", "x-content-sha256"})
_SIGNED_IF_PRESENT = frozenset({"x-security-token", NONCE_HEADER.lower()})
_DEFAULT_PORTS = frozenset({"80", "443"})

Failure: TypeAlias = Literal[
    "SignatureDoesNotMatch", "InvalidAccessKey", "InvalidTimestamp", "MissingAuthentication"
]


class SignatureError(Exception):
    """The signature of a request is not accepted. `code` is the API's own error code."""

    def __init__(self, code: Failure, message: str) -> None:
        super().__init__(message)
        self.code: Failure = code
        self.message = message


class Credentials(Concealing, frozen=True):
    """An access key, with the session token if it is a temporary one. Its repr shows nothing of it."""

    concealed: ClassVar[frozenset[str]] = frozenset({"access_key", "secret_key", "session_token"})
    access_key: str
    secret_key: str
    session_token: str = ""


class SignableRequest(Concealing, frozen=True):
    """A request as it is signed: `path` and `query` decoded, `host` with its port if it has one."""

    concealed: ClassVar[frozenset[str]] = frozenset({"body", "headers"})
    method: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class _Scope(Struct, frozen=True):
    date: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/request"


class _Claim(Struct, frozen=True):
    """The contents of an `Authorization` header, not yet verified."""

    access_key: str
    scope: _Scope
    signed: tuple[str, ...]
    signature: str


def sign(
    request: SignableRequest,
    credentials: Credentials,
    *,
    region: str,
    service: str = DEFAULT_SERVICE,
    now: datetime,
) -> dict[str, str]:
    """Return the headers to add to `request`, including `Authorization`.

    The signature covers `Content-Type`, `Host` and every `X-` header, including those of `request.headers`.
    `now` is aware.
    """
    stamp = _aware(now).strftime(DATE_FORMAT)
    added = _identity_headers(request, credentials, stamp)
    values = {**_lowered(request.headers), **_lowered(added)}
    signed = tuple(sorted(name for name in values if _is_signable(name)))
    scope = _Scope(stamp[:8], region, service)
    canonical = _canonical(request, values, signed)
    signature = _signature(canonical, scope, stamp, credentials.secret_key)
    added["Authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={';'.join(signed)}, Signature={signature}"
    )
    return added


def verify(
    request: SignableRequest,
    keys: Callable[[str], Credentials | None],
    *,
    now: datetime,
    max_skew: timedelta = MAX_SKEW,
) -> None:
    """Raise `SignatureError` unless `request` has a valid signature by a key that `keys` returns.

    Its time must be within `max_skew` of `now` (aware).

    Region and service are taken from the signature: a verifier for a certain one must compare it itself.
    """
    verify_headers(request, keys, now=now, max_skew=max_skew)
    verify_body(request.headers, request.body)


def verify_headers(
    request: SignableRequest,
    keys: Callable[[str], Credentials | None],
    *,
    now: datetime,
    max_skew: timedelta = MAX_SKEW,
) -> Credentials:
    """Return the key that signed the request, from its headers alone: `request.body` is not read.

    The signature covers the hash of the body, so that only `verify_body` is left to do once the body is read.
    Raises `SignatureError` as `verify` does.
    """
    values = {**_lowered(request.headers), "host": request.host.strip()}
    claim = _claim(values)
    credentials = _known_key(claim, keys)
    _check_time(values.get("x-date", ""), claim, _aware(now), max_skew)
    _check_coverage(values, claim)
    _check_token(values, credentials)
    _check_signature(request, values, claim, credentials)
    return credentials


def verify_body(headers: Mapping[str, str], body: bytes) -> None:
    """Raise `SignatureError` unless the verified `headers` are signed for `body`."""
    if _lowered(headers).get("x-content-sha256") != hashlib.sha256(body).hexdigest():
        raise SignatureError("SignatureDoesNotMatch", "`X-Content-Sha256` is not the hash of the body")


def proof(secret_key: str, nonce: str, address: str) -> str:
    """Return the proof, as hexadecimal text, that only a holder of the secret key can compute for a nonce.

    The address prevents a program at another address from relaying the proof of a server that holds the key.
    """
    return _hmac(_utf8(secret_key), f"jobspec-proof\n{address}\n{nonce}").hex()


def address_of(socket_name: object) -> str:
    """Return the normalized address and port of a socket name; empty if it has none."""
    if not isinstance(socket_name, (tuple, list)) or len(socket_name) < 2:
        return ""
    try:
        address = ipaddress.ip_address(str(socket_name[0]).partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return f"{mapped or address} {socket_name[1]}"


def _aware(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise ValueError("`now` must have a time zone")
    return now.astimezone(UTC)


def _identity_headers(request: SignableRequest, credentials: Credentials, stamp: str) -> dict[str, str]:
    given = _lowered(request.headers)
    headers = {
        "Content-Type": given.get("content-type", "application/json"),
        "Host": request.host,
        "X-Date": stamp,
        "X-Content-Sha256": hashlib.sha256(request.body).hexdigest(),
    }
    if credentials.session_token:
        headers["X-Security-Token"] = credentials.session_token
    return headers


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value.strip() for name, value in headers.items()}


def _is_signable(name: str) -> bool:
    return name in {"content-type", "content-md5", "host"} or name.startswith("x-")


def _canonical(request: SignableRequest, values: Mapping[str, str], signed: tuple[str, ...]) -> str:
    shown = {**values, "host": _without_default_port(values["host"])}
    lines = "".join(f"{name}:{shown[name]}\n" for name in signed)
    path = quote(request.path or "/", safe="/-_.~", errors="surrogatepass")
    return "\n".join(
        [
            request.method,
            path,
            _canonical_query(request.query),
            lines,
            ";".join(signed),
            values["x-content-sha256"],
        ]
    )


def _canonical_query(query: Iterable[tuple[str, str]]) -> str:
    # Sorted by the decoded key, and stable for repeated keys, as the vendor does it.
    return "&".join(f"{_encoded(key)}={_encoded(value)}" for key, value in sorted(query, key=lambda q: q[0]))


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~", errors="surrogatepass")


def _without_default_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port in _DEFAULT_PORTS else host


def _signature(canonical: str, scope: _Scope, stamp: str, secret_key: str) -> str:
    hashed = hashlib.sha256(_utf8(canonical)).hexdigest()
    text = "\n".join([ALGORITHM, stamp, str(scope), hashed])
    key = _utf8(secret_key)
    for part in (scope.date, scope.region, scope.service, "request"):
        key = _hmac(key, part)
    return _hmac(key, text).hex()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, _utf8(text), "sha256")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _claim(values: Mapping[str, str]) -> _Claim:
    header = values.get("authorization", "")
    match = _AUTHORIZATION.fullmatch(header)
    if match is None:
        what = "is malformed" if header else "is missing"
        raise SignatureError("MissingAuthentication", f"the `Authorization` header {what}")
    parts = match["credential"].rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "request":
        raise SignatureError("MissingAuthentication", "the credential scope is malformed")
    signed = tuple(match["signed"].split(";"))
    return _Claim(parts[0], _Scope(*parts[1:4]), signed, match["signature"])


def _known_key(claim: _Claim, keys: Callable[[str], Credentials | None]) -> Credentials:
    credentials = keys(claim.access_key)
    if credentials is None:
        raise SignatureError("InvalidAccessKey", "unknown access key")
    return credentials


def _check_time(stamp: str, claim: _Claim, now: datetime, max_skew: timedelta) -> None:
    sent = _parsed_stamp(stamp)
    if sent is None:
        raise SignatureError("InvalidTimestamp", "the `X-Date` header is missing or malformed")
    if abs(now - sent) > max_skew:
        raise SignatureError("InvalidTimestamp", "the request's time differs too much from the server's")
    if claim.scope.date != stamp[:8]:
        raise SignatureError(
            "SignatureDoesNotMatch", "the date of the credential scope differs from `X-Date`"
        )


def _parsed_stamp(stamp: str) -> datetime | None:
    if not _DATE.fullmatch(stamp):
        return None
    try:
        return datetime.fromisoformat(stamp)  # many times as fast as strptime
    except ValueError:
        return None


def _check_coverage(values: Mapping[str, str], claim: _Claim) -> None:
    needed = _MUST_BE_SIGNED | (_SIGNED_IF_PRESENT & values.keys())
    if needed - set(claim.signed):
        raise SignatureError("SignatureDoesNotMatch", "a required header is not signed")
    if set(claim.signed) - values.keys():
        raise SignatureError("SignatureDoesNotMatch", "a signed header is not in the request")


def _check_token(values: Mapping[str, str], credentials: Credentials) -> None:
    given, expected = values.get("x-security-token", ""), credentials.session_token
    if expected and not hmac.compare_digest(_utf8(given), _utf8(expected)):
        raise SignatureError("InvalidAccessKey", "the session token does not belong to the access key")


def _check_signature(
    request: SignableRequest, values: Mapping[str, str], claim: _Claim, credentials: Credentials
) -> None:
    canonical = _canonical(request, values, claim.signed)
    expected = _signature(canonical, claim.scope, values["x-date"], credentials.secret_key)
    if not hmac.compare_digest(expected, claim.signature):
        raise SignatureError("SignatureDoesNotMatch", "the signature does not match the request")
