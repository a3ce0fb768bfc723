"""The key of whoever serves the platform of a test, and calls that are signed with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from jobspec.cloud.signing import Credentials, SignableRequest, sign

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEY = Credentials("AKLT-owner", "secret-of-the-owner")
OWNER = {"VOLC_ACCESSKEY": _KEY.access_key, "VOLC_SECRETKEY": _KEY.secret_key}
"""With which `jobspec serve` is started."""


def signed(host: str, query: str, body: bytes, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers of a POST to `/?query` as the owner, those of `more` among what is signed."""
    given = dict(more or {})
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    request = SignableRequest("POST", host, "/", pairs, body, given)
    return {**given, **sign(request, _KEY, region="local", now=datetime.now(UTC))}
