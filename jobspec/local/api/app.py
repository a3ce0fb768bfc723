"""The local platform as a WSGI application: the API at `/`, logs at `/logs/…`, `/healthz`.

It answers from the store and ensures that a supervisor runs while any task is active. Importing it is cheap:
the code that starts processes is only imported when it is needed.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct

from jobspec.local.api import actions, exchange, gate, logs
from jobspec.local.api.bodies.fields import in_known_case
from jobspec.local.api.documents import (
    Hides,
    undocumented_text,
)
from jobspec.local.api.download import download
from jobspec.local.api.exchange import Incoming, Response, ResponseMetadata
from jobspec.local.api.requests import Body, parse
from jobspec.local.clock import (
    LocalClock,
    SystemClock,
)
from jobspec.local.errors import ApiError, LocalError, UnknownTask
from jobspec.local.folder import (
    Folder,
    check,
    prepare,
)
from jobspec.local.settings import Settings, from_environment
from jobspec.local.store.database import empty_database, open_database
from jobspec.local.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import ErrorStream, StartResponse, WSGIEnvironment


VERSION = "2021-10-01"
_LOGS = "/logs/"


def application(
    folder: Folder,
    *,
    keys: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    clock: LocalClock | None = None,
    hides: Hides = undocumented_text,
) -> LocalPlatform:
    """Return the platform whose tasks are kept in `folder.path` and run in `folder.root`.

    `keys` maps access keys to secret keys; with None no signature is required, which is only for use within
    this process. Settings come from the environment by default. `hides` decides which undocumented values of
    a task are omitted from answers. Nothing is written before the first task is created. Raises `LocalError`
    if the folder or the store cannot be used.
    """
    check(folder)
    platform = LocalPlatform(
        folder, dict(keys) if keys is not None else None, settings or from_environment(os.environ), clock
    )
    platform.hides = hides
    platform.store(writing=False)
    return platform


class Admitted(Struct, frozen=True):
    """A request that may be answered, and its sender."""

    request: Incoming
    caller: gate.Caller


class LocalPlatform:
    """The application; many threads may call it at once."""

    def __init__(
        self, folder: Folder, keys: Mapping[str, str] | None, settings: Settings, clock: LocalClock | None
    ) -> None:
        self._folder = folder
        self._keys = keys
        self._settings = settings
        self._clock = clock or SystemClock()
        self._links = logs.Links()
        self.hides: Hides = undocumented_text
        self._store: Store | None = None
        self._opening = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        admitted = self.admit(exchange.incoming(environ))
        if isinstance(admitted, Response):
            answer = admitted
        else:
            answer = self.answer(admitted, exchange.read_body(environ), environ["wsgi.errors"])
        return exchange.send(answer, start_response, has_body=environ["REQUEST_METHOD"] != "HEAD")

    def close(self) -> None:
        """Close the store. Tasks continue to run under the supervisor."""
        if self._store is not None:
            self._store.close()

    def store(self, *, writing: bool) -> Store:
        """Return the store; an empty one for reading if the folder does not exist yet."""
        with self._opening:
            if self._store is None:
                if not writing and not self._folder.store.exists():
                    return Store(empty_database())
                prepare(self._folder)
                self._store = Store(open_database(self._folder), self.hides)
            return self._store

    def admit(self, request: Incoming) -> Response | Admitted:
        """Return the admitted request if its headers allow an answer, or else the error response.

        Neither the body nor any file is read for it, because anyone can send a request.
        """
        if request.path == "/healthz":
            return exchange.plain(200, "ok")
        try:
            caller = self._caller(request)
        except ApiError as refused:
            return exchange.failure(_metadata(request), refused)
        admitted = Admitted(request, caller)
        try:
            exchange.check_length(request)
        except ApiError as refused:
            return self.refuse(admitted, refused)
        return admitted

    def refuse(self, admitted: Admitted, error: ApiError) -> Response:
        """Return the error response to an admitted request."""
        return exchange.failure(_metadata(admitted.request), error).plus(admitted.caller.proof)

    def answer(self, admitted: Admitted, body: bytes, errors: ErrorStream) -> Response:
        """Return the response to an admitted request; this may access the disk."""
        request = admitted.request
        if request.path.startswith(_LOGS):
            return download(request, self._folder)
        metadata = _metadata(request)
        try:
            answer = exchange.success(metadata, self._result(admitted, body, errors))
        except Exception as error:  # the one boundary: a bug also gets a response
            answer = exchange.failure(metadata, _refusal(error, errors))
        return answer.plus(admitted.caller.proof)

    def _caller(self, request: Incoming) -> gate.Caller:
        now = self._clock.now()
        if self._keys is None:
            return _caller_in_process(request)
        if not request.path.startswith(_LOGS):
            return gate.check_headers(request, self._keys, now=now)
        if not self._links.admits(request.path, request.parameter("token"), now):
            raise ApiError("AccessDenied", "the address of this log is no longer valid", status=401)
        return gate.ANONYMOUS

    def _result(self, admitted: Admitted, data: bytes, errors: ErrorStream) -> str:
        request = admitted.request
        _check_method(request)
        if self._keys is not None:
            gate.check_body(request, data)
        act = self._action(request)
        is_write = request.parameter("Action") in actions.WRITING
        # Without a store there are no tasks, and only a create may write.
        store = self.store(writing=request.parameter("Action") == "CreateCustomTask")
        if is_write and admitted.caller.nonce:
            self._refuse_repeated(store, admitted.caller.nonce)
        result = act(self._context(store, request), self._body(data))
        self._ensure_supervisor(store, errors)
        return result

    def _body(self, data: bytes) -> Body:
        body = parse(data)
        if self._settings.keys_in_any_case:
            body = in_known_case(body)
        return body

    def _action(self, request: Incoming) -> actions.Action:
        name, version = request.parameter("Action"), request.parameter("Version")
        act = actions.ALL.get(name)
        if act is None and self._settings.optional_actions:
            from jobspec.local.api.cluster.actions import OPTIONAL  # noqa: PLC0415 - few commands send one

            act = OPTIONAL.get(name)
        if act is None or version != VERSION or request.path != "/":
            raise ApiError("InvalidActionOrVersion", f"unknown action `{name}` of version `{version}`")
        return act

    def _refuse_repeated(self, store: Store, nonce: str) -> None:
        if not store.remember(nonce, now=self._clock.now()):
            raise ApiError("RequestRepeated", "a write with this nonce was already received", status=401)

    def _context(self, store: Store, request: Incoming) -> actions.ActionContext:
        def log_url(path: str) -> str:
            token = "" if self._keys is None else f"?token={self._links.token(path, now)}"
            return f"{request.scheme}://{request.host}{quote(path)}{token}"

        now = self._clock.now()
        return actions.ActionContext(store, self._folder, now, self._settings, log_url)

    def _ensure_supervisor(self, store: Store, errors: ErrorStream) -> None:
        if not store.has_work():
            return
        from jobspec.local.supervisor.launch import ensure_supervisor  # noqa: PLC0415 - see the module's docstring

        try:
            ensure_supervisor(self._folder, self._settings)
        except OSError as failed:  # the request itself is done; the next call tries again
            errors.write(f"the supervisor could not be started: {failed.strerror}\n")


def _metadata(request: Incoming) -> ResponseMetadata:
    return ResponseMetadata(
        request_id=os.urandom(16).hex(),
        action=request.parameter("Action"),
        version=request.parameter("Version"),
        region=gate.region(request),
    )


def _caller_in_process(request: Incoming) -> gate.Caller:
    if request.path.startswith(_LOGS):
        gate.check_local_host(request)
    else:
        _check_method(request)
        gate.check_local_caller(request)
    return gate.ANONYMOUS


def _check_method(request: Incoming) -> None:
    if request.path == "/" and request.method != "POST":
        raise ApiError("InvalidActionOrVersion", "actions require POST", status=405)


def _refusal(error: Exception, errors: ErrorStream) -> ApiError:
    match error:
        case ApiError():
            return error
        case UnknownTask():
            message = f"custom task `{error.task_id}` does not exist"
            return ApiError("ResourceNotFound", message, status=404)
        case LocalError():
            return ApiError("InternalError", f"{error.message}; {error.help}", status=500)
        case _:
            import traceback  # noqa: PLC0415 - for a bug

            # Without the exception's text, which may quote the request.
            errors.write("".join(traceback.format_tb(error.__traceback__)) + f"{type(error).__name__}\n")
            return ApiError("InternalError", "an internal error of the local platform", status=500)
