"""Requests and responses as values, and reading requests from WSGI and from ASGI."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from msgspec import Struct
from msgspec.structs import replace

from jobspec.local.api.documents import dump
from jobspec.local.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIEnvironment

MAX_BODY = 8 * 1024 * 1024
"""The limit in bytes: far above any task, far below what would cause harm."""
SERVICE = "ml_platform"


class Incoming(Struct, frozen=True):
    """A request. Header names are in lower case; `path` and `query` are decoded."""

    method: str
    scheme: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    server: tuple[str, int | None] | None = None
    """The server's own address and port that received the request; None in process."""

    def parameter(self, name: str) -> str:
        """Return the first value of a query parameter, or ""."""
        return next((value for key, value in self.query if key == name), "")


class Response(Struct, frozen=True):
    """A response; `body` may be read only once."""

    status: int
    body: Iterable[bytes]
    headers: tuple[tuple[str, str], ...] = ()

    def plus(self, headers: tuple[tuple[str, str], ...]) -> Response:
        """Return the same response with more headers."""
        return replace(self, headers=(*self.headers, *headers))


class ResponseMetadata(Struct, frozen=True):
    """The fields of the envelope about the request."""

    request_id: str
    action: str = ""
    version: str = ""
    region: str = "local"

    def as_json(self) -> dict[str, object]:
        """Return the `ResponseMetadata` without an error."""
        return {
            "RequestId": self.request_id,
            "Action": self.action,
            "Version": self.version,
            "Service": SERVICE,
            "Region": self.region,
        }


def incoming(environ: WSGIEnvironment) -> Incoming:
    """Return the request in a WSGI environment, without its body."""
    headers = {
        key.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for key, value in environ.items()
        if key.startswith("HTTP_") or key in {"CONTENT_TYPE", "CONTENT_LENGTH"}
    }
    return Incoming(
        method=environ["REQUEST_METHOD"],
        scheme=environ.get("wsgi.url_scheme", "http"),
        host=headers.get("host") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}",
        path=environ.get("PATH_INFO", "").encode("latin-1", "replace").decode("utf-8", "replace") or "/",
        query=tuple(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
        headers=headers,
    )


def incoming_of_scope(scope: Mapping[str, Any]) -> Incoming:
    """Return the request in an ASGI scope, without its body.

    The values of a repeated header are joined by commas.
    """
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return Incoming(
        method=scope["method"],
        scheme=scope["scheme"],
        host=headers.get("host", ""),
        path=scope["path"] or "/",
        query=tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers=headers,
        server=scope.get("server"),
    )


def check_length(request: Incoming) -> None:
    """Return if a body of the length in the request's header may be read. Raises `ApiError`."""
    text = request.headers.get("content-length") or "0"
    if not text.isdecimal():
        raise ApiError("InvalidParameter", "the `Content-Length` is not a number")
    if len(text) > 15 or int(text) > MAX_BODY:
        raise too_long()


def too_long() -> ApiError:
    """Return the error for a body that is longer than any task."""
    return ApiError("InvalidParameter", f"the body is longer than {MAX_BODY} bytes", status=413)


def read_body(environ: WSGIEnvironment) -> bytes:
    """Return the body of a request whose length was checked."""
    data: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or "0"))
    return data


def send(answer: Response, start_response: StartResponse, *, has_body: bool = True) -> Iterable[bytes]:
    """Pass `answer` to the WSGI server; without its body for a HEAD."""
    status = HTTPStatus(answer.status)
    start_response(f"{status.value} {status.phrase}", list(answer.headers))
    return answer.body if has_body else ()


def success(metadata: ResponseMetadata, result: str) -> Response:
    """Return the envelope around `result`, which is JSON already."""
    return _json_answer(200, f'{{"ResponseMetadata":{dump(metadata.as_json())},"Result":{result}}}')


def failure(metadata: ResponseMetadata, error: ApiError) -> Response:
    """Return the envelope of an error."""
    described = {"Code": error.code, "CodeN": error.number, "Message": error.message}
    text = dump({"ResponseMetadata": {**metadata.as_json(), "Error": described}})
    return _json_answer(error.status, text, *([("Allow", "POST")] if error.status == 405 else []))


def plain(status: int, text: str, *headers: tuple[str, str]) -> Response:
    """Return a short plain-text response that is not part of the API."""
    return _sized(status, text.encode(), ("Content-Type", "text/plain; charset=utf-8"), *headers)


def _json_answer(status: int, text: str, *headers: tuple[str, str]) -> Response:
    data = text.encode("utf-8", "backslashreplace")
    return _sized(status, data, ("Content-Type", "application/json; charset=utf-8"), *headers)


def _sized(status: int, data: bytes, *headers: tuple[str, str]) -> Response:
    return Response(status, (data,), (*headers, ("Content-Length", str(len(data)))))
