"""A proxy on loopback that spoils requests as it is told, and counts what it did.

A command is told from the others by the access key that it signs with. Every request and when the platform
had executed it is noted, so that a round on a machine too slow for its assumptions can be told from a bug.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jobspec.cloud.signing import NONCE_HEADER
from tests.proof.chaos.owner import signed
from tests.proof.chaos.plans import LATEST, Fault, Moment, Place

_KEY = re.compile(r"Credential=([^/,]+)/")
_NEVER_EXECUTED = (Fault.RESET, Fault.DOWN, Fault.THROTTLED)
_DOWN = 0.3
"""Seconds in which nobody listens."""
_PAUSE = 0.02
_HANG = 60.0
_PAGE = b"<html><body><h1>Bad Gateway</h1></body></html>"
_THROTTLED = json.dumps(
    {"ResponseMetadata": {"RequestId": "0", "Error": {"Code": "FlowLimitExceeded", "Message": "slow down"}}}
).encode()

_TOO_LONG = 20.0
TIMED_OUT = "a client gave up waiting"
LAGGED = "a list lagged"
CUT_OFF = "a client was gone before its answer"

OnMoment = Callable[[str, Place, Moment], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    type: str
    body: bytes


@dataclass(slots=True)
class Request:
    """A request, by whom; seconds since the epoch. `executed` is 0 while the platform has not seen it."""

    who: str
    place: Place
    fault: Fault | None
    body: Mapping[str, Any]
    received: float
    executed: float = 0.0
    status: int = 0

    @property
    def delay(self) -> float:
        """How long it was under way to the platform."""
        return max(0.0, self.executed - self.received)


class Proxy(ThreadingHTTPServer):
    """Listens once it is made. `faults` holds, for each access key, what to spoil."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, upstream: str, on_moment: OnMoment) -> None:
        super().__init__(("127.0.0.1", _free_port()), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.on_moment = on_moment
        self.faults: dict[str, Mapping[Place, Fault]] = {}
        self.requests: list[Request] = []
        self.reached: Counter[str] = Counter()
        self.lag = 0.0
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._listening = threading.Lock()
        self._under_way = 0
        self.socket.settimeout(_PAUSE)
        self._thread = threading.Thread(target=self.serve_forever, args=(_PAUSE,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def is_idle(self) -> bool:
        """Whether no request is under way any more, a late one above all."""
        return self._under_way == 0

    def close(self) -> None:
        """Stop listening."""
        self.shutdown()
        self.server_close()
        self._thread.join()

    def note(self, who: str, action: str, body: Mapping[str, Any]) -> Request:
        """Count a request, and decide what becomes of it."""
        with self._lock:
            place = Place(action, self._numbers[who, action])
            self._numbers[who, action] += 1
            request = Request(who, place, self.faults.get(who, {}).get(place), body, time.time())
            self.requests.append(request)
            self.reached.update([request.fault] if request.fault else [])
            self._under_way += 1
        return request

    def done_with(self, request: Request) -> None:
        """Nothing of the request is to come any more."""
        with self._lock:
            self._under_way -= 1

    def execute(self, request: Request, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Let the platform execute it."""
        connection = HTTPConnection(self.upstream, timeout=30)
        try:
            given = {name: value for name, value in headers.items() if name.lower() == NONCE_HEADER.lower()}
            # Each client has a key of its own, to be told from others; the platform knows its owner's.
            again = signed(self.upstream, urlsplit(path).query, body, given)
            connection.request("POST", path, body=body, headers=again)
            answered = connection.getresponse()
            answer = Answer(answered.status, answered.headers.get_content_type(), answered.read())
        finally:
            connection.close()
        request.executed, request.status = time.time(), answer.status
        return self._lagging(answer) if request.place.action == "ListCustomTasks" else answer

    def _lagging(self, answer: Answer) -> Answer:
        """A list without what is younger than the lag."""
        document = json.loads(answer.body)
        listed = document.get("Result", {}).get("List", [])
        shown = [task for task in listed if _age(task) >= self.lag]
        if shown == listed:
            return answer
        self.reached[LAGGED] += 1
        document["Result"] = {"List": shown, "Total": document["Result"]["Total"] - len(listed) + len(shown)}
        return replace(answer, body=json.dumps(document).encode())

    def go_down(self) -> None:
        """Refuse connections for a while; those that stand go on."""
        with self._listening:
            self.socket.shutdown(socket.SHUT_RDWR)
            time.sleep(_DOWN)  # that nobody listens for a while is the fault itself
            self.socket.listen(self.request_queue_size)

    def get_request(self) -> tuple[socket.socket, Any]:
        """The listener wakes up when it goes down, which is no request: an `OSError` is passed over."""
        try:
            return self.socket.accept()
        except OSError:
            time.sleep(_PAUSE)
            raise

    def shutdown_request(self, request: Any) -> None:
        """No polite end first: a reset has to be one."""
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A killed client is no trouble of the proxy."""
        self.reached[CUT_OFF] += 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def log_message(self, *_: Any) -> None:
        """Nothing is told while it runs."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = _KEY.search(self.headers.get("Authorization", ""))
        action = parse_qs(urlsplit(self.path).query)["Action"][0]
        request = self.server.note(key[1] if key else "", action, json.loads(body))
        try:
            self._pass(request, body)
        finally:
            self.server.done_with(request)

    def _pass(self, request: Request, body: bytes) -> None:
        self._tell(request, Moment.RECEIVED)
        if request.fault is Fault.LATE:
            self._reset()
            time.sleep(LATEST)  # that it comes late is the fault itself
        if request.fault is Fault.THROTTLED:
            self._send(Answer(429, "application/json", _THROTTLED))
        elif request.fault in _NEVER_EXECUTED:
            self._reset()
            if request.fault is Fault.DOWN:
                self.server.go_down()
        else:
            answer = self.server.execute(request, self.path, dict(self.headers), body)
            self._tell(request, Moment.EXECUTED)
            self._deliver(request.fault, answer)
            self._tell(request, Moment.ANSWERED)

    def _tell(self, request: Request, moment: Moment) -> None:
        self.server.on_moment(request.who, request.place, moment)

    def _deliver(self, fault: Fault | None, answer: Answer) -> None:
        match fault:
            case Fault.LATE:
                return
            case Fault.CUT:
                self._reset()
            case Fault.HANG:
                self._wait_for_the_client_to_give_up()
            case Fault.TRICKLE:
                self._send(answer, pieces=40, pause=0.02)
            case Fault.SHORT:
                self._send(answer, missing=7)
            case Fault.TORN:
                self._send(Answer(answer.status, answer.type, answer.body[: len(answer.body) // 2]))
            case Fault.HTML:
                self._send(Answer(200, "text/html", _PAGE))
            case Fault.GATEWAY:
                self._send(Answer(502, "text/html", _PAGE))
            case _:
                self._send(answer)

    def _send(self, answer: Answer, *, pieces: int = 1, pause: float = 0.0, missing: int = 0) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        body = answer.body[: len(answer.body) - missing]
        size = max(1, -(-len(body) // pieces))
        for start in range(0, len(body), size):
            self.wfile.write(body[start : start + size])
            time.sleep(pause)  # that it comes slowly is the fault itself
        self.close_connection = self.close_connection or bool(missing)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.connection.close()

    def _wait_for_the_client_to_give_up(self) -> None:
        begun = time.monotonic()
        self.close_connection = True
        self.connection.settimeout(_HANG)
        with suppress(OSError):
            self.rfile.read(1)
        if time.monotonic() - begun > _TOO_LONG:
            self.server.reached[TIMED_OUT] += 1


def _age(task: Mapping[str, Any]) -> float:
    return time.time() - datetime.fromisoformat(task["CreateTime"]).timestamp()


def _free_port() -> int:
    """A listener can be taken down and up again only if its port was chosen by us."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
