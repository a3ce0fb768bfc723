"""Read an HTTP response: return the API's result, or raise the one exception that describes the failure.

Pure. For a write, the exception states whether the request was executed, was not executed, or may have been.
That decision uses the status and the error code, never the text of the message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from msgspec import field

from jobspec import bounded_json
from jobspec.cloud import skew
from jobspec.concealing import Concealing
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
from jobspec.quoting import quote
from jobspec.redaction.answers import shown

if TYPE_CHECKING:
    from datetime import datetime

    from jobspec.cloud.answers.wire import Json

_WITHOUT_RESULT = frozenset({"StopCustomTask", "DeleteCustomTask", "UpdateCustomTask"})
_THROTTLED = ("flowlimit", "throttl", "qps")
_NOT_AUTHENTICATED = (
    "Signature",
    "MissingSignature",
    "MissingAuthentication",
    "InvalidAccessKey",
    "InvalidTimestamp",
    "InvalidCredential",
    "InvalidSecurityToken",
)
# Codes for internal failures of the platform. Some gateways send them with a status below 500; then, too, the
# request may have been executed.
_OWN_FAILURE = ("Internal", "ServiceUnavailable")
_REFUSALS: Mapping[str, tuple[type[Refused], str]] = {
    "ResourceNotFound": (NotFound, "check the id, the region and the account"),
    "CustomTaskNotInTerminalState": (NotInTerminalState, "stop the task and wait until it has ended"),
    "UnauthorizedOperation": (
        Forbidden,
        "ask the owner of the task or an administrator to grant this key access",
    ),
    "AccessDenied": (Forbidden, "ask the owner of the task or an administrator to grant this key access"),
    "LackPolicy": (Forbidden, "ask the owner of the task or an administrator to grant this key access"),
    "InvalidActionOrVersion": (UnknownAction, "this platform or account does not support the action"),
}
_OTHER_REFUSAL = (Refused, "correct the problem that the message describes, then run the command again")


class Answer(Concealing, frozen=True):
    """One complete HTTP response. Header names are lower case; `sent_at` is our clock at signing."""

    concealed: ClassVar[frozenset[str]] = frozenset({"headers", "body"})

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent_at: datetime


class Question(Concealing, frozen=True):
    """The request, for use in error messages: the action, and the secrets that no message may repeat.

    `hints` are help lines by API code, for a platform on which those of the cloud would mislead.
    """

    concealed: ClassVar[frozenset[str]] = frozenset({"secrets"})

    action: str
    secrets: tuple[str, ...] = ()
    credential_source: str = ""
    hints: Mapping[str, str] = field(default_factory=dict)


class _ApiError(Concealing, frozen=True):
    concealed: ClassVar[frozenset[str]] = frozenset({"code", "message"})  # may quote the request

    code: str
    message: str


def read_envelope(question: Question, answer: Answer) -> Json:
    """Return the `Result` of a successful response; an empty one for actions without a result.

    Raises `Throttled` or `Refused` (not executed), or `Unavailable` or `BadAnswer` (may have been executed).
    """
    envelope = _parsed(answer.body)
    metadata = envelope.get("ResponseMetadata") if envelope is not None else None
    if envelope is None or not isinstance(metadata, Mapping):
        raise _foreign_answer(question, answer)
    error = _api_error(metadata)
    if error is not None:
        raise _classified(question, answer, error, _request_id(question, metadata, answer))
    if answer.status != 200:
        raise _foreign_answer(question, answer)
    return _result(question, envelope)


def read_whole(question: Question, answer: Answer) -> Json:
    """Return a successful response with its metadata and always a `Result`. Raises as `read_envelope`."""
    result = read_envelope(question, answer)
    return {**(_parsed(answer.body) or {}), "Result": result}


def request_id_of(question: Question, answer: Answer) -> str:
    """Return the platform's id of the request, for support requests; empty if the response has none."""
    metadata = (_parsed(answer.body) or {}).get("ResponseMetadata")
    return _request_id(question, metadata if isinstance(metadata, Mapping) else {}, answer)


