"""A client that is not ours, written on the vendor's own base classes, against `jobspec serve` as a process.

It speaks as the vendor's SDK does: plain http, `Accept: application/json`, the vendor's signer.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from volcengine.ApiInfo import ApiInfo
from volcengine.auth.SignerV4 import SignerV4
from volcengine.base.Service import Service
from volcengine.Credentials import Credentials
from volcengine.ServiceInfo import ServiceInfo

from tests.local.calls import TERMINAL, task, until
from tests.processes import PATIENCE, line_with
from tests.projects import FOREVER, UNTIL_GO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.projects import Project

AK, SK = "AKLT-foreign", "c2VjcmV0LW9mLWEtZm9yZWlnbmVy/+=="
KEYS = {"VOLC_ACCESSKEY": AK, "VOLC_SECRETKEY": SK}
ACTIONS = (
    *("CreateCustomTask", "GetCustomTask", "ListCustomTasks", "StopCustomTask", "DeleteCustomTask"),
    *("UpdateCustomTask", "GetCustomTaskInstances"),
)
HOSTILE = "训练 ~!*'()+&=%/?#;:@,\"\\<>{}|^`é\u2028\U0001f600\t\n"


class ForeignClient(Service):  # type: ignore[misc] # the vendor ships no types
    """The vendor's `Service` with the actions of custom tasks, as the vendor's own client declares them."""

    def __init__(self, host: str, credentials: Credentials) -> None:
        info = ServiceInfo(host, {"Accept": "application/json"}, credentials, 10, 10, "http")
        api = {
            name: ApiInfo("POST", "/", {"Action": name, "Version": "2021-10-01"}, {}, {}) for name in ACTIONS
        }
        super().__init__(info, api)
        self.session.trust_env = False

    def init(self) -> None:
        """Take the key that was given, and none from the environment or the home."""

    def act(self, action: str, body: dict[str, Any], query: dict[str, str] | None = None) -> Any:
        """Return the result; as in the vendor's clients, anything but 200 is a plain exception."""
        return json.loads(self.json(action, query or {}, json.dumps(body)))["Result"]

    def refusal(self, action: str, body: dict[str, Any]) -> str:
        """The code of the error that the action is answered with."""
        with pytest.raises(Exception, match="ResponseMetadata") as caught:
            self.act(action, body)
        return str(json.loads(caught.value.args[0])["ResponseMetadata"]["Error"]["Code"])

    def state(self, task_id: str) -> str:
        return str(self.act("GetCustomTask", {"Id": task_id})["State"])


def foreigner(host: str, secret: str = SK, access: str = AK, token: str = "") -> ForeignClient:
    return ForeignClient(host, Credentials(access, secret, "ml_platform", "cn-beijing", token))


@contextmanager
def served(project: Project, *options: str) -> Iterator[str]:
    """Serve the project's folder, and say at which host and port."""
    with project.running("serve", "--port", "0", *options, environ=KEYS) as server:
        yield line_with("http://", server.stdout).split("http://")[-1].strip()


@pytest.fixture(params=[(), ("--signed",)], ids=["unsigned", "signed"])
def host(request: pytest.FixtureRequest, project: Project) -> Iterator[str]:
    with served(project, *request.param) as where:
        yield where


@pytest.fixture
def signed_host(project: Project) -> Iterator[str]:
    with served(project, "--signed") as where:
        yield where


