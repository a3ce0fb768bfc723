"""What comes over a connection besides the body: raw HTTP, single headers, and the bytes of a log."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jobspec.cloud import skew
from jobspec.cloud.answers.envelope import Answer
from jobspec.cloud.answers.logs import check_address, read_log, redirect_target
from jobspec.cloud.answers.timestamps import read_time
from jobspec.cloud.client import PlatformClient
from jobspec.cloud.retry import RetryPolicy, read_retry_after
from jobspec.cloud.settings import ClientSettings, Timeouts
from jobspec.errors import NotSent, PlatformError
from jobspec.report import tail_text
from jobspec.report.tail_text import Tail, Tails
from tests.cloud.platform import KEY
from tests.proof.fuzz.reader import Reader, fed
from tests.proof.fuzz.readers.answers import ID
from tests.proof.fuzz.readers.planning import NOW

if TYPE_CHECKING:
    from pathlib import Path


@contextmanager
def wire(_folder: Path) -> Iterator[Reader]:
    """Everything that comes over the connection, from the status line on."""
    answers: list[bytes] = [b""]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=_serve, args=(listener, answers), daemon=True)
        server.start()
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        timeouts = Timeouts(connect=5, write=5, read=0.5, total=1)
        settings = ClientSettings(KEY, endpoint=endpoint, timeouts=timeouts, retry=RetryPolicy(tries=1))

        with PlatformClient(settings=settings) as client:

            def read(data: bytes) -> None:
                answers[0] = data
                try:
                    assert client.get(ID).id == ID
                except NotSent as error:
                    raise AssertionError("what was answered was sent") from error

            yield fed("wire", read, (PlatformError,))
        listener.shutdown(socket.SHUT_RDWR)
        server.join(5)


def _serve(listener: socket.socket, answers: list[bytes]) -> None:
    """Read each request to its end, say what is to be said, and end the connection."""
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                seen = b""
                while not seen.endswith(b"}") and (more := connection.recv(65536)):
                    seen += more
                connection.sendall(answers[0])


def headers(_folder: Path) -> Reader:
    """Headers whose values are read, each from the same line, and times and addresses in a body."""

    def read(data: bytes) -> None:
        text = data.decode("latin-1")
        pause = read_retry_after(text, now=NOW)
        assert pause is None or 0 <= pause <= 60
        ahead = skew.ahead_of(text, NOW)
        assert ahead is None or skew.describe(ahead)
        time = read_time(data.decode("utf-8", "replace"))
        assert time is None or datetime.fromisoformat(time.isoformat()) == time.astimezone(UTC)
        names = ("content-range", "location", "date", "retry-after")
        for status in (200, 206, 302, 416):
            answer = Answer(status, dict.fromkeys(names, text), b"abc", NOW)
            for start in (0, 7):
                with contextlib.suppress(PlatformError):
                    assert read_log(answer, start=start).end >= start
            with contextlib.suppress(PlatformError):
                assert (redirect_target("https://logs.example/a", answer) or "https:").startswith("https:")
        check_address(text)

    return fed("headers", read, (PlatformError,))


def logs(_folder: Path) -> Reader:
    """The end of the log of a replica that failed."""

    def read(data: bytes) -> None:
        text = tail_text.render(Tails((Tail("worker-0", data),), 1), "train", "")
        assert not any(line and not line.isprintable() for line in text.split("\n"))

    return fed("logs", read, ())
