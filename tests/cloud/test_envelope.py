"""Each response has one class of error: executed, not executed, or unknown."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jobspec.cloud.answers.envelope import Answer, Question, read_envelope
from jobspec.errors import (
    BadAnswer,
    Forbidden,
    NotAuthenticated,
    NotFound,
    NotInTerminalState,
    PlatformError,
    Refused,
    Throttled,
    Unavailable,
    UnknownAction,
)

NOW = datetime(2026, 1, 31, 1, 2, 3, tzinfo=UTC)
GET = Question("GetCustomTask", secrets=("AKLT-key", "sssecret"), credential_source="`VOLC_ACCESSKEY`")


def answer(status: int, document: object, **headers: str) -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(status, headers, body, NOW)


def failed(status: int, code: str, message: str = "no", **headers: str) -> Answer:
    metadata = {"RequestId": "r-1", "Error": {"Code": code, "CodeN": 1, "Message": message}}
    return answer(status, {"ResponseMetadata": metadata}, **headers)


def error_of(given: Answer, question: Question = GET) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        read_envelope(question, given)
    return caught.value


def test_a_successful_response_returns_its_result() -> None:
    assert read_envelope(GET, answer(200, {"ResponseMetadata": {}, "Result": {"Id": "t-1"}})) == {"Id": "t-1"}


def test_a_platform_may_have_its_own_help_for_a_refusal() -> None:
    local = replace(GET, hints={"QuotaExceeded": "raise the slots"})
    refused = failed(400, "QuotaExceeded.Slots")
    assert error_of(refused, local).help == "raise the slots"
    assert "correct the problem" in error_of(refused).help


@pytest.mark.parametrize("document", [{"ResponseMetadata": {}}, {"ResponseMetadata": {}, "Result": None}])
def test_only_an_action_without_a_result_may_lack_one(document: object) -> None:
    assert read_envelope(Question("StopCustomTask"), answer(200, document)) == {}
    assert type(error_of(answer(200, document))) is BadAnswer


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "InvalidParameter", Refused),
        (400, "MissingParameter", Refused),
        (400, "InvalidParameter.Id", Refused),
        (200, "InvalidParameter", Refused),
        (400, "SomethingNew", Refused),
        (404, "ResourceNotFound", NotFound),
        (404, "ResourceNotFound.CustomTask", NotFound),
        (400, "CustomTaskNotInTerminalState", NotInTerminalState),
        (403, "UnauthorizedOperation", Forbidden),
        (403, "AccessDenied", Forbidden),
        (403, "LackPolicy", Forbidden),
        (401, "SignatureDoesNotMatch", NotAuthenticated),
        (401, "InvalidAccessKey", NotAuthenticated),
        (400, "InvalidTimestamp", NotAuthenticated),
        (400, "MissingAuthenticationToken", NotAuthenticated),
        (404, "InvalidActionOrVersion", UnknownAction),
        (429, "AnythingAtAll", Throttled),
        (400, "FlowLimitExceeded", Throttled),
        (400, "AccountFlowLimitExceeded", Throttled),
        (200, "Throttling", Throttled),
        (403, "QPSLimitExceeded", Throttled),
        (500, "InternalError", Unavailable),
        (503, "ServiceUnavailableTemp", Unavailable),
        (503, "FlowLimitExceeded", Unavailable),
        (502, "InvalidParameter", Unavailable),
        (200, "InternalServiceError", Unavailable),
        (400, "InternalServiceTimeout", Unavailable),
        (400, "", BadAnswer),
    ],
)
def test_an_api_error_is_classified_by_status_and_code(
    status: int, code: str, kind: type[PlatformError]
) -> None:
    given = answer(
        status, {"ResponseMetadata": {"RequestId": "r-1", "Error": {"Code": code, "Message": "no"}}}
    )
    error = error_of(given)
    assert type(error) is kind
    assert (error.api_code, error.request_id, error.status) == (code, "r-1", status)
    assert error.action == "GetCustomTask"
    assert error.help


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (answer(429, b"<html>slow down</html>"), BadAnswer),
        (answer(429, {"error": "slow down"}), BadAnswer),
        (answer(200, b"<html>login</html>"), BadAnswer),
        (answer(403, b"<html>blocked</html>"), BadAnswer),
        (answer(302, b""), BadAnswer),
        (answer(200, b""), BadAnswer),
        (answer(200, b'{"ResponseMetadata": {}, "Resu'), BadAnswer),
        (answer(200, b"\xff\xfe\x00"), BadAnswer),
        (answer(200, b"[" * 100_000), BadAnswer),
        (answer(200, b"[]"), BadAnswer),
        (answer(200, b"null"), BadAnswer),
        (answer(200, {"Result": {"Id": "t-1"}}), BadAnswer),
        (answer(200, {"ResponseMetadata": None, "Result": {}}), BadAnswer),
        (answer(200, {"ResponseMetadata": {}, "Result": "t-1"}), BadAnswer),
        (answer(201, {"ResponseMetadata": {}, "Result": {"Id": "t-1"}}), BadAnswer),
        (answer(200, {"ResponseMetadata": {"Error": "broken"}}), BadAnswer),
        (answer(502, b"<html>bad gateway</html>"), Unavailable),
        (answer(503, b""), Unavailable),
        (answer(500, {"ResponseMetadata": {}}), Unavailable),
    ],
)
def test_a_foreign_response_proves_nothing_about_execution(given: Answer, kind: type[PlatformError]) -> None:
    error = error_of(given)
    assert type(error) is kind
    assert error.help


@pytest.mark.parametrize("error", [None, {}, ""])
def test_an_empty_error_is_not_an_error(error: object) -> None:
    document = {"ResponseMetadata": {"Error": error}, "Result": {"Id": "t-1"}}
    assert read_envelope(GET, answer(200, document)) == {"Id": "t-1"}


def test_a_headline_is_one_short_line_without_secrets() -> None:
    message = error_of(failed(400, "InvalidParameter", "AKLT-key\n\x1b[31msssecret " + "x" * 900)).message
    assert message.startswith("the platform refused `GetCustomTask` with `InvalidParameter`: *** ")
    assert len(message) < 400
    assert "sssecret" not in message
    assert message.isprintable()


@pytest.mark.parametrize(
    ("minutes", "hint"),
    [
        (20, "set this machine's clock: sudo timedatectl set-ntp true; it is 1200 s ahead of the platform's"),
        (-20, "set this machine's clock: sudo timedatectl set-ntp true; it is 1200 s behind the platform's"),
        (0, "check the key and its secret, taken from `VOLC_ACCESSKEY`"),
    ],
)
def test_a_refused_signature_names_the_clock_or_the_source_of_the_key(minutes: int, hint: str) -> None:
    date = (NOW - timedelta(minutes=minutes)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert error_of(failed(401, "InvalidTimestamp", date=date)).help == hint


@pytest.mark.parametrize("date", ["", "soon", "Mon, 99 Foo 2026 25:00:00 GMT"])
def test_an_invalid_date_proves_nothing_about_the_clock(date: str) -> None:
    assert "VOLC_ACCESSKEY" in error_of(failed(401, "InvalidTimestamp", date=date)).help


@given(status=st.integers(100, 599), body=st.binary(max_size=60))
def test_bytes_that_are_not_an_envelope_never_pass_and_never_crash(status: int, body: bytes) -> None:
    assert type(error_of(answer(status, body))) in {BadAnswer, Unavailable}


@given(
    status=st.integers(200, 599),
    code=st.none() | st.integers() | st.text(max_size=20),
    message=st.none() | st.text(max_size=40),
)
def test_any_api_error_becomes_a_platform_error(status: int, code: object, message: object) -> None:
    error = error_of(
        answer(status, {"ResponseMetadata": {"Error": {"Code": code, "Message": message, "N": 1}}})
    )
    assert status < 500 or type(error) is Unavailable
    assert error.message.isprintable()


@pytest.mark.parametrize("nested", ["[" * 70 + "]" * 70, '{"a":' * 400 + "1" + "}" * 400])
def test_an_endlessly_nested_response_is_foreign(nested: str) -> None:
    document = b'{"ResponseMetadata": {}, "Result": {"Id": "t-1", "Extra": %s}}' % nested.encode()
    assert type(error_of(answer(200, document))) is BadAnswer


def test_a_response_of_only_brackets_is_not_parsed() -> None:
    document = b'{"ResponseMetadata": {}, "Result": {"List": [' + b"{}," * 2_000_000 + b"{}]}}"
    assert type(error_of(answer(200, document))) is BadAnswer


def test_brackets_in_a_text_do_not_count_as_nesting() -> None:
    document = {"ResponseMetadata": {}, "Result": {"Id": "t-1", "DiagInfo": "[" * 500 + "}" * 500}}
    assert read_envelope(GET, answer(200, document))["Id"] == "t-1"


def test_an_integer_beyond_64_bits_is_read_as_a_float() -> None:
    document = b'{"ResponseMetadata": {}, "Result": {"a": %s, "b": -9}}' % (b"9" * 5000)
    assert read_envelope(GET, answer(200, document)) == {"a": math.inf, "b": -9}
