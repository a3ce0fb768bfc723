"""Logs are read by ranges, without our signature, and only over http and https."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

import httpx
import pytest

from jobspec.cloud.answers.logs import CHUNK_BYTES, LogChunk
from jobspec.errors import BadAnswer, Forbidden, NotFound, PlatformError, Unavailable
from tests.cloud.platform import KEY, FakeClock, client, script, streamed

URL = "https://logs.example/t-1/worker-0?token=hidden"
LOG = b"one\ntwo\nthree\n"


def serve_ranges(request: httpx.Request) -> httpx.Response:
    start = int(request.headers["range"].removeprefix("bytes=").split("-")[0])
    if start >= len(LOG):
        return httpx.Response(416)
    return httpx.Response(206, content=LOG[start:], headers={"Content-Range": f"bytes {start}-13/14"})


def serve_whole(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=LOG)


def to(location: str, status: int = 302) -> httpx.Response:
    return httpx.Response(status, headers={"Location": location})


@pytest.mark.parametrize("handler", [serve_ranges, serve_whole])
@pytest.mark.parametrize("start", [0, 4, 13, 14])
def test_a_log_is_read_from_the_given_position(handler: object, start: int) -> None:
    assert callable(handler)
    chunk = client(handler).fetch_log(URL, start=start)
    assert (chunk.data, chunk.end) == (LOG[start:], len(LOG))


def test_the_size_of_a_log_is_known_from_a_part_of_it() -> None:
    assert client(serve_ranges).fetch_log(URL, start=4).size == len(LOG)
    assert client(serve_whole).fetch_log(URL, start=4).size == 0


def test_a_log_that_became_shorter_has_nothing_new() -> None:
    assert client(serve_whole).fetch_log(URL, start=99) == LogChunk(b"", 99)


def test_a_log_request_contains_nothing_of_the_key() -> None:
    handler = script(serve_ranges)
    client(handler).fetch_log(URL)
    (request,) = handler.requests
    assert request.method == "GET"
    assert not {"authorization", "x-date", "x-security-token"} & set(request.headers)
    assert KEY.access_key not in str(request.headers)


def test_a_chunk_is_limited_and_the_next_one_continues_it() -> None:
    handler = script(
        streamed(200, lambda: repeat(b"x" * 300_000)), streamed(200, lambda: repeat(b"y" * 300_000))
    )
    one = client(handler)
    first = one.fetch_log(URL)
    assert (len(first.data), first.end) == (CHUNK_BYTES, CHUNK_BYTES)
    second = one.fetch_log(URL, start=first.end)
    assert second.end == 2 * CHUNK_BYTES
    assert handler.requests[1].headers["range"] == f"bytes={CHUNK_BYTES}-{2 * CHUNK_BYTES - 1}"


def test_a_slow_log_is_aborted() -> None:
    clock = FakeClock()

    def drip() -> Iterator[bytes]:
        for piece in repeat(b"x"):
            clock.seconds += 1
            yield piece

    with pytest.raises(Unavailable):
        client(lambda request: streamed(200, drip), clock).fetch_log(URL)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, NotFound),
        (410, NotFound),
        (401, Forbidden),
        (403, Forbidden),
        (429, Unavailable),
        (500, Unavailable),
        (204, BadAnswer),
    ],
)
def test_other_responses_are_typed_and_never_show_the_address(status: int, kind: type[PlatformError]) -> None:
    with pytest.raises(kind) as caught:
        client(script(httpx.Response(status))).fetch_log(URL)
    assert caught.value.help
    assert "hidden" not in caught.value.message


def test_a_range_other_than_the_requested_one_is_a_bad_answer() -> None:
    answer = httpx.Response(206, content=b"x", headers={"Content-Range": "bytes 0-0/14"})
    with pytest.raises(BadAnswer):
        client(script(answer)).fetch_log(URL, start=4)


@pytest.mark.parametrize("location", ["https://store.example/x", "/elsewhere", "//store.example/x"])
def test_a_redirect_within_https_is_followed(location: str) -> None:
    handler = script(to(location), serve_ranges)
    assert client(handler).fetch_log(URL, start=4).data == LOG[4:]
    assert handler.requests[1].headers["range"] == handler.requests[0].headers["range"]


@pytest.mark.parametrize(
    "location",
    ["http://store.example/x", "https://a..b/x", "file:///etc/passwd", "ftp://h/x", "http://[", ""],
)
def test_a_redirect_to_anything_else_is_not_followed(location: str) -> None:
    handler = script(to(location))
    with pytest.raises(BadAnswer):
        client(handler).fetch_log(URL)
    assert all(request.url.host == "logs.example" for request in handler.requests)


def test_a_cycle_of_redirects_ends() -> None:
    handler = script(to("/again"))
    with pytest.raises(BadAnswer, match="more than 3 times"):
        client(handler).fetch_log(URL)


@pytest.mark.parametrize("url", ["", "logs/t-1", "file:///etc/passwd", "http://[", "http://h:99999/"])
def test_an_address_that_is_not_a_web_address_is_refused(url: str) -> None:
    handler = script(serve_ranges)
    with pytest.raises(PlatformError):
        client(handler).fetch_log(url)
    assert handler.requests == []
