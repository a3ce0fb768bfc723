"""Every action over a transport with every fault: what is sent, how often, and which error is raised."""

from __future__ import annotations

import gzip
import json
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import repeat
from threading import Event, Thread

import httpx
import pytest

from jobspec.cloud.answers.paging import PAGES_AHEAD
from jobspec.cloud.answers.query import ListQuery
from jobspec.cloud.answers.wire import Created
from jobspec.cloud.client import PlatformClient
from jobspec.cloud.settings import ClientSettings
from jobspec.cloud.signing import SignableRequest, verify
from jobspec.errors import (
    BadAnswer,
    ListingIncomplete,
    NotFound,
    NotInTerminalState,
    NotSent,
    PlatformError,
    Refused,
    Throttled,
    Unavailable,
    UnknownAction,
    UsageError,
)
from tests.cloud.platform import KEY, START, FakeClock, api_error, client, html, ok, script, streamed

TASK = {"Id": "t-1", "Name": "job", "State": "Running", "Tags": ["a"]}
Call = Callable[[PlatformClient], object]


def create(one: PlatformClient) -> object:
    return one.create({"Name": "job"})


def update(one: PlatformClient) -> object:
    return one.update("t-1", tags=["a"])  # type: ignore[func-returns-value] # only its errors matter here


def stop(one: PlatformClient) -> object:
    return one.stop("t-1")  # type: ignore[func-returns-value] # only its errors matter here


def delete(one: PlatformClient) -> object:
    return one.delete("t-1")  # type: ignore[func-returns-value] # only its errors matter here


def get(one: PlatformClient) -> object:
    return one.get("t-1")


ONCE: tuple[Call, ...] = (create, update)
IDEMPOTENT: tuple[Call, ...] = (stop, delete)

