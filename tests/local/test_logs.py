"""Logs: through the API, by link, and from a byte on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.local.api import logs
from jobspec.local.api.app import LocalPlatform, application
from jobspec.local.folder import make_log_folder, prepare
from tests.local.calls import call, create, ended, result, roles, send
from tests.local.places import place

if TYPE_CHECKING:
    from pathlib import Path

TASK = "t-20260131120000-00000"


@pytest.fixture
def written(root: Path, app: LocalPlatform) -> str:
    """The URL path of a log of ten bytes."""
    path = place(root).log(TASK, "worker-0")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"0123456789")
    return logs.url_path(TASK, "worker-0")


@pytest.mark.parametrize(
    ("requested", "status", "body", "part"),
    [
        ("", 200, b"0123456789", None),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=2-3", 206, b"23", "bytes 2-3/10"),
        ("bytes=0-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=5-4", 416, b"", "bytes */10"),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_a_log_can_be_read_from_a_byte_on(  # noqa: PLR0913 - the columns of the table
    app: LocalPlatform, written: str, *, requested: str, status: int, body: bytes, part: str | None
) -> None:
    reply = send(app, "GET", written, headers={"Range": requested} if requested else {})
    assert (reply.status, reply.body, reply.headers.get("Content-Range")) == (status, body, part)
    assert reply.headers["Content-Length"] == str(len(body))


def test_the_head_of_a_log_is_its_length_alone(app: LocalPlatform, written: str) -> None:
    reply = send(app, "HEAD", written)
    assert (reply.status, reply.body, reply.headers["Content-Length"]) == (200, b"", "10")


def test_a_log_is_only_read(app: LocalPlatform, written: str) -> None:
    reply = send(app, "PUT", written)
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path",
    [
        "/logs/../local.db",
        f"/logs/{TASK}/../../../local.db",
        f"/logs/{TASK}/..%2Fx-0",
        f"/logs/{TASK}/worker-0/x",
        f"/logs/{TASK}/worker-1",
        "/logs/t-1/worker-0",
        "/logs/",
    ],
)
def test_nothing_but_logs_can_be_read(app: LocalPlatform, written: str, path: str) -> None:
    assert send(app, "GET", path).status == 404


def test_a_log_that_is_a_link_is_not_followed(root: Path, app: LocalPlatform, written: str) -> None:
    (place(root).logs(TASK) / "worker-7.log").symlink_to("/etc/hostname")
    assert send(app, "GET", logs.url_path(TASK, "worker-7")).status == 404


@pytest.mark.parametrize("where", ["logs", "task"])
def test_a_folder_of_logs_that_is_a_link_is_never_followed(
    root: Path, app: LocalPlatform, where: str
) -> None:
    folder, elsewhere = place(root), root / "elsewhere"
    prepare(folder)
    (elsewhere / TASK).mkdir(parents=True)
    (elsewhere / TASK / "worker-0.log").write_text("mine")
    link = folder.path / "logs" if where == "logs" else folder.logs(TASK)
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere if where == "logs" else elsewhere / TASK)
    with pytest.raises(OSError, match=f"{link.name}` must be a folder, not a link; remove it"):
        make_log_folder(folder, TASK)
    assert send(app, "GET", logs.url_path(TASK, "worker-0")).status == 404


def test_a_task_whose_logs_would_go_elsewhere_fails_with_the_reason(root: Path, app: LocalPlatform) -> None:
    elsewhere = root / "elsewhere"
    elsewhere.mkdir()
    prepare(place(root))
    (place(root).path / "logs").symlink_to(elsewhere)
    failed = ended(app, create(app, command="echo x"))
    assert failed["State"] == "Failed"
    assert failed["DiagInfo"].startswith("worker-0 could not be started: ")
    assert "logs` must be a folder, not a link; remove it" in failed["DiagInfo"]
    assert list(elsewhere.iterdir()) == []


def test_a_link_opens_one_log_for_an_hour_and_for_one_server() -> None:
    links, now = logs.Links(), datetime(2026, 1, 31, tzinfo=UTC)
    path = logs.url_path(TASK, "worker-0")
    token = links.token(path, now)
    assert links.admits(path, token, now + timedelta(minutes=59))
    assert not links.admits(path, token, now + timedelta(minutes=61))
    assert not links.admits(logs.url_path(TASK, "worker-1"), token, now)
    assert not logs.Links().admits(path, token, now)
    later = f"{int(now.timestamp()) + 7200}-{token.partition('-')[2]}"
    assert not any(links.admits(path, given, now) for given in ("", "\u00e9", "1-2", later))


def test_with_keys_a_log_is_read_with_its_link_alone(root: Path, written: str) -> None:
    app = application(place(root), keys={"AK": "sk"})
    assert send(app, "GET", written).status == 401
    assert send(app, "GET", f"{written}?token=%E9").status == 401


def test_an_instance_links_to_its_log(app: LocalPlatform) -> None:
    task_id = create(app, command="echo linked")
    ended(app, task_id)
    url = result(app, "GetCustomTaskInstances", CustomTaskId=task_id)["List"][0]["LogURL"]
    assert url == f"http://127.0.0.1/logs/{task_id}/worker-0"
    assert send(app, "GET", url).body == b"linked\n"


def test_the_log_of_the_api_continues_where_it_ended(app: LocalPlatform) -> None:
    task_id = create(app, command="printf 'ab训cd'")
    ended(app, task_id)
    body = {"CustomTaskId": task_id, "Limit": 4}
    first = result(app, "GetContainerLogs", **body)
    second = result(app, "GetContainerLogs", **body, Offset=first["NextOffset"])
    assert (first["Content"], second["Content"]) == ("ab", "训c")


def test_the_log_of_the_api_is_that_of_the_named_replica(app: LocalPlatform) -> None:
    task_id = create(app, command='printf "$MLP_ROLE_INDEX"', TaskRoleSpecs=[roles("worker", 2)])
    ended(app, task_id)
    pod = f"{task_id}-worker-1"
    for body in ({"PodName": pod}, {"CustomTaskId": task_id, "PodName": pod}):
        assert result(app, "GetContainerLogs", **body)["Content"] == "1"


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"RoleIndex": "5"}, "ResourceNotFound"),
        ({"RoleName": "ps"}, "ResourceNotFound"),
        ({"PodName": "{}-worker-5"}, "ResourceNotFound"),
        ({"PodName": f"{TASK}-worker-0"}, "InvalidParameter"),
        ({"PodName": "{}-worker-0", "RoleIndex": "1"}, "InvalidParameter"),
        ({"PodName": 5}, "InvalidParameter"),
        ({"PodName": "{}-worker-0", "RoleName": []}, "InvalidParameter"),
        ({"PodName": ""}, "InvalidParameter"),
    ],
)
def test_a_replica_that_does_not_exist_has_no_log(
    app: LocalPlatform, body: dict[str, object], refused: str
) -> None:
    task_id = create(app)
    named = {key: value.format(task_id) if isinstance(value, str) else value for key, value in body.items()}
    assert call(app, "GetContainerLogs", {"CustomTaskId": task_id, **named}).error == refused


@pytest.mark.parametrize("pod", ["nonsense", "t-1-x", f"{TASK}-../../x-0"])
def test_a_pod_name_is_checked(app: LocalPlatform, pod: str) -> None:
    assert call(app, "GetContainerLogs", {"PodName": pod}).error == "InvalidParameter"


@given(st.text(), st.integers(1, 9))
def test_the_pieces_of_a_log_are_the_log(
    tmp_path_factory: pytest.TempPathFactory, text: str, limit: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "piecewise.log"
    path.write_bytes(text.encode())
    offset, content = 0, ""
    while offset < len(text.encode()):
        piece, end = logs.read_text(path, offset=offset, limit=max(limit, 4))
        assert end > offset
        content, offset = content + piece, end
    assert content == text


def test_any_offset_beyond_the_end_of_a_log_returns_nothing(app: LocalPlatform) -> None:
    task_id = create(app, command="echo one")
    ended(app, task_id)
    found = result(app, "GetContainerLogs", CustomTaskId=task_id, Offset=2**53)
    assert found == {"Content": "", "NextOffset": 2**53}
