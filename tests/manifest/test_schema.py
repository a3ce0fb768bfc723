"""The published schemas are up to date, valid, and accept what the models accept."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from jobspec.manifest.json_schema import ANY_EXPRESSION, WHOLE_EXPRESSION, schemas
from jobspec.manifest.schema.project import ProjectDocument
from jobspec.manifest.schema.scalars import DATE_PATTERN
from jobspec.manifest.schema.task_model import TaskDocument
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import plain
from jobspec.report.diagnostics.json_document import diagnostics_schema

if TYPE_CHECKING:
    from jobspec.manifest.schema.scalars import Model
    from tests.conftest import MatchesFile

ROOT = Path(__file__).parent.parent.parent
CASES = ROOT / "tests" / "cases" / "manifest"
FILES: dict[str, dict[str, Any]] = {**schemas(), "diagnostics.v1.json": diagnostics_schema()}
VALIDATORS = {name: Draft202012Validator(schema) for name, schema in FILES.items()}
MODELS: dict[str, type[Model]] = {"task.v1.json": TaskDocument, "project.v1.json": ProjectDocument}


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_published_schema_is_up_to_date(name: str, matches_file: MatchesFile) -> None:
    matches_file(json.dumps(FILES[name], indent=2, ensure_ascii=False) + "\n", ROOT / "schemas" / name)


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_schema_is_valid_in_its_dialect(name: str) -> None:
    Draft202012Validator.check_schema(FILES[name])


def _model_accepts(model: type[Model], document: object) -> bool:
    try:
        model.model_validate(document)
    except ValidationError:
        return False
    return True


def _agree(name: str, document: object) -> None:
    by_model = _model_accepts(MODELS[name], document)
    assert VALIDATORS[name].is_valid(document) == by_model, document


TASK: dict[str, Any] = {"apiVersion": "jobspec/v1", "kind": "Task", "metadata": {"name": "a"}}
SECRET = {"secret": {"env": "A"}}
ROLE = {"name": "worker", "replicas": 1, "flavor": "f"}
SPECS: list[object] = [
    {},
    None,
    [],
    {"image": "a", "entrypoint": "b", "roles": [ROLE]},
    {"image": None, "args": None, "priority": None},
    {"image": ""},
    {"image": "a b"},
    {"image": {"url": "a"}},
    {"image": {"type": "Custom"}},
    {"image": {"url": "a", "type": "custom"}},
    {"image": {"url": "a", "credential": {"username": "a", "password": SECRET}}},
    {"image": {"url": "a", "credential": {"username": "a", "password": "b"}}},
    {"image": 1},
    {"roles": []},
    {"roles": ROLE},
    {"roles": [{**ROLE, "replicas": 0}]},
    {"roles": [{**ROLE, "replicas": "1"}]},
    {"roles": [{**ROLE, "replicas": True}]},
    {"roles": [{**ROLE, "name": "1a"}]},
    {"roles": [{**ROLE, "extra": 1}]},
    {"roles": [{"name": "worker"}]},
    {"activeDeadline": 0},
    {"activeDeadline": 1},
    {"activeDeadline": "0s"},
    {"activeDeadline": "5d"},
    {"activeDeadline": "5 d"},
    {"activeDeadline": 1.5},
    {"activeDeadline": True},
    {"delayExit": "0s"},
    {"delayExit": 10**9},
    {"env": {"A": "b", "B": SECRET}},
    {"env": {"A": 1}},
    {"env": {"A": None}},
    {"env": {"A-B": "c"}},
    {"env": {"A": {"secret": {}}}},
    {"env": {"A": {"secret": {"env": "A", "file": "b"}}}},
    {"env": {"A": {"secret": {"env": "A", "file": None}}}},
    {"env": {"A": {"secret": {"env": None, "file": None}}}},
    {"storages": [{"type": "Tos", "mountPath": "/a", "bucket": "b", "other": {"x": [1]}}]},
    {"storages": [{"type": "Tos", "mountPath": "/a"}]},
    {"storages": [{"type": "Tos", "mountPath": "a", "bucket": "b"}]},
    {"storages": [{"type": "Foo", "mountPath": "/a"}]},
    {"storages": [{"mountPath": "/a"}]},
    {"storages": [{"type": "Vepfs", "mountPath": "/a", "vepfsId": "v", "readOnly": "yes"}]},
    {"sidecar": {"memoryRatio": 0}},
    {"sidecar": {"memoryRatio": 0.5, "cpu": 1}},
    {"sidecar": {"memoryRatio": 1}},
    {"priority": 2},
    {"priority": 3},
    {"priority": "2"},
    {"preemptible": "true"},
    {"retry": {"on": ["Failed"], "maxTimes": 1}},
    {"retry": {"on": ["failed"]}},
    {"framework": "Custom"},
    {"framework": "custom"},
    {"unknown": 1},
    {"code": {"source": ""}},
    {"code": {"source": "Local"}},
]


@pytest.mark.parametrize("spec", SPECS, ids=json.dumps)
def test_schema_and_model_agree_on_a_spec(spec: object) -> None:
    _agree("task.v1.json", {**TASK, "spec": spec})
    project = {**TASK, "kind": "Project", "spec": {"defaults": {"spec": spec}}}
    _agree("project.v1.json", project)


KNOWN: dict[str, Any] = {"task": "a", "kind": "failed", "reason": "why", "until": "2026-12-31"}
ACKNOWLEDGED: list[dict[str, Any]] = [
    {},
    {"kind": None},
    {"kind": "broken"},
    {"field": "metadata.tags"},
    {"observed": ["x", 1, None]},
    {"run": ""},
    {"task": "a*"},
    {"reason": ""},
    {"more": 1},
]
DATES: list[object] = [
    *("2026-1-1", "2026-02-29", "2028-02-29", "1900-02-29", "2000-02-29", "2026-04-31", "2026-12-31T00:00"),
    *("", "tomorrow", "٢٠٢٦-12-31", 20261231),
]


@pytest.mark.parametrize(
    "spec",
    [
        {"platform": {"kind": "local"}},
        {"platform": {"region": "x"}},
        {"platform": {"kind": "volcengine", "endpoint": "http://a"}},
        {"platform": {"kind": "volcengine", "endpoint": "ftp://a"}},
        {"limits": {"maxRemovals": "30%"}},
        {"limits": {"maxRemovals": "130%"}},
        {"limits": {"maxRemovals": 3, "maxReplacements": -1}},
        {"limits": {"maxLostReplicaHours": 1.5}},
        {"vars": {"a": {"b": [1, None]}, "c-d": 1}},
        {"vars": {"a b": 1}},
        {"environments": {"prod": {"vars": {"a": 1}}}},
        {"environments": {"a b": {}}},
        {"environments": {"a" * 64: {}}},
        *({"acknowledge": [{**KNOWN, **more}]} for more in ACKNOWLEDGED),
        *({"acknowledge": [{**KNOWN, "until": until}]} for until in DATES),
        {"acknowledge": [{"task": "a", "kind": "failed"}]},
        {"manifests": ["a"]},
        {"manifests": "a"},
    ],
    ids=json.dumps,
)
def test_schema_and_model_agree_on_a_project(spec: object) -> None:
    _agree("project.v1.json", {**TASK, "kind": "Project", "spec": spec})


def _case_documents() -> list[Any]:
    files = sorted(file for file in CASES.glob("*/**/*.yaml") if file.is_file())
    files = [file for file in files if "js212" not in str(file)]  # no schema compares keys by their spelling
    documents = [d for file in files for d in parse(file.read_bytes(), file.name).documents]
    return [value for value in map(plain, documents) if "${{" not in str(value)]


def test_schema_and_model_agree_on_every_golden_document() -> None:
    documents = _case_documents()
    assert len(documents) > 60
    for document in documents:
        for name in MODELS:
            _agree(name, document)


_LEAVES = st.sampled_from(
    [None, True, 0, 1, 2, -1, 0.5, "", "a", "a b", "/a", "1s", "Tos", "30%", "é", "a\nb"]
)
_KEYS = sorted(
    {key for schema in FILES["manifest.v1.json"]["$defs"].values() for key in schema.get("properties", ())}
)
_TREES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from([*_KEYS, "A"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def _mutated(draw: st.DrawFn) -> dict[str, Any]:
    """Return a complete document with one value replaced, added or removed."""
    document = json.loads(json.dumps(FULL_TASK))
    target: Any = document
    while True:
        key = draw(st.sampled_from(sorted(target))) if isinstance(target, dict) else 0
        inner = target[key]
        if not isinstance(inner, (dict, list)) or not inner or draw(st.booleans()):
            break
        target = inner
    change = draw(st.sampled_from(["replace", "remove", "add"]))
    if change == "replace":
        target[key] = draw(_TREES)
    elif change == "remove":
        del target[key]
    elif isinstance(target, dict):
        target[draw(st.sampled_from(_KEYS))] = draw(_TREES)
    return dict(document)


FULL_TASK: dict[str, Any] = {
    **TASK,
    "metadata": {"name": "a", "description": "b", "tags": ["c"], "allowPlaintext": ["spec.args"]},
    "spec": {
        "image": {"url": "a", "type": "Custom", "credential": {"username": "a", "password": SECRET}},
        "entrypoint": "b",
        "roles": [ROLE],
        "env": {"A": "b", "B": SECRET},
        "storages": [
            {"type": "Tos", "mountPath": "/a", "bucket": "b"},
            {"type": "Nas", "mountPath": "/b", "nasId": "c"},
        ],
        "storageCredential": {"accessKeyId": SECRET, "secretAccessKey": SECRET},
        "code": {"source": "Local", "originPath": "a"},
        "tensorboard": {"enabled": True, "path": "a"},
        "sidecar": {"image": "a", "memoryRatio": 0.5, "cpu": 1, "memory": 4},
        "retry": {"enabled": True, "maxTimes": 3, "interval": "120s", "on": ["Failed"]},
        "activeDeadline": "1h",
        "priority": 4,
    },
    "lifecycle": {
        "onChange": "Manual",
        "backoffLimit": 1,
        "previousNames": ["b"],
        "ignoreChanges": ["spec.args"],
    },
}


@settings(max_examples=400)
@given(_mutated())
def test_schema_and_model_agree_on_changed_documents(document: dict[str, Any]) -> None:
    _agree("task.v1.json", document)


@settings(max_examples=200)
@given(_TREES)
def test_schema_and_model_agree_on_any_spec_of_a_project(spec: object) -> None:
    _agree("project.v1.json", {**TASK, "kind": "Project", "spec": spec})


def test_the_schema_for_editors_accepts_every_kind() -> None:
    editor = VALIDATORS["manifest.v1.json"]
    assert editor.is_valid(FULL_TASK)
    assert editor.is_valid({**TASK, "kind": "Project"})
    assert not editor.is_valid({**TASK, "kind": "Job"})


@pytest.mark.parametrize(
    "spec",
    [
        {"priority": "${{ vars.p }}"},
        {"roles": "${{ vars.roles }}"},
        {"roles": [{**ROLE, "replicas": "${{ vars.n }}"}]},
        {"framework": "${{ vars.f }}", "image": "a:${{ vars.tag }}"},
        {"env": {"A": "x ${{ vars.a }}"}, "preemptible": "${{ vars.b }}"},
    ],
    ids=json.dumps,
)
def test_an_expression_may_replace_any_value(spec: object) -> None:
    assert VALIDATORS["task.v1.json"].is_valid({**TASK, "spec": spec})


def test_every_property_has_a_text_to_hover_over() -> None:
    for name, schema in FILES["manifest.v1.json"]["$defs"].items():
        for field, value in schema.get("properties", {}).items():
            assert value.get("description"), f"{name}.{field}"
            assert value.get("examples"), f"{name}.{field}"


def test_a_date_is_a_day_of_the_calendar() -> None:
    days = {(date(1996, 1, 1) + timedelta(days=day)).isoformat() for day in range(366 * 9)}
    written = {
        f"{year}-{month:02}-{day:02}"
        for year in range(1996, 2005)
        for month in range(14)
        for day in range(33)
    }
    matching = {text for text in written if re.search(DATE_PATTERN, text)}
    assert matching == {day for day in days if day < "2005"}
    assert not re.search(DATE_PATTERN, "1900-02-29")


@pytest.mark.parametrize(
    ("text", "is_whole", "is_any"),
    [
        ("${{ vars.x }}", True, True),
        ("${{ vars.x || '{}' }}", True, True),
        ("${{ '}' }}", True, True),
        ("${{ a }}-${{ b }}", False, True),
        ("x ${{ a }}", False, True),
        ("${{ a }", False, False),
        ("plain", False, False),
    ],
)
def test_the_published_patterns_fit_the_grammar(text: str, *, is_whole: bool, is_any: bool) -> None:
    assert (re.search(WHOLE_EXPRESSION, text) is not None) is is_whole
    assert (re.search(ANY_EXPRESSION, text) is not None) is is_any