REFUSED_CONNECTION = httpx.ConnectError("connection refused")
FAULTS: list[tuple[httpx.Response | Exception, type[PlatformError]]] = [
    (REFUSED_CONNECTION, NotSent),
    (httpx.ConnectTimeout("slow"), NotSent),
    (httpx.PoolTimeout("busy"), NotSent),
    (httpx.ProxyError("407"), NotSent),
    (httpx.ReadTimeout("slow"), Unavailable),
    (httpx.WriteTimeout("slow"), Unavailable),
    (httpx.ReadError("reset"), Unavailable),
    (httpx.WriteError("broken pipe"), Unavailable),
    (httpx.RemoteProtocolError("server disconnected"), Unavailable),
    (api_error(500, "InternalError"), Unavailable),
    (html(503), Unavailable),
    (api_error(429, "FlowLimitExceeded"), Throttled),
]
NOT_THE_API: list[httpx.Response] = [
    html(429),
    html(200),
    httpx.Response(307, headers={"Location": "http://elsewhere.example/"}),
    httpx.Response(200, content=b'{"ResponseMetadata": {}, "Resu'),
]
GZIPPED = httpx.Response(200, content=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"})


def failure(call: Call, one: PlatformClient) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        call(one)
    return caught.value


@pytest.mark.parametrize("fault", [REFUSED_CONNECTION, httpx.ReadTimeout("slow"), httpx.ReadError("reset")])
def test_no_error_is_chained_to_one_that_contains_the_request(fault: Exception) -> None:
    error = failure(create, client(script(fault)))
    assert error.__context__ is None
    assert error.__cause__ is None


def test_the_proxys_message_about_a_refusal_is_not_repeated() -> None:
    error = failure(create, client(script(httpx.ProxyError("407 not with hunter2"))))
    assert "the proxy refused with 407" in error.message
    assert "hunter2" not in error.message


def test_the_signature_covers_the_bytes_that_are_sent() -> None:
    handler = script(ok(TASK))
    client(handler, endpoint="http://127.0.0.1:8080").get("t-1")
    (request,) = handler.requests
    seen = SignableRequest(
        method=request.method,
        host=request.headers["host"],
        path=request.url.path,
        query=tuple(request.url.params.multi_items()),
        body=request.content,
        headers=dict(request.headers),
    )
    verify(seen, {KEY.access_key: KEY}.get, now=START, max_skew=timedelta(0))
    assert request.headers["host"] == "127.0.0.1:8080"
    assert dict(request.url.params) == {"Action": "GetCustomTask", "Version": "2021-10-01"}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("jobspec/")


def rename(one: PlatformClient) -> object:
    return one.update("t-1", name="n", description="")  # type: ignore[func-returns-value] # as above


def read_logs(one: PlatformClient) -> object:
    return one.container_logs("t-1", "t-1-worker-0", offset=3)


def list_some(one: PlatformClient) -> object:
    return one.list_page(ListQuery(), offset=7)


@pytest.mark.parametrize(
    ("call", "action", "body"),
    [
        (create, "CreateCustomTask", {"Name": "job"}),
        (get, "GetCustomTask", {"Id": "t-1"}),
        (stop, "StopCustomTask", {"Id": "t-1"}),
        (delete, "DeleteCustomTask", {"Id": "t-1"}),
        (update, "UpdateCustomTask", {"Id": "t-1", "Tags": ["a"]}),
        (rename, "UpdateCustomTask", {"Id": "t-1", "Name": "n", "Description": ""}),
        (lambda one: one.timelines("t-1"), "ListCustomTaskTimelines", {"CustomTaskId": "t-1"}),
        (read_logs, "GetContainerLogs", {"CustomTaskId": "t-1", "PodName": "t-1-worker-0", "Offset": 3}),
        (
            lambda one: one.instances("t-1"),
            "GetCustomTaskInstances",
            {"CustomTaskId": "t-1", "Offset": 0, "Limit": 100, "SortBy": "Id", "SortOrder": "Ascend"},
        ),
        (list_some, "ListCustomTasks", {"Offset": 7, "Limit": 100, "SortBy": "Id", "SortOrder": "Descend"}),
    ],
)
def test_each_action_sends_its_name_and_body(call: Call, action: str, body: Mapping[str, object]) -> None:
    handler = script(ok({**TASK, "List": [], "Total": 0}))
    call(client(handler))
    assert (handler.actions, handler.bodies) == ([action], [body])


def test_create_returns_the_id_of_the_task() -> None:
    assert client(script(ok({"Id": "t-1", "OrderNumber": "o"}))).create({}) == Created("t-1", "o")
    assert client(script(ok({"Id": "t-1"}))).create({}) == Created("t-1", "")


@pytest.mark.parametrize("call", ONCE)
@pytest.mark.parametrize(("fault", "kind"), FAULTS)
def test_create_and_update_are_sent_once(
    call: Call, fault: httpx.Response | Exception, kind: type[PlatformError]
) -> None:
    handler, clock = script(fault), FakeClock()
    assert type(failure(call, client(handler, clock))) is kind
    assert (len(handler.requests), clock.slept) == (1, [])


@pytest.mark.parametrize("answer", NOT_THE_API)
def test_a_create_with_a_foreign_response_has_an_unknown_outcome_and_is_not_retried(
    answer: httpx.Response,
) -> None:
    handler = script(answer)
    assert type(failure(create, client(handler))) is BadAnswer
    assert len(handler.requests) == 1


def test_a_create_without_an_id_has_an_unknown_outcome() -> None:
    assert type(failure(create, client(script(ok({}))))) is BadAnswer


@pytest.mark.parametrize("call", [*IDEMPOTENT, get])
@pytest.mark.parametrize(("fault", "kind"), FAULTS)
def test_reads_stop_and_delete_are_retried(
    call: Call, fault: httpx.Response | Exception, kind: type[PlatformError]
) -> None:
    handler, clock = script(fault, fault, ok(TASK)), FakeClock()
    call(client(handler, clock))
    assert (len(handler.requests), clock.slept) == (3, [0.25, 0.5])


@pytest.mark.parametrize("call", [*IDEMPOTENT, get])
@pytest.mark.parametrize(("fault", "kind"), FAULTS)
def test_retries_end(call: Call, fault: httpx.Response | Exception, kind: type[PlatformError]) -> None:
    handler = script(fault)
    error = failure(call, client(handler))
    assert (type(error), len(handler.requests)) == (kind, 6)
    assert error.help


REFUSED = api_error(403, "AccessDenied")


@pytest.mark.parametrize("call", IDEMPOTENT)
@pytest.mark.parametrize("last", [REFUSED, httpx.ConnectError("no")])
def test_a_write_whose_earlier_try_may_have_been_executed_is_not_reported_as_not_executed(
    call: Call, last: httpx.Response | Exception
) -> None:
    error = failure(call, client(script(httpx.ReadTimeout("late"), last)))
    assert type(error) is Unavailable
    assert "an earlier attempt got no response" in error.message


def test_a_read_that_is_refused_after_a_timeout_is_refused() -> None:
    assert isinstance(failure(get, client(script(httpx.ReadTimeout("late"), REFUSED))), Refused)


def test_a_delete_that_finds_nothing_after_a_timeout_reports_not_found() -> None:
    gone = api_error(404, "ResourceNotFound")
    assert isinstance(failure(delete, client(script(httpx.ReadTimeout("late"), gone))), NotFound)


@pytest.mark.parametrize("answer", [*NOT_THE_API, ok({"Id": "t-2"}), GZIPPED])
def test_a_foreign_response_is_requested_three_times(answer: httpx.Response) -> None:
    handler = script(answer)
    assert type(failure(get, client(handler))) is BadAnswer
    assert len(handler.requests) == 3


def test_all_tries_together_end_in_time_with_slow_responses() -> None:
    clock = FakeClock()

    def drip() -> Iterator[bytes]:
        for piece in repeat(b" "):
            clock.seconds += 1
            yield piece

    assert type(failure(get, client(lambda _: streamed(200, drip), clock))) is Unavailable
    assert 100 < clock.seconds <= 121


@pytest.mark.parametrize("answer", NOT_THE_API)
def test_a_foreign_response_repeats_a_read_but_not_a_write(answer: httpx.Response) -> None:
    handler = script(answer, ok(TASK))
    assert client(handler).get("t-1").id == "t-1"
    handler = script(answer, ok(TASK))
    assert type(failure(stop, client(handler))) is BadAnswer
    assert len(handler.requests) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (api_error(400, "InvalidParameter"), Refused),
        (api_error(404, "ResourceNotFound"), NotFound),
        (api_error(409, "CustomTaskNotInTerminalState"), NotInTerminalState),
        (api_error(404, "InvalidActionOrVersion"), UnknownAction),
        (api_error(200, "InvalidParameter"), Refused),
    ],
)
@pytest.mark.parametrize("call", [get, *IDEMPOTENT, *ONCE])
def test_a_refusal_is_final(call: Call, answer: httpx.Response, kind: type[PlatformError]) -> None:
    handler = script(answer)
    assert type(failure(call, client(handler))) is kind
    assert len(handler.requests) == 1


