"""Which changes loosen a guard, and which do not."""

from __future__ import annotations

from typing import Any

import pytest

from jobspec.manifest.resolve.guards import guards_of
from jobspec.manifest.schema.project import ProjectDocument
from jobspec.manifest.task import SetRules
from jobspec.reconcile.guards.loosened import of_sets, of_tags, of_tasks
from jobspec.reconcile.guards.loosened_project import of_projects
from jobspec.reconcile.tags import Keep
from tests.reconcile.world import PLACE, SCOPE, run, task

LIFECYCLES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "protect": ({"protect": True}, {}, ["protect"]),
    "protected": ({}, {"protect": True}, []),
    "removal": ({"onRemoval": "Retain"}, {}, ["onRemoval"]),
    "retained": ({"onRemoval": "Delete"}, {"onRemoval": "Cancel"}, []),
    "change": ({"onChange": "Manual"}, {"onChange": "AfterCompletion"}, ["onChange"]),
    "restart": ({}, {"restartPolicy": "Always"}, ["restartPolicy"]),
    "backoff": ({}, {"backoffLimit": 9}, ["backoffLimit"]),
    "cooldown": ({"cooldown": 60}, {"cooldown": 6}, ["cooldown"]),
    "history": ({}, {"historyLimit": 9}, ["historyLimit"]),
    "longer-history": ({"historyLimit": 1}, {"historyLimit": 2}, []),
    "ignored": (
        {"ignoreChanges": ["spec.env"]},
        {"ignoreChanges": ["spec.args", "spec.env"]},
        ["ignoreChanges"],
    ),
    "not-ignored": ({"ignoreChanges": ["spec.env"]}, {}, []),
}


@pytest.mark.parametrize("case", LIFECYCLES.values(), ids=LIFECYCLES.keys())
def test_a_guard_of_a_task(case: tuple[dict[str, Any], dict[str, Any], list[str]]) -> None:
    before, after, expected = case
    found = of_tasks([task("a", **before)], [task("a", **after)])
    assert [one.guard for one in found] == expected
    renamed = task("b", **after, previousNames=["a"])
    assert [one.guard for one in of_tasks([task("a", **before)], [renamed])] == expected


def test_a_protected_task_that_is_gone_is_reported() -> None:
    (found,) = of_tasks([task("a", protect=True), task("b")], [])
    assert (found.guard, found.where, found.after) == ("protect", "task a", None)


def project(name: str = "demo", **spec: Any) -> Any:
    document = {"apiVersion": "jobspec/v1", "kind": "Project", "metadata": {"name": name}, "spec": spec}
    ProjectDocument.model_validate(document)
    return guards_of(document)