def test_a_task_goes_through_its_whole_life(host: str) -> None:
    client = foreigner(host)
    assert client.act("ListCustomTasks", {"Offset": 0, "Limit": 10}) == {"Total": 0, "List": []}
    task_id = client.act("CreateCustomTask", task("foreign", FOREVER, Tags=["a"], ResourceGroupId="default"))[
        "Id"
    ]
    until(lambda: client.state(task_id) == "Running", seconds=PATIENCE)
    listed = client.act("ListCustomTasks", {"States": ["Running"], "Tags": ["a"], "SortBy": "Id"})
    assert (listed["Total"], [one["Id"] for one in listed["List"]]) == (1, [task_id])
    instances = client.act("GetCustomTaskInstances", {"CustomTaskId": task_id, "Offset": 0, "Limit": 10})
    assert [one["PodName"] for one in instances["List"]] == [f"{task_id}-worker-0"]
    assert client.refusal("DeleteCustomTask", {"Id": task_id}) == "CustomTaskNotInTerminalState"
    client.act("UpdateCustomTask", {"Id": task_id, "Tags": ["b"]})
    client.act("StopCustomTask", {"Id": task_id})
    until(lambda: client.state(task_id) in TERMINAL, seconds=PATIENCE)
    assert client.act("GetCustomTask", {"Id": task_id})["Tags"] == ["b"]
    client.act("DeleteCustomTask", {"Id": task_id})
    assert client.refusal("GetCustomTask", {"Id": task_id}) == "ResourceNotFound"


def test_hostile_characters_in_query_and_body_are_signed_alike(project: Project, host: str) -> None:
    client = foreigner(host)
    body = task("训练-1", UNTIL_GO, Args=HOSTILE, Description=HOSTILE, Novelty={HOSTILE: HOSTILE})
    task_id = client.act("CreateCustomTask", body, {"X": HOSTILE, HOSTILE: "", "a b": "+", "A": "%2B"})["Id"]
    found = client.act("GetCustomTask", {"Id": task_id}, {"X": HOSTILE})
    assert [found[key] for key in ("Name", "Args", "Description", "Novelty")] == [
        *("训练-1", HOSTILE, HOSTILE),
        {HOSTILE: HOSTILE},
    ]
    project.let_go()


def test_a_temporary_key_sends_its_token_signed(signed_host: str) -> None:
    client = foreigner(signed_host, token="STS2dG9rZW4+/==")
    assert client.act("ListCustomTasks", {})["Total"] == 0


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"secret": "another-secret"}, "SignatureDoesNotMatch"),
        ({"access": "AKLT-unknown"}, "InvalidAccessKey"),
    ],
    ids=["secret", "access"],
)
def test_a_wrong_key_is_refused(signed_host: str, wrong: dict[str, str], code: str) -> None:
    assert foreigner(signed_host, **wrong).refusal("ListCustomTasks", {}) == code


@pytest.mark.parametrize(("minutes", "accepted"), [(-14, True), (14, True), (-16, False), (16, False)])
def test_a_clock_may_be_a_quarter_of_an_hour_off(
    signed_host: str, monkeypatch: pytest.MonkeyPatch, minutes: int, accepted: bool
) -> None:
    stamp = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y%m%dT%H%M%SZ")
    monkeypatch.setattr(SignerV4, "get_current_format_date", lambda: stamp)
    client = foreigner(signed_host)
    if accepted:
        assert client.act("ListCustomTasks", {})["Total"] == 0
    else:
        assert client.refusal("ListCustomTasks", {}) == "InvalidTimestamp"


def change_body(request: Any) -> None:
    request.body = request.body.replace(b"5", b"6") if isinstance(request.body, bytes) else "{}"
    request.headers["Content-Length"] = str(len(request.body))


def change_query(request: Any) -> None:
    request.url += "&More=1"


def change_action(request: Any) -> None:
    request.url = request.url.replace("ListCustomTasks", "GetCustomTask")


def change_token(request: Any) -> None:
    request.headers["X-Security-Token"] = "added-later"


def drop_signature(request: Any) -> None:
    del request.headers["Authorization"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (change_body, "SignatureDoesNotMatch"),
        (change_query, "SignatureDoesNotMatch"),
        (change_action, "SignatureDoesNotMatch"),
        (change_token, "SignatureDoesNotMatch"),
        (drop_signature, "MissingAuthentication"),
    ],
)
def test_what_was_changed_on_the_way_is_refused(
    signed_host: str, change: Callable[[Any], None], code: str
) -> None:
    client = foreigner(signed_host)
    send = client.session.send

    def send_changed(request: Any, **options: Any) -> Any:
        change(request)
        return send(request, **options)

    client.session.send = send_changed
    assert client.refusal("ListCustomTasks", {"Limit": 5}) == code
