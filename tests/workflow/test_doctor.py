"""The doctor finds problems, suggests fixes, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from msgspec.structs import replace

from jobspec.errors import UsageError
from jobspec.local.api.app import application
from jobspec.local.settings import Settings
from jobspec.manifest.values import Platform
from jobspec.report.doctor import text as doctor_text
from jobspec.report.doctor.view import CheckView, DoctorView
from jobspec.workflow.account.account import Located, PlatformOptions, find_platform
from jobspec.workflow.account.connect import ProjectPlace, connect, local_folder
from jobspec.workflow.doctor.doctor import examine
from jobspec.workflow.surroundings import Surroundings
from tests.local.calls import create
from tests.projects import FOREVER, PROJECT

KEYS = {"VOLC_ACCESSKEY": "AKLT-canary-17", "VOLC_SECRETKEY": "canary-secret-18"}
ACTIONS = ["UpdateCustomTask", "ListCustomTaskTimelines", "GetContainerLogs"]


def refused(status: int, code: str) -> tuple[int, object]:
    error = {"Code": code, "Message": "no"}
    return status, {"ResponseMetadata": {"RequestId": "r", "Error": error}}


LISTED: tuple[int, object] = (200, {"ResponseMetadata": {}, "Result": {"Total": 0, "List": []}})
UNKNOWN_TASK = refused(404, "ResourceNotFound")


@dataclass
class Fake:
    """A platform with a configurable answer to each action, and its own clock."""

    answers: dict[str, tuple[int, object]] = field(default_factory=dict)
    behind: timedelta | None = timedelta()
    requests: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    url: str = ""

    def answer(self, action: str, body: bytes) -> tuple[int, object]:
        self.requests.append((action, json.loads(body)))
        usual = LISTED if action == "ListCustomTasks" else UNKNOWN_TASK
        return self.answers.get(action, usual)


def handler_for(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            action = self.path.partition("Action=")[2].partition("&")[0]
            status, document = fake.answer(action, sent)
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response_only(status)
            if fake.behind is not None:
                self.send_header("Date", format_datetime(datetime.now(UTC) - fake.behind, usegmt=True))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


@pytest.fixture
def fake() -> Iterator[Fake]:
    platform = Fake()
    with HTTPServer(("127.0.0.1", 0), handler_for(platform)) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        platform.url = f"http://127.0.0.1:{server.server_port}"
        yield platform
        server.shutdown()


@pytest.fixture
def here(tmp_path: Path) -> Surroundings:
    return Surroundings(KEYS, tmp_path, tmp_path)


def volcengine(endpoint: str, here: Surroundings) -> DoctorView:
    located = Located(Platform(kind="volcengine", endpoint=endpoint), here.cwd, endpoint_from="--endpoint")
    return examine(lambda: located, None, here)


def statuses(found: DoctorView) -> dict[str, str]:
    return {check.name: check.status for check in found.checks}


def check(found: DoctorView, name: str) -> CheckView:
    return next(one for one in found.checks if one.name == name)


def test_a_platform_that_works_has_no_problem(fake: Fake, here: Surroundings) -> None:
    found = volcengine(fake.url, here)
    names = ["project", "platform", "credentials", "endpoint", "signature", "clock", *ACTIONS]
    assert statuses(found) == dict.fromkeys(names, "ok")
    assert check(found, "credentials").message == "from `VOLC_ACCESSKEY` and `VOLC_SECRETKEY`"
    assert found.platform is not None
    assert found.platform.endpoint == fake.url


def test_it_sends_nothing_that_could_change_a_task(fake: Fake, here: Surroundings) -> None:
    volcengine(fake.url, here)
    missing = "t-00000000000000-00000"
    assert dict(fake.requests)["UpdateCustomTask"] == {"Id": missing}
    assert [action for action, _ in fake.requests] == ["ListCustomTasks", *ACTIONS, "ListResourceQueues"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(401, "SignatureDoesNotMatch"), {"endpoint": "ok", "signature": "problem", "clock": "ok"}),
        (refused(401, "InvalidTimestamp"), {"endpoint": "ok", "signature": "problem", "clock": "ok"}),
        (refused(429, "FlowLimitExceeded"), {"endpoint": "ok", "signature": "warning", "clock": "ok"}),
        (refused(500, "InternalError"), {"endpoint": "problem"}),
        ((200, b"<html>proxy</html>"), {"endpoint": "problem"}),
        (
            refused(403, "AccessDenied"),
            {"endpoint": "ok", "signature": "ok", "permission": "problem", "clock": "ok"}
            | dict.fromkeys(ACTIONS, "ok"),
        ),
    ],
)
def test_each_kind_of_refusal_is_distinguished(
    fake: Fake, here: Surroundings, answer: tuple[int, object], expected: dict[str, str]
) -> None:
    fake.answers["ListCustomTasks"] = answer
    found = volcengine(fake.url, here)
    apart = {"project", "platform", "credentials"}
    assert {name: status for name, status in statuses(found).items() if name not in apart} == expected
    assert all(one.help for one in found.checks if one.status != "ok")


@pytest.mark.parametrize(
    ("behind", "status"), [(0, "ok"), (30, "ok"), (90, "warning"), (-90, "warning"), (1000, "problem")]
)
def test_a_clock_is_compared_with_the_date_of_the_answer(
    fake: Fake, here: Surroundings, behind: int, status: str
) -> None:
    fake.behind = timedelta(seconds=behind)
    assert check(volcengine(fake.url, here), "clock").status == status


def test_without_a_date_a_clock_is_compared_with_the_time_of_a_task(fake: Fake, here: Surroundings) -> None:
    theirs = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    task = {"Id": "t-1", "ServerTime": theirs}
    fake.behind, fake.answers = (
        None,
        {"ListCustomTasks": (200, {"ResponseMetadata": {}, "Result": {"List": [task]}})},
    )
    clock = check(volcengine(fake.url, here), "clock")
    assert (clock.status, clock.message) == ("warning", "is 300 s behind the platform's")


def test_without_any_time_a_clock_is_not_compared(fake: Fake, here: Surroundings) -> None:
    fake.behind = None
    assert check(volcengine(fake.url, here), "clock").message.startswith("unknown")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (refused(400, "InvalidActionOrVersion"), "warning"),
        (refused(403, "AccessDenied"), "warning"),
        (refused(400, "InvalidParameter"), "ok"),
        ((200, {"ResponseMetadata": {}, "Result": {}}), "ok"),
        (refused(429, "FlowLimitExceeded"), "warning"),
        (refused(503, "ServiceUnavailable"), "warning"),
    ],
)
def test_an_action_that_is_not_offered_is_a_warning(
    fake: Fake, here: Surroundings, answer: tuple[int, object], status: str
) -> None:
    fake.answers = dict.fromkeys(ACTIONS, answer)
    found = volcengine(fake.url, here)
    assert {action: check(found, action).status for action in ACTIONS} == dict.fromkeys(ACTIONS, status)
    assert found.count("problem") == 0


def test_an_endpoint_without_a_server_is_a_problem(here: Surroundings) -> None:
    assert check(volcengine("http://127.0.0.1:1", here), "endpoint").status == "problem"


def test_missing_keys_are_a_problem_and_nothing_is_sent(fake: Fake, tmp_path: Path) -> None:
    found = volcengine(fake.url, Surroundings({}, tmp_path, tmp_path))
    assert check(found, "credentials").status == "problem"
    assert fake.requests == []


def test_a_key_that_other_users_can_read_is_a_warning(fake: Fake, tmp_path: Path) -> None:
    file = tmp_path / ".volc" / "credentials"
    file.parent.mkdir()
    file.write_text("[default]\naccess_key_id = AKLT-canary-17\nsecret_access_key = canary-secret-18\n")
    file.chmod(0o644)
    found = volcengine(fake.url, Surroundings({}, tmp_path, tmp_path))
    assert [one.help for one in found.checks if one.status != "ok"] == [f"run: chmod 600 {file}"]


def test_an_invalid_endpoint_is_not_repeated(tmp_path: Path) -> None:
    found = volcengine("http://user:canary-pw@host", Surroundings({}, tmp_path, tmp_path))
    assert check(found, "endpoint").status == "problem"
    assert "canary" not in found.to_json()


def test_no_check_contains_a_key(fake: Fake, here: Surroundings) -> None:
    fake.answers["ListCustomTasks"] = (
        401,
        {
            "ResponseMetadata": {
                "Error": {"Code": "SignatureDoesNotMatch", "Message": " ".join(KEYS.values())}
            }
        },
    )
    found = volcengine(fake.url, here)
    assert "canary" not in found.to_json() + repr(found) + doctor_text.render(found, colour=True)


def test_the_request_observer_still_gets_its_requests(fake: Fake, tmp_path: Path) -> None:
    seen: list[str] = []
    here = Surroundings(KEYS, tmp_path, tmp_path, observer=lambda exchanged: seen.append(exchanged.action))
    volcengine(fake.url, here)
    assert seen == ["ListCustomTasks", *ACTIONS, "ListResourceQueues"]


def in_folder(here: Surroundings, environment: str | None = None) -> DoctorView:
    return examine(lambda: find_platform(None, environment, PlatformOptions(), here), environment, here)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


def test_a_fresh_local_project_has_no_problem_and_is_not_changed(here: Surroundings) -> None:
    (here.cwd / "jobspec.yaml").write_text(PROJECT)
    before = content(here.cwd)
    found = in_folder(here)
    names = ["project", "manifests", "platform", "folder", "supervisor", "slots"]
    assert statuses(found) == dict.fromkeys(names, "ok")
    assert found.scope == "demo"
    assert content(here.cwd) == before


def test_active_tasks_without_a_supervisor_are_reported_and_not_started(
    here: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here.cwd / "jobspec.yaml").write_text(PROJECT)
    with monkeypatch.context() as patch:
        patch.setattr("jobspec.local.supervisor.launch.ensure_supervisor", lambda *_: None)
        app = application(local_folder(ProjectPlace(here.cwd), here.state), settings=Settings())
        create(app, command=FOREVER)
        app.close()
    found = in_folder(here)
    assert (check(found, "supervisor").status, found.count("problem")) == ("warning", 0)
    assert not list(here.state.projects.glob("*/supervisor.lock"))


def test_a_folder_that_cannot_be_used_is_a_problem(here: Surroundings) -> None:
    (here.cwd / "jobspec.yaml").write_text(PROJECT)
    here.state.path.mkdir(parents=True)
    here.state.projects.symlink_to(here.cwd)
    assert check(in_folder(here), "folder").status == "problem"


def test_manifests_with_errors_are_a_problem_and_the_platform_is_still_checked(
    here: Surroundings,
) -> None:
    (here.cwd / "jobspec.yaml").write_text(PROJECT)
    (here.cwd / "tasks").mkdir()
    (here.cwd / "tasks" / "a.yaml").write_text("apiVersion: jobspec/v1\nkind: Tusk\n")
    found = in_folder(here)
    assert (check(found, "manifests").status, check(found, "folder").status) == ("problem", "ok")


@pytest.mark.parametrize("environment", [None, "nowhere"])
def test_a_project_that_cannot_be_read_is_the_only_check(here: Surroundings, environment: str | None) -> None:
    (here.cwd / "jobspec.yaml").write_text(PROJECT if environment else "kind: [")
    assert statuses(in_folder(here, environment)) == {"project": "problem"}


def test_without_a_project_and_options_the_solution_is_shown(here: Surroundings) -> None:
    with pytest.raises(UsageError):
        find_platform(None, None, PlatformOptions(), here)
    [only] = in_folder(here).checks
    assert (only.status, "--platform" in only.help) == ("problem", True)


def test_the_text_has_a_line_a_check_with_its_help_and_the_counts(fake: Fake, here: Surroundings) -> None:
    fake.answers["UpdateCustomTask"] = refused(400, "InvalidActionOrVersion")
    text = doctor_text.render(volcengine(fake.url, here), colour=False)
    assert (
        "\nwarning  UpdateCustomTask         not available on this platform or account\n  help: "
        "contact " in text
    )
    assert text.endswith("\ndoctor: 1 warning\n")


def test_a_proxy_that_cannot_be_used_is_a_separate_problem(
    here: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    found = volcengine("https://platform.example", here)
    assert statuses(found) == {"project": "ok", "platform": "ok", "credentials": "ok", "proxy": "problem"}
    assert "HTTPS_PROXY" in check(found, "proxy").help


def test_an_option_without_a_platform_is_not_a_problem_of_the_project(here: Surroundings) -> None:
    chosen = PlatformOptions(endpoint="127.0.0.1:8765")
    found = examine(lambda: find_platform(None, None, chosen, here), None, here)
    assert statuses(found) == {"platform": "problem"}


def test_an_unused_profile_is_reported_with_the_way_to_use_it(fake: Fake, here: Surroundings) -> None:
    located = Located(
        Platform(kind="volcengine", endpoint=fake.url, profile="team"), here.cwd, endpoint_from="--endpoint"
    )
    [doubt] = [one for one in examine(lambda: located, None, here).checks if one.status != "ok"]
    assert (doubt.name, doubt.status, doubt.help) == ("credentials", "warning", "unset them to use it")


def test_certificates_that_cannot_be_used_are_a_separate_problem(
    here: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no.pem")
    found = volcengine("https://platform.example", here)
    assert statuses(found)["certificates"] == "problem"
    result = check(found, "certificates")
    assert (
        result.message
        == "`SSL_CERT_FILE` points to `/no.pem`, which cannot be used: No such file or directory"
    )
    assert "SSL_CERT_FILE" in result.help


def test_an_ineffective_proxy_exception_is_named(here: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/99,platform.example")
    result = check(volcengine("https://elsewhere.example", here), "proxy")
    assert (result.status, "`10.0.0.0/99`" in result.message) == ("warning", True)


def test_an_ineffective_proxy_exception_is_a_warning_with_its_code_in_front(
    here: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/99")
    platform = Platform(kind="volcengine", endpoint="https://open.volcengineapi.com")
    connection = connect(platform, ProjectPlace(here.cwd), replace(here, environ={**here.environ, **KEYS}))
    connection.client.close()
    line = "warning[JS535]: ignored entries in `NO_PROXY` that match no host: `10.0.0.0/99`"
    assert connection.warnings == (line,)


def test_a_state_folder_on_a_network_file_system_is_reported_with_the_variable(
    here: Surroundings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (here.cwd / "jobspec.yaml").write_text(PROJECT)
    mounts = tmp_path / "mounts"
    mounts.write_text("22 1 8:1 / / rw - nfs4 server:/ rw\n")
    monkeypatch.setattr("jobspec.config.disks._MOUNTS", mounts)
    result = check(in_folder(here), "state")
    assert (result.status, "(nfs4)" in result.message) == ("warning", True)
    assert "JOBSPEC_STATE_DIR" in result.help


def test_a_state_folder_that_cannot_be_created_is_reported_but_does_not_prevent_plans(
    fake: Fake, tmp_path: Path
) -> None:
    environ = {**KEYS, "JOBSPEC_STATE_DIR": "/proc/version/state"}
    found = volcengine(fake.url, Surroundings(environ, tmp_path, tmp_path))
    result = check(found, "state")
    assert (result.status, found.count("problem")) == ("warning", 0)
    assert "JOBSPEC_STATE_DIR" in result.help


QUEUES = {
    "Total": 2,
    "List": [
        {
            "Id": "q-1",
            "Name": "示例队列",
            "State": "Running",
            "QuotaCapability": {"VCPU": 96, "GPUResources": {"A100": 24}},
            "QuotaAllocated": {"GPUResources": {"A100": 8}},
        },
        {"Id": "q-2", "Role": ""},
    ],
}


def test_the_queues_are_listed_with_what_is_free(fake: Fake, here: Surroundings) -> None:
    fake.answers = {"ListResourceQueues": (200, {"ResponseMetadata": {}, "Result": QUEUES})}
    found = [one.message for one in volcengine(fake.url, here).checks if one.name == "queue"]
    assert found == [
        "示例队列 (q-1), Running, 16 of 24 A100 free, ? of 96 vCPU free",
        "q-2, no right to use it",
    ]


def test_a_platform_that_lists_no_queues_is_no_problem(fake: Fake, here: Surroundings) -> None:
    fake.answers = {"ListResourceQueues": refused(404, "InvalidActionOrVersion")}
    found = volcengine(fake.url, here)
    assert [one for one in found.checks if one.name in {"queue", "ListResourceQueues"}] == []