LOCAL = {"kind": "local"}
VOLC = {"kind": "volcengine"}
KNOWN = {"task": "a", "field": "metadata.tags", "observed": ["x"], "reason": "why", "until": "2026-12-31"}
PROJECTS: dict[str, tuple[Any, Any, list[str]]] = {
    "same": (project(), project(), []),
    "limit": (
        project(limits={"maxRemovals": "30%"}),
        project(limits={"maxRemovals": "31%"}),
        ["limits.maxRemovals"],
    ),
    "lower": (project(limits={"maxRemovals": 5}), project(limits={"maxRemovals": 4}), []),
    "incomparable": (
        project(limits={"maxRemovals": "30%"}),
        project(limits={"maxRemovals": 2}),
        ["limits.maxRemovals"],
    ),
    "zero": (project(limits={"maxRemovals": "30%"}), project(limits={"maxRemovals": 0}), []),
    "no-limit": (project(limits={"maxSubmits": 5}), project(), ["limits.maxSubmits"]),
    "gone-limit": (project(limits={"maxLostReplicaHours": 1}), project(), ["limits.maxLostReplicaHours"]),
    "of-environment": (
        project(environments={"prod": {"limits": {"maxReruns": 0}}}),
        project(environments={"prod": {}}),
        ["limits.maxReruns"],
    ),
    "environment": (project(environments={"prod": {}}), project(), ["environments"]),
    "new-local-environment": (
        project(platform=VOLC),
        project(platform=VOLC, environments={"prod": {"platform": LOCAL}}),
        ["platform.kind"],
    ),
    "endpoint": (
        project(platform=VOLC),
        project(platform={**VOLC, "endpoint": "https://x"}),
        ["platform.endpoint"],
    ),
    "lag": (project(platform=VOLC), project(platform={**VOLC, "listLag": 0}), ["platform.listLag"]),
    "more-lag": (project(platform=VOLC), project(platform={**VOLC, "listLag": 90}), []),
    "manifests": (project(manifests=["a/*"]), project(manifests=["a/*", "!a/b*"]), ["manifests"]),
    "default": (
        project(environments={"a": {}}),
        project(environments={"a": {}}, defaultEnvironment="a"),
        ["defaultEnvironment"],
    ),
    "required": (project(environmentRequired=True), project(), ["environmentRequired"]),
    "name": (project("a"), project("b"), ["metadata.name"]),
    "gpu-hours": (
        project(limits={"maxSubmitGpuHours": 5}),
        project(limits={"maxSubmitGpuHours": 6}),
        ["limits.maxSubmitGpuHours"],
    ),
    "preflight": (project(preflight="strict"), project(), ["preflight"]),
    "no-preflight": (project(), project(preflight="off"), ["preflight"]),
    "stricter": (project(preflight="off"), project(preflight="strict"), []),
    "preflight-of-environment": (
        project(preflight="strict", environments={"prod": {}}),
        project(preflight="strict", environments={"prod": {"preflight": "normal"}}),
        ["preflight"],
    ),
    "fewer-gpus": (
        project(flavors={"ml.g": {"gpus": 8}}),
        project(flavors={"ml.g": {"gpus": 1}}),
        ["flavors.ml.g.gpus"],
    ),
    "more-gpus": (project(flavors={"ml.g": {"gpus": 1}}), project(flavors={"ml.g": {"gpus": 8}}), []),
    "new-flavor": (project(), project(flavors={"ml.g": {"gpus": 0}}), ["flavors.ml.g.gpus"]),
    "no-flavor": (project(flavors={"ml.g": {"gpus": 1}}), project(), []),
    "acknowledged": (project(), project(acknowledge=[KNOWN]), ["acknowledge"]),
    "acknowledged-longer": (
        project(acknowledge=[KNOWN]),
        project(acknowledge=[KNOWN | {"until": "2027-01-01"}]),
        ["acknowledge"],
    ),
    "acknowledged-in-one-environment": (
        project(environments={"prod": {}}),
        project(environments={"prod": {"acknowledge": [KNOWN]}}),
        ["acknowledge"],
    ),
    "acknowledged-for-another-reason": (
        project(acknowledge=[KNOWN]),
        project(acknowledge=[KNOWN | {"reason": "other", "until": "2026-01-01"}]),
        [],
    ),
    "no-longer-acknowledged": (project(acknowledge=[KNOWN]), project(), []),
}


@pytest.mark.parametrize("case", PROJECTS.values(), ids=PROJECTS.keys())
def test_a_guard_of_a_project(case: tuple[Any, Any, list[str]]) -> None:
    before, after, expected = case
    assert [one.guard for one in of_projects(before, after)] == expected


@pytest.mark.parametrize(
    ("keep", "lifecycle", "expected"),
    [
        (Keep.PROTECT, {}, ["protect"]),
        (Keep.PROTECT, {"protect": True}, []),
        (Keep.RETAIN, {}, ["onRemoval"]),
        (Keep.RETAIN, {"onRemoval": "Retain"}, []),
        (Keep.CANCEL, {"onRemoval": "Delete"}, ["onRemoval"]),
        (Keep.CANCEL, {}, []),
        (Keep.DELETE, {}, []),
    ],
)
def test_the_tags_of_a_run_record_the_earlier_guards(
    keep: Keep, lifecycle: dict[str, Any], expected: list[str]
) -> None:
    declared = task("a", **lifecycle)
    live = run(declared, "Running", keep=keep)
    assert [one.guard for one in of_tags(SCOPE, [declared], [live])] == expected
    assert all(one.run == live.id for one in of_tags(SCOPE, [declared], [live]))


def _set(max_active: int | None, max_failed: int | None, on_max_failed: Any = "Continue") -> SetRules:
    return SetRules("sweep", (), PLACE, max_active, max_failed, on_max_failed)


@pytest.mark.parametrize(
    ("before", "after", "guards"),
    [
        (_set(2, 3), _set(2, 3), []),
        (_set(2, 3), _set(1, 1), []),
        (_set(None, None), _set(2, 3), []),
        (_set(2, 3), _set(20, None), ["maxActive", "maxFailed"]),
        (_set(2, 3), _set(2, 3, "Cancel"), ["onMaxFailed"]),
        (_set(2, 3, "Cancel"), _set(2, 3), []),
    ],
)
def test_looser_limits_of_a_set_are_shown(before: SetRules, after: SetRules, guards: list[str]) -> None:
    assert [one.guard for one in of_sets([before], [after])] == guards
    assert list(of_sets([], [after])) == []
