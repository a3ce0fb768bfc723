"""The local platform as a WSGI application: the API at `/`, logs at `/logs/…`, `/healthz`.

It answers from the store and sees to it that a supervisor runs while any task is active. Importing it
is cheap: what starts processes is imported when the first one has to be started.
"""

from __future__ import annotations

import os
import threading
import traceback
from typing import TYPE_CHECKING
from urllib.parse import quote

from jobspec.local import actions, exchange, gate, logs
from jobspec.local.clock import SystemClock
from jobspec.local.database import empty_database, open_database
from jobspec.local.documents import undocumented_text
from jobspec.local.download import download
from jobspec.local.errors import ApiError, LocalError, UnknownTask
from jobspec.local.exchange import Answer, Incoming, Metadata
from jobspec.local.folder import check, prepare
from jobspec.local.requests import parse
from jobspec.local.settings import Settings, from_environment
from jobspec.local.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import ErrorStream, StartResponse, WSGIEnvironment

    from jobspec.local.clock import Clock
    from jobspec.local.documents import Hides
    from jobspec.local.folder import Folder

VERSION = "2021-10-01"


def application(
    folder: Folder,
    *,
    keys: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    clock: Clock | None = None,
    hides: Hides = undocumented_text,
) -> LocalPlatform:
    """The platform whose tasks are kept in `folder.path` and run in `folder.root`.

    `keys` maps access keys to secret keys; with None no signature is asked for. Settings come from the
    environment by default. `hides` decides which undocumented values of a
    task no answer shows. Nothing is written before the first task is created.
    Raises `LocalError` when the folder or the store cannot be used.
    """
    check(folder)
    platform = LocalPlatform(
        folder, dict(keys) if keys is not None else None, settings or from_environment(os.environ), clock
    )
    platform.hides = hides
    platform.store(writing=False)
    return platform


class LocalPlatform:
    """The application; it may be called from many threads at once."""

    def __init__(
        self, folder: Folder, keys: Mapping[str, str] | None, settings: Settings, clock: Clock | None
    ) -> None:
        self._folder = folder
        self._keys = keys
        self._settings = settings
        self._clock = clock or SystemClock()
        self.hides: Hides = undocumented_text
        self._store: Store | None = None
        self._opening = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        answer = self._answer(environ)
        return exchange.send(answer, start_response, has_body=environ["REQUEST_METHOD"] != "HEAD")

    def close(self) -> None:
        """Let go of the store. Tasks go on: they are the supervisor's."""
        if self._store is not None:
            self._store.close()

    def store(self, *, writing: bool) -> Store:
        """The store; to read from a folder that is not there yet, an empty one."""
        with self._opening:
            if self._store is None:
                if not writing and not self._folder.store.exists():
                    return Store(empty_database())
                prepare(self._folder)
                self._store = Store(open_database(self._folder), self.hides)
            return self._store

    def _answer(self, environ: WSGIEnvironment) -> Answer:
        request = exchange.incoming(environ)
        if request.path == "/healthz":
            return exchange.plain(200, "ok")
        if request.path.startswith("/logs/"):
            return download(request, self._folder, self._keys)
        return self._api_answer(request, environ)

    def _api_answer(self, request: Incoming, environ: WSGIEnvironment) -> Answer:
        metadata = Metadata(
            request_id=os.urandom(16).hex(),
            action=request.parameter("Action"),
            version=request.parameter("Version"),
            region=gate.region(request),
        )
        try:
            return exchange.success(metadata, self._result(request, environ))
        except Exception as error:  # the one boundary: a bug is an answer too
            return exchange.failure(metadata, _refusal(error, environ["wsgi.errors"]))

    def _result(self, request: Incoming, environ: WSGIEnvironment) -> str:
        _check_method(request)
        data = exchange.read_body(environ)
        if self._keys is None:
            gate.check_local_caller(request)
        else:
            gate.check_signature(request, data, self._keys, now=self._clock.now())
        act = _action(request)
        # Where no store is yet, no task is: nothing but a create can write.
        store = self.store(writing=request.parameter("Action") == "CreateCustomTask")
        result = act(self._context(store, request), parse(data))
        self._ensure_supervisor(store, environ["wsgi.errors"])
        return result

    def _context(self, store: Store, request: Incoming) -> actions.Context:
        def log_url(path: str) -> str:
            token = f"?token={logs.token(next(iter(self._keys.values())), path)}" if self._keys else ""
            return f"{request.scheme}://{request.host}{quote(path)}{token}"

        return actions.Context(store, self._folder, self._clock.now(), self._settings.slots, log_url)

    def _ensure_supervisor(self, store: Store, talk: ErrorStream) -> None:
        if not store.has_work():
            return
        from jobspec.local.launch import ensure_supervisor  # noqa: PLC0415 - see the module's docstring

        try:
            ensure_supervisor(self._folder, self._settings)
        except OSError as failed:  # what was asked is done; the next call tries again
            talk.write(f"the supervisor could not be started: {failed.strerror}\n")


def _check_method(request: Incoming) -> None:
    if request.path == "/" and request.method != "POST":
        raise ApiError("InvalidActionOrVersion", "an action is called with POST", status=405)


def _action(request: Incoming) -> actions.Action:
    name, version = request.parameter("Action"), request.parameter("Version")
    act = (actions.READING | actions.WRITING).get(name)
    if act is None or version != VERSION or request.path != "/":
        raise ApiError("InvalidActionOrVersion", f"there is no action `{name}` of version `{version}`")
    return act


def _refusal(error: Exception, talk: ErrorStream) -> ApiError:
    match error:
        case ApiError():
            return error
        case UnknownTask():
            message = f"custom task `{error.task_id}` does not exist"
            return ApiError("ResourceNotFound", message, status=404)
        case LocalError():
            return ApiError("InternalError", f"{error.message}; {error.help}", status=500)
        case _:
            # Without the exception's text: it may quote the request.
            talk.write("".join(traceback.format_tb(error.__traceback__)) + f"{type(error).__name__}\n")
            return ApiError("InternalError", "an internal error of the local platform", status=500)