def clock_skew(answer: Answer) -> float | None:
    """Return how many seconds our clock is ahead of the `Date` header; None without one.

    The header has a resolution of one second.
    """
    return skew.ahead_of(answer.headers.get("date", ""), answer.sent_at)


def _parsed(body: bytes) -> Json | None:
    try:
        document = bounded_json.parse(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _api_error(metadata: Json) -> _ApiError | None:
    error = metadata.get("Error")
    if not error:
        return None
    if not isinstance(error, Mapping):
        return _ApiError("", str(error))
    return _ApiError(str(error.get("Code") or error.get("CodeN") or ""), str(error.get("Message") or ""))


def _request_id(question: Question, metadata: Json, answer: Answer) -> str:
    return shown(str(metadata.get("RequestId") or answer.headers.get("x-tt-logid", "")), question.secrets)


def _result(question: Question, envelope: Json) -> Json:
    result = envelope.get("Result")
    if isinstance(result, Mapping):
        return result
    if question.action in _WITHOUT_RESULT:
        return {}
    raise BadAnswer(
        f"the platform returned no result for `{question.action}`",
        action=question.action,
        status=200,
        help="try again later",
    )


def _classified(question: Question, answer: Answer, error: _ApiError, request_id: str) -> PlatformError:
    kind, verb, hint = _kind(question, answer, error)
    code = shown(error.code, question.secrets)
    message = shown(error.message, question.secrets)
    return kind(
        f"{verb} `{question.action}`"
        + (f" with {quote(code)}" if code else "")
        + (f": {message}" if message else ""),
        action=question.action,
        api_code=code,
        request_id=request_id,
        status=answer.status,
        help=hint,
    )


def _kind(question: Question, answer: Answer, error: _ApiError) -> tuple[type[PlatformError], str, str]:
    if answer.status >= 500 or error.code.startswith(_OWN_FAILURE):
        return Unavailable, "the platform failed to execute", "try again later"
    if answer.status == 429 or any(mark in error.code.lower() for mark in _THROTTLED):
        return Throttled, "the platform throttled", "try again later, or with fewer tasks at once"
    if not error.code:
        return BadAnswer, "the platform returned an error without a code for", "try again later"
    if error.code.startswith(_NOT_AUTHENTICATED):
        hint = _authentication_hint(question, answer)
        return NotAuthenticated, "the platform rejected the credentials for", hint
    code = error.code.partition(".")[0]
    kind, hint = _REFUSALS.get(code, _OTHER_REFUSAL)
    return kind, "the platform refused", question.hints.get(code, hint)


def _authentication_hint(question: Question, answer: Answer) -> str:
    ahead = clock_skew(answer) or 0.0
    if skew.is_noticed(ahead):
        return f"{skew.SET_CLOCK}; it {skew.describe(ahead)}"
    source = question.credential_source
    return f"check the key and its secret, taken from {source}" if source else "check the key and its secret"


def _foreign_answer(question: Question, answer: Answer) -> PlatformError:
    """Return the error for a response that is not the API's. A gateway's 429 proves nothing."""
    kind = Unavailable if answer.status >= 500 else BadAnswer
    return kind(
        f"the response to `{question.action}` is not from the platform: HTTP {answer.status}, "
        f"{_kind_of_body(answer)}",
        action=question.action,
        status=answer.status,
        help="check the endpoint and any proxy or gateway in front of it",
    )


def _kind_of_body(answer: Answer) -> str:
    if not answer.body:
        return "empty"
    if 300 <= answer.status < 400:
        return "a redirect, which is not followed"
    start = answer.body[:256].lstrip().lower()
    if start.startswith(b"<"):
        return "an HTML or XML page"
    return "truncated or unexpected JSON" if start.startswith((b"{", b"[")) else "not JSON"
