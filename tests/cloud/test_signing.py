"""Our signer and our verifier against the vendor's own signer, and against tampering."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from volcengine.auth.SignerV4 import SignerV4
from volcengine.auth.SignParam import SignParam
from volcengine.Credentials import Credentials as VendorCredentials

from jobspec.cloud.signing import Credentials, SignableRequest, SignatureError, sign, verify

NOW = datetime(2026, 1, 31, 1, 2, 3, tzinfo=UTC)
KEY = Credentials("AKLTexample", "c2VjcmV0/+==")
TEMPORARY = Credentials("AKTPexample", "c2VjcmV0", "STS2token+/=")
REQUEST = SignableRequest(
    method="POST",
    host="open.volcengineapi.com",
    path="/",
    query=(("Action", "ListCustomTasks"), ("Version", "2021-10-01")),
    body=b'{"Limit":10}',
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
HEADER_VALUE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
HOSTS = ["h.example", "h.example:80", "h.example:443", "h.example:8080", "127.0.0.1:5000"]
REQUESTS = st.tuples(
    st.sampled_from(["POST", "GET"]),
    st.sampled_from(HOSTS),
    st.just("/") | TEXT.map(lambda text: "/" + text),
    st.dictionaries(TEXT, TEXT, max_size=4).map(lambda pairs: tuple(pairs.items())),
    st.binary(max_size=40),
    st.fixed_dictionaries(
        {}, optional={"X-Custom": HEADER_VALUE, "X-Another-One": HEADER_VALUE, "Accept": HEADER_VALUE}
    ),
).map(lambda parts: SignableRequest(*parts))
KEYS = st.tuples(HEADER_VALUE.map(lambda t: t.replace(",", "a")), HEADER_VALUE).map(
    lambda pair: Credentials(*pair)
)
TOKENS = st.just("") | HEADER_VALUE


def signed_by_vendor(
    request: SignableRequest, key: Credentials, region: str = "cn-beijing"
) -> SignableRequest:
    param = SignParam()
    param.host, param.method, param.path, param.body = (
        request.host,
        request.method,
        request.path,
        request.body,
    )
    param.query = OrderedDict(request.query)
    param.date = NOW
    # The vendor's own client sets this before it signs.
    headers = OrderedDict(request.headers)
    headers.setdefault("Content-Type", "application/json")
    headers["Host"] = request.host
    param.header_list = headers
    vendor_key = VendorCredentials(key.access_key, key.secret_key, "ml_platform", region, key.session_token)
    result = SignerV4.sign_only(param, vendor_key)
    return replace(request, headers={**headers, "Authorization": result.authorization})


def signed(
    request: SignableRequest = REQUEST, key: Credentials = KEY, now: datetime = NOW
) -> SignableRequest:
    return replace(request, headers={**request.headers, **sign(request, key, region="cn-beijing", now=now)})


def known(*keys: Credentials) -> Callable[[str], Credentials | None]:
    return {key.access_key: key for key in keys}.get


def refusal(request: SignableRequest, *keys: Credentials, now: datetime = NOW) -> str:
    with pytest.raises(SignatureError) as caught:
        verify(request, known(*(keys or (KEY, TEMPORARY))), now=now)
    return caught.value.code


def with_header(request: SignableRequest, name: str, value: str) -> SignableRequest:
    return replace(request, headers={**request.headers, name: value})


@settings(max_examples=200)
@given(request=REQUESTS, key=KEYS, token=TOKENS)
def test_our_signature_is_the_vendors(request: SignableRequest, key: Credentials, token: str) -> None:
    key = replace(key, session_token=token)
    ours = sign(request, key, region="cn-beijing", now=NOW)
    theirs = signed_by_vendor(request, key).headers
    assert ours["Authorization"] == theirs["Authorization"]
    assert ours["X-Content-Sha256"] == theirs["X-Content-Sha256"]
    assert ours.get("X-Security-Token") == theirs.get("X-Security-Token")


@settings(max_examples=200)
@given(request=REQUESTS, key=KEYS, token=TOKENS)
def test_what_the_vendor_signed_is_accepted(request: SignableRequest, key: Credentials, token: str) -> None:
    key = replace(key, session_token=token)
    verify(signed_by_vendor(request, key), known(key), now=NOW)


@settings(max_examples=200)
@given(
    request=REQUESTS,
    other=REQUESTS,
    key=KEYS,
    part=st.sampled_from(["method", "host", "path", "query", "body"]),
)
def test_a_signature_fits_no_other_request(
    request: SignableRequest, other: SignableRequest, key: Credentials, part: str
) -> None:
    changed = replace(signed(request, key), **{part: getattr(other, part)})
    if _as_signed(changed) == _as_signed(request):
        verify(changed, known(key), now=NOW)
    else:
        assert refusal(changed, key) == "SignatureDoesNotMatch"


def _as_signed(request: SignableRequest) -> tuple[object, ...]:
    host = request.host.removesuffix(":80").removesuffix(":443")
    return (request.method, host, request.path, sorted(request.query), request.body)


@pytest.mark.parametrize("key", [KEY, TEMPORARY])
def test_our_own_signature_is_accepted(key: Credentials) -> None:
    verify(signed(key=key), known(KEY, TEMPORARY), now=NOW)


def test_header_names_may_come_back_in_any_case() -> None:
    request = signed(key=TEMPORARY)
    shouted = replace(
        request, headers={name.upper(): f" {value} " for name, value in request.headers.items()}
    )
    verify(shouted, known(TEMPORARY), now=NOW)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (replace(signed(), body=b'{"Limit":11}'), "SignatureDoesNotMatch"),
        (replace(signed(), query=(("Action", "StopCustomTask"),)), "SignatureDoesNotMatch"),
        (replace(signed(), method="PUT"), "SignatureDoesNotMatch"),
        (replace(signed(), path="/x"), "SignatureDoesNotMatch"),
        (replace(signed(), host="other.example"), "SignatureDoesNotMatch"),
        (replace(signed(), host="open.volcengineapi.com:8080"), "SignatureDoesNotMatch"),
        (with_header(signed(), "Content-Type", "text/plain"), "SignatureDoesNotMatch"),
        (with_header(signed(), "X-Content-Sha256", "0" * 64), "SignatureDoesNotMatch"),
        (with_header(signed(), "X-Date", "20260131T010204Z"), "SignatureDoesNotMatch"),
        (with_header(signed(), "X-Date", "20260130T235959Z"), "InvalidTimestamp"),
        (with_header(signed(), "X-Date", "2026-01-31"), "InvalidTimestamp"),
        (with_header(signed(), "X-Date", "20261331T010203Z"), "InvalidTimestamp"),
        (with_header(signed(), "X-Security-Token", "mine"), "SignatureDoesNotMatch"),
        (with_header(signed(key=TEMPORARY), "X-Security-Token", "other"), "InvalidAccessKey"),
        (with_header(signed(), "Authorization", ""), "MissingAuthentication"),
        (with_header(signed(), "Authorization", "Basic YTpi"), "MissingAuthentication"),
        (replace(signed(), headers={}), "MissingAuthentication"),
    ],
)
def test_a_changed_request_is_refused(changed: SignableRequest, code: str) -> None:
    assert refusal(changed) == code


def test_a_wrong_secret_is_refused() -> None:
    assert refusal(signed(), replace(KEY, secret_key="other")) == "SignatureDoesNotMatch"


def test_an_unknown_key_is_refused() -> None:
    assert refusal(signed(), TEMPORARY) == "InvalidAccessKey"


@pytest.mark.parametrize("minutes", [-16, 16, 24 * 60])
def test_a_stale_or_early_request_is_refused(minutes: int) -> None:
    assert refusal(signed(), now=NOW + timedelta(minutes=minutes)) == "InvalidTimestamp"


@pytest.mark.parametrize("minutes", [-15, 0, 15])
def test_some_clock_skew_is_accepted(minutes: int) -> None:
    verify(signed(), known(KEY), now=NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("unsigned", ["host", "x-date", "x-content-sha256"])
def test_a_required_header_cannot_be_left_unsigned(unsigned: str) -> None:
    request = signed()
    header = request.headers["Authorization"].replace(f"{unsigned};", "").replace(f";{unsigned}", "")
    assert refusal(with_header(request, "Authorization", header)) == "SignatureDoesNotMatch"


def test_a_signed_header_that_is_missing_is_refused() -> None:
    request = signed(replace(REQUEST, headers={"X-Custom": "1"}))
    less = {name: value for name, value in request.headers.items() if name != "X-Custom"}
    assert refusal(replace(request, headers=less)) == "SignatureDoesNotMatch"


def test_any_time_zone_gives_the_same_signature() -> None:
    beijing = NOW.astimezone(timezone(timedelta(hours=8)))
    assert signed(now=beijing) == signed()


def test_a_time_without_a_zone_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="time zone"):
        sign(REQUEST, KEY, region="cn-beijing", now=NOW.replace(tzinfo=None))


def test_broken_unicode_is_refused_and_does_not_crash() -> None:
    assert refusal(replace(signed(), query=(("Action", "\ud800"),))) == "SignatureDoesNotMatch"


def test_secrets_are_not_in_the_repr() -> None:
    shown = repr(TEMPORARY) + repr(signed(key=TEMPORARY))
    assert TEMPORARY.secret_key not in shown
    assert TEMPORARY.session_token not in shown


@given(header=st.text(max_size=80))
def test_no_authorization_header_crashes_the_verifier(header: str) -> None:
    with pytest.raises(SignatureError):
        verify(with_header(signed(), "Authorization", "HMAC-SHA256 " + header), known(KEY), now=NOW)
