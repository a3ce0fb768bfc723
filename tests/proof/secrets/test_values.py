"""Values that hold secrets say nothing of them, and what can be kept holds none."""

from __future__ import annotations

import ast
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import jobspec
from jobspec import CustomTask
from jobspec.apply.observe import run_of
from jobspec.apply.secrets import Secrets
from jobspec.bounded_json import Unread
from jobspec.cloud.answers import fast_page
from jobspec.cloud.answers.envelope import Answer, Question
from jobspec.cloud.answers.wire import TaskRecord, read_instances, read_task
from jobspec.cloud.client import PlatformClient
from jobspec.cloud.credentials import FoundCredentials
from jobspec.cloud.settings import ClientSettings
from jobspec.cloud.signing import Credentials, SignableRequest
from jobspec.manifest.load import LoadRequest, load
from jobspec.manifest.validate.plaintext_credentials import Plaintext
from jobspec.manifest.yaml.tree import Extent, Scalar
from jobspec.reconcile.planning.planner import plan
from jobspec.redaction.masking import Mask
from jobspec.redaction.sent import Sent
from jobspec.workflow.surroundings import Surroundings
from tests.proof.secrets.canary import Canary
from tests.proof.secrets.evidence import Evidence

CANARY = Canary.named("a value")
SECRET = CANARY.value
KEY = Credentials(SECRET, SECRET, SECRET)
HERE = Path()
AT = Extent("a.yaml", 0, 0, 0, 1)
RECORD = {"Id": "t-1", "Envs": [{"Name": "T", "Value": SECRET, "IsPrivate": True}]}


def _listed() -> TaskRecord:
    body = json.dumps({"ResponseMetadata": {}, "Result": {"Total": 1, "List": [RECORD]}}).encode()
    page = fast_page.read(Answer(200, {}, body, datetime.now(UTC)), action="ListCustomTasks")
    assert page is not None
    assert isinstance(page.tasks[0].raw, Unread)
    return page.tasks[0]


VALUES: dict[str, Callable[[], object]] = {
    "a key": lambda: KEY,
    "a key that was found": lambda: FoundCredentials(KEY, "the environment"),
    "settings": lambda: ClientSettings(KEY),
    "a client": lambda: PlatformClient(settings=ClientSettings(KEY)),
    "surroundings": lambda: Surroundings({"TOKEN": SECRET}, HERE, HERE),
    "a source of secrets": lambda: Secrets({"TOKEN": SECRET}, HERE),
    "what was sent": lambda: Sent([SECRET]),
    "a mask": lambda: Mask.of([SECRET]),
    "a question": lambda: Question("CreateCustomTask", (SECRET,)),
    "an answer": lambda: Answer(200, {"x": SECRET}, SECRET.encode(), datetime.now(UTC)),
    "a request": lambda: SignableRequest("POST", "h", "/", (), SECRET.encode(), {"x-security-token": SECRET}),
    "a record": lambda: read_task(RECORD, action="GetCustomTask"),
    "a record that stays bytes": _listed,
    "what stays bytes": lambda: _listed().raw,
    "a run": lambda: run_of(_listed()),
    "a run that was read by its id": lambda: run_of(read_task(RECORD, action="GetCustomTask")),
    "an instance": lambda: read_instances({"List": [{"LogURL": f"http://h/?t={SECRET}"}]}, action="Get"),
    "plain text that was found": lambda: Plaintext(
        "spec.args", Scalar(SECRET, SECRET, "", AT), SECRET, "a token", is_problem=True
    ),
    "a task of the vendor's class": lambda: CustomTask(name="n", envs={"T": SECRET}, ak=SECRET, sk=SECRET),
}
TELL: dict[str, Callable[[object], str]] = {
    "repr": repr,
    "str": str,
    "format": "{}".format,
    "percent": lambda value: f"{(value,)!r}",
}
KEEPERS = {"pickle", "shelve", "marshal", "copyreg"}


@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES.keys())
def test_a_value_says_nothing_of_the_secret_that_it_holds(make: Callable[[], object]) -> None:
    told, value = Evidence(), make()
    for tell in TELL.values():
        told.add("values", tell(value))
    assert told.hits([CANARY]) == []


def test_what_may_be_kept_holds_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", SECRET)
    (tmp_path / "a.yaml").write_text(
        "apiVersion: jobspec/v1\nkind: Task\nmetadata: {name: a}\nspec: {image: i, entrypoint: e, "
        "roles: [{name: w, replicas: 1, flavor: f}], env: {T: {secret: {env: TOKEN}}}}\n"
    )
    loaded = load(LoadRequest((tmp_path,), tmp_path, scope="s"))
    assert not loaded.has_errors
    kept = Evidence()
    for value in (loaded, plan(loaded.scope, loaded.tasks, ())):
        data = pickle.dumps(value)
        assert b"TOKEN" in data
        kept.add("files", data)
    assert kept.hits([CANARY]) == []


def test_the_product_keeps_no_value_but_as_json_and_yaml() -> None:
    modules = Path(jobspec.__file__).parent.rglob("*.py")
    trees = {path: ast.walk(ast.parse(path.read_text())) for path in modules}
    keepers = [path.name for path, nodes in trees.items() if any(map(_keeps, nodes))]
    assert len(trees) > 100
    assert keepers == ["workers.py"]  # it passes values through a pipe to the process that it was forked from


def _keeps(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module in KEEPERS
    return isinstance(node, ast.Import) and any(alias.name in KEEPERS for alias in node.names)