def test_each_try_has_a_new_signature() -> None:
    handler, clock = script(api_error(429, "X", headers={"Retry-After": "5"}), ok(TASK)), FakeClock()
    client(handler, clock).get("t-1")
    assert clock.slept == [5.25]
    assert [request.headers["x-date"] for request in handler.requests] == [
        "20260131T010203Z",
        "20260131T010208Z",
    ]


@pytest.mark.parametrize(("header", "slept"), [("1e9", 60.25), ("-1", 0.25), ("NaN", 0.25), ("soon", 0.25)])
def test_a_hostile_retry_after_is_limited(header: str, slept: float) -> None:
    handler, clock = script(api_error(503, "X", headers={"Retry-After": header}), ok(TASK)), FakeClock()
    client(handler, clock).get("t-1")
    assert clock.slept == [slept]


def test_no_call_waits_longer_than_the_patience() -> None:
    clock = FakeClock()
    failure(get, client(script(api_error(429, "X", headers={"Retry-After": "50"})), clock))
    assert sum(clock.slept) <= ClientSettings(credentials=KEY).retry.patience


def test_a_storm_of_failures_ends_by_the_shared_budget() -> None:
    handler = script(api_error(500, "InternalError"))
    one = client(handler)
    for _ in range(40):
        failure(get, one)
    assert len(handler.requests) == 40 + 50


def test_a_task_other_than_the_requested_one_is_a_bad_answer() -> None:
    error = failure(get, client(script(ok({"Id": "t-2"}))))
    assert type(error) is BadAnswer
    assert "`t-1`" in error.message


def test_null_keys_are_accepted() -> None:
    task = client(script(ok({**dict.fromkeys(TASK), "Id": "t-1"}))).get("t-1")
    assert (task.name, task.tags) == ("", ())


