"""The body of an answer, through every use that is made of one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx

from jobspec.apply.observe import run_of
from jobspec.cloud.answers.query import ListQuery
from jobspec.cloud.client import PlatformClient
from jobspec.cloud.retry import RetryPolicy
from jobspec.cloud.settings import ClientSettings
from jobspec.config.scope_state import AccountId
from jobspec.errors import JobspecError
from jobspec.manifest.load import LoadRequest, load
from jobspec.manifest.values import LOCAL_PLATFORM
from jobspec.manifest.yaml.writing import to_yaml
from jobspec.reconcile.protocol.submit import Assumptions
from jobspec.report.history import text as history_text
from jobspec.report.status import text as status_text
from jobspec.report.table import Look
from jobspec.report.tasks import text as tasks_text
from jobspec.workflow.account import tasks as account_tasks
from jobspec.workflow.account.account import Located
from jobspec.workflow.account.connect import Connection, PlatformAddress
from jobspec.workflow.account.importing import compose, destination
from jobspec.workflow.account.tasks import OpenAccount
from jobspec.workflow.doctor.queues import queue_checks
from jobspec.workflow.planning.planning import PlanOptions, make_plan, make_teardown
from jobspec.workflow.project.resources import ClusterReader
from jobspec.workflow.project.workspace import Workspace
from jobspec.workflow.runs.history import read_history
from jobspec.workflow.runs.status import read_status
from jobspec.workflow.surroundings import Surroundings
from tests.cloud.platform import KEY, FakeClock
from tests.proof.fuzz import structure
from tests.proof.fuzz.reader import CORPUS, Reader, fed
from tests.proof.fuzz.readers.planning import NOW, show

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.report.view import View

ID = "t-20260131010203-abcde"
ADDRESS = PlatformAddress(kind="volcengine", region="cn-beijing", endpoint="https://platform.example")


def bodies(folder: Path) -> Reader:
    """The body of an answer: to every action, and shown, planned and imported from."""
    root = folder / "answers"
    root.mkdir()
    (root / "jobspec.yaml").write_text("apiVersion: jobspec/v1\nkind: Project\nmetadata: {name: vision}\n")
    (root / "train.yaml").write_bytes((CORPUS / "manifests" / "two-tasks.yaml").read_bytes())
    loaded = load(LoadRequest((), root))
    assert not loaded.has_errors

    def read(data: bytes) -> None:
        settings = ClientSettings(KEY, retry=RetryPolicy(tries=1))
        transport = httpx.MockTransport(_answering(data))
        with PlatformClient(settings=settings, transport=transport, system=FakeClock().system()) as client:
            surroundings = Surroundings({}, root, root)
            connection = Connection(client, ADDRESS, AccountId("volcengine", ""), Assumptions(0.0, 0.0))
            _use(Workspace(loaded, connection, surroundings, ClusterReader(connection.client)))

    return fed("answers", read, (JobspecError,), structure.of_json)


def _answering(data: bytes) -> Callable[[httpx.Request], httpx.Response]:
    """A platform that answers everything out of one body: pages of its list, the first of it, or as it is."""
    try:
        document = json.loads(data)
        listed = document["Result"]["List"]
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return lambda _: httpx.Response(200, content=data)

    def answer(request: httpx.Request) -> httpx.Response:
        asked, action = json.loads(request.content), request.url.params["Action"]
        result = document["Result"]
        if isinstance(listed, list) and action in {"GetCustomTask", "CreateCustomTask"}:
            result = next((one for one in listed if _has_id(one, asked.get("Id"))), *listed[:1] or [None])
        elif isinstance(listed, list) and "Offset" in asked:
            result = {**result, "List": listed[asked["Offset"] :]}
        return httpx.Response(200, content=json.dumps({**document, "Result": result}).encode())

    return answer


def _has_id(record: Any, wanted: object) -> bool:
    return isinstance(record, dict) and record.get("Id") == wanted


def _use(workspace: Workspace) -> None:
    """Do with the answers whatever a command does; raise the first refusal when all are refused."""
    refusals: list[JobspecError] = []
    for use in _USES:
        try:
            use(workspace)
        except JobspecError as refused:
            assert refused.message
            refusals.append(refused)
    if len(refusals) == len(_USES):
        raise refusals[0]


def _written(view: View) -> None:
    json.loads(view.to_json())


def _plans(workspace: Workspace) -> None:
    for planned in (make_plan(workspace, PlanOptions(preflight="full")), make_teardown(workspace)):
        show(planned.view)
    assert all(check.message for check in queue_checks(workspace.connection.client))


def _status(workspace: Workspace) -> None:
    view = read_status(workspace)
    assert status_text.render(view, now=NOW, colour=True)
    _written(view)


def _history(workspace: Workspace) -> None:
    view = read_history(workspace, "train", None)
    assert history_text.render(view, now=NOW, colour=True)
    _written(view)


def _account(workspace: Workspace) -> OpenAccount:
    located = Located(LOCAL_PLATFORM, workspace.loaded.root)
    return OpenAccount(located, workspace.connection, workspace.surroundings)


_LOOK = Look(NOW, colour=True, is_wide=True)


def _listing(workspace: Workspace) -> None:
    for limit in (None, 2):
        view = account_tasks.list_tasks(_account(workspace), ListQuery(), limit=limit)
        tasks_text.tasks(view.tasks, _LOOK)
        assert tasks_text.summary(view)
        _written(view)


def _one_task(workspace: Workspace) -> None:
    view = account_tasks.read_task(_account(workspace), ID)
    assert tasks_text.detail(view, _LOOK)
    assert to_yaml({"record": view.record})
    _written(view)


def _replicas(workspace: Workspace) -> None:
    view = account_tasks.read_instances(_account(workspace), ID)
    tasks_text.instances(view, _LOOK)
    _written(view)


def _timeline(workspace: Workspace) -> None:
    view = account_tasks.read_timeline(_account(workspace), ID)
    tasks_text.timeline(view, _LOOK)
    _written(view)


def _logs(workspace: Workspace) -> None:
    log = workspace.connection.client.container_logs(ID, "pod")
    log.content.encode("utf-8", "surrogatepass")


def _imports(workspace: Workspace) -> None:
    client = workspace.connection.client
    runs = [run_of(record) for record in client.list_all(ListQuery())]
    composed = compose(workspace, runs, destination(workspace, None, to_stdout=True))
    assert len(composed.imports) + len(composed.refused) == len(runs)
    for one in composed.imports:
        one.text.encode()


def _writes(workspace: Workspace) -> None:
    client = workspace.connection.client
    client.stop(ID)
    client.update(ID, name="x")
    assert client.create({"Name": "x"}).id


_USES: tuple[Callable[[Workspace], None], ...] = (
    *(_plans, _status, _history, _listing, _one_task, _replicas, _timeline, _logs, _imports, _writes),
)