def lister(*ids: str, tags: tuple[str, ...] = ("a", "b")) -> Callable[[httpx.Request], httpx.Response]:
    """A platform with these tasks: it sorts and pages correctly, two per page, and ignores filters."""

    def handle(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        assert (body["SortBy"], body["SortOrder"]) == ("Id", "Ascend")
        window = sorted(ids)[body["Offset"] : body["Offset"] + 2]
        return ok(
            {"Total": len(ids), "List": [{"Id": i, "Tags": list(tags), "State": "Queue"} for i in window]}
        )

    return handle


def test_a_complete_listing_reads_all_pages_of_a_limited_size() -> None:
    found = client(lister("t-3", "t-1", "t-2", "t-5", "t-4")).list_all(ListQuery())
    assert [task.id for task in found] == ["t-1", "t-2", "t-3", "t-4", "t-5"]


def test_pages_are_read_at_once_but_no_more_than_four() -> None:
    answer, under_way, most = lister(*(f"t-{number:02}" for number in range(30))), set[int](), [0]
    four_are_here = Event()

    def handle(request: httpx.Request) -> httpx.Response:
        offset = json.loads(request.content)["Offset"]
        under_way.add(offset)
        most[0] = max(most[0], len(under_way))
        if len(under_way) == PAGES_AHEAD:
            four_are_here.set()
        if offset:
            assert four_are_here.wait(10)
        under_way.discard(offset)
        return answer(request)

    assert len(client(handle).list_all(ListQuery())) == 30
    assert most == [PAGES_AHEAD]


def test_an_interrupt_does_not_wait_for_started_pages() -> None:
    answer, go_on = lister("t-1", "t-2", "t-3", "t-4", "t-5"), Event()

    def handle(request: httpx.Request) -> httpx.Response:
        offset = json.loads(request.content)["Offset"]
        if offset == 1:
            raise KeyboardInterrupt
        if offset:
            assert go_on.wait(10)
        return answer(request)

    with pytest.raises(KeyboardInterrupt):
        client(handle).list_all(ListQuery())
    go_on.set()


def test_one_tag_is_sent_and_all_are_applied() -> None:
    handler = script(lister("t-1", "t-2"))
    assert len(client(handler).list_all(ListQuery(tags=("a", "b")))) == 2
    assert all(body["Tags"] == ["a"] for body in handler.bodies)
    assert client(lister("t-1")).list_all(ListQuery(tags=("a", "c"))) == ()
    assert client(lister("t-1", tags=("ab",))).list_all(ListQuery(tags=("a",))) == ()


def test_a_complete_listing_never_sends_states() -> None:
    handler = script(lister("t-1", "t-2"))
    assert client(handler).list_all(ListQuery(states=("Running",))) == ()
    assert not any("States" in body for body in handler.bodies)


def test_a_listing_that_cannot_be_proven_is_an_error() -> None:
    stuck = ok({"Total": 9, "List": [{"Id": "t-1"}, {"Id": "t-2"}]})
    with pytest.raises(ListingIncomplete):
        client(script(stuck)).list_all(ListQuery())


def test_a_page_that_fails_permanently_fails_the_listing() -> None:
    one = client(script(ok({"Total": 9, "List": [{"Id": "t-1"}, {"Id": "t-2"}]}), html(200)))
    with pytest.raises(BadAnswer):
        one.list_all(ListQuery())


def test_instances_are_read_from_all_pages() -> None:
    pages = [[{"RoleIndex": "0"}, {"RoleIndex": "1"}], [{"RoleIndex": "2"}], []]
    handler = script(*(ok({"Total": 3, "List": page}) for page in pages))
    assert [one.role_index for one in client(handler).instances("t-1")] == ["0", "1", "2"]
    assert [body["Offset"] for body in handler.bodies] == [0, 2, 3]


def test_no_error_repeats_a_secret() -> None:
    echo = f"{KEY.access_key} {KEY.secret_key} {KEY.session_token} hush-hush"
    payload = {"Envs": [{"Name": "T", "Value": "hush-hush", "IsPrivate": True}]}
    error = failure(lambda one: one.create(payload), client(script(api_error(400, "InvalidParameter", echo))))
    text = "".join(traceback.format_exception(error)) + repr(error.__dict__)
    for secret in (KEY.access_key, KEY.secret_key, KEY.session_token, "hush-hush"):
        assert secret not in text


def test_the_text_of_a_broken_connection_is_not_repeated() -> None:
    error = failure(
        create, client(script(httpx.LocalProtocolError(f"Illegal header value b'{KEY.session_token}'")))
    )
    assert KEY.session_token not in "".join(traceback.format_exception(error))


def test_threads_share_a_client() -> None:
    found: list[str] = []
    with client(script(ok(TASK))) as one:
        threads = [Thread(target=lambda: found.append(one.get("t-1").id)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == ["t-1"] * 8


def test_a_whole_list_is_read_in_pages_that_show_their_end() -> None:
    limits = []

    def handle(request: httpx.Request) -> httpx.Response:
        limits.append(json.loads(request.content)["Limit"])
        return lister("t-1", "t-2")(request)

    assert len(client(handle).list_all(ListQuery(limit=2))) == 2
    assert set(limits) == {10}


NO_ORIGINS = [
    "",
    "open.volcengineapi.com",
    "ftp://h",
    "http://",
    "http://u:pw@h",
    "http://h/path",
    "http://h?x=1",
    "http://h:x",
    "http://a..b",
    f"http://{'a' * 64}.example",
    "http://\u2603.net",
    "http://a b",
]


@pytest.mark.parametrize("endpoint", NO_ORIGINS)
def test_an_endpoint_that_is_not_an_origin_is_refused_unquoted(endpoint: str) -> None:
    with pytest.raises(UsageError) as caught:
        PlatformClient(settings=ClientSettings(credentials=KEY, endpoint=endpoint))
    assert "pw" not in caught.value.message


def test_settings_show_no_secret() -> None:
    assert KEY.secret_key not in repr(ClientSettings(credentials=KEY))
