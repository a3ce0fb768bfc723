"""The lifecycle of a task: retries, suspension, removal, protection, limits, cancel, destroy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local.calls import until
from tests.processes import PATIENCE
from tests.projects import FOREVER, new_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.projects import Project


def test_a_failure_is_retried_by_later_applies_until_the_backoff_limit(project: Project) -> None:
    project.declare("train", "exit 3", lifecycle="restartPolicy: OnFailure, backoffLimit: 1")
    project.apply()
    project.until_state("train", "Failed")
    assert "retry: 1 of 1" in project.apply().out
    project.until_state("train", "Failed")
    out = project.apply().out
    assert "train  failed" in out
    assert "`backoffLimit` 1 is exhausted" in out
    assert [run["State"] for run in project.runs("train")] == ["Failed", "Failed"]


def test_a_failure_is_not_retried_by_default(project: Project) -> None:
    project.declare("train", "exit 3")
    out = project.apply("--wait", exits=1).out
    assert "✗ train failed" in out
    assert "next: see the log: jobspec logs train" in out
    project.apply()
    assert len(project.runs("train")) == 1


def test_a_suspended_run_is_cancelled_and_resumed_when_lifted(project: Project) -> None:
    project.declare("train", FOREVER, lifecycle="suspend: false")
    project.apply()
    project.edit("tasks/train.yaml", "suspend: false", "suspend: true")
    project.apply()
    project.until_state("train", "Cancelled")
    project.edit("tasks/train.yaml", "suspend: true", "suspend: false")
    assert "resumed" in project.apply().out
    project.until_state("train", "Running")
    assert len(project.runs("train")) == 2


@pytest.fixture(scope="module")
def removed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Three tasks were submitted; the manifests of two are gone."""
    with new_project(tmp_path_factory.mktemp("removed")) as project:
        project.declare("stays", FOREVER)
        project.declare("deleted", FOREVER, lifecycle="onRemoval: Delete")
        project.declare("retained", FOREVER, lifecycle="onRemoval: Retain")
        project.apply()
        project.remove("deleted")
        project.remove("retained")
        project.apply()
        yield project


def test_on_removal_delete_cancels_the_run_and_deletes_its_record(removed: Project) -> None:
    assert removed.runs("deleted") == []


def test_on_removal_retain_leaves_the_run_alone(removed: Project) -> None:
    assert removed.until_state("retained", "Running")["Tags"].count("jobspec-keep_retain") == 1


def test_a_protected_run_is_not_replaced(project: Project) -> None:
    project.declare("train", FOREVER, lifecycle="protect: true")
    project.apply()
    before = project.until_state("train", "Running")
    project.edit("tasks/train.yaml", "sleep 60", "sleep 50")
    ended = project.apply(exits=3)
    assert "error[JS404]: `train` is protected" in ended.err
    assert "lifecycle.protect: false" in ended.err
    assert project.runs() == [before]


def test_a_protected_run_is_not_removed_with_its_manifest(project: Project) -> None:
    project.declare("stays")
    project.declare("train", FOREVER, lifecycle="protect: true")
    project.apply()
    project.remove("train")
    assert "JS404" in project.apply(exits=3).err
    project.until_state("train", "Running")


def test_limits_refuse_until_they_are_forced_by_name(project: Project) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  limits: {maxReplacements: 0}\n  defaults:")
    project.declare("train", FOREVER)
    project.apply()
    before = project.until_state("train", "Running")
    project.edit("tasks/train.yaml", "sleep 60", "sleep 50")
    ended = project.apply(exits=3)
    assert "error[JS402]: " in ended.err
    assert "--force limits" in ended.err
    assert project.runs() == [before]
    project.apply("--force", "limits")
    assert len(project.runs("train")) == 2


def test_removals_beyond_the_limit_are_refused(project: Project) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  limits: {maxRemovals: 0}\n  defaults:")
    project.declare("stays")
    project.declare("goes", FOREVER)
    project.apply()
    project.remove("goes")
    assert "error[JS401]: " in project.apply(exits=3).err
    project.until_state("goes", "Running")


def test_without_any_manifest_nothing_is_removed(project: Project) -> None:
    project.declare("train", FOREVER)
    project.apply()
    before = project.until_state("train", "Running")
    project.remove("train")
    assert "error[JS405]" in project.apply("--force", "limits", exits=3).err
    assert project.runs() == [before]


def test_a_cancelled_task_stays_cancelled_until_rerun_changes(project: Project) -> None:
    project.declare("train", FOREVER)
    project.apply()
    project.run("cancel", "train", "--yes")
    assert "jobspec-stop_user" in project.until_state("train", "Cancelled")["Tags"]
    assert "cancelled-outside" in project.apply().out
    assert len(project.runs("train")) == 1
    project.declare("train", FOREVER, lifecycle="rerun: again")
    project.apply()
    assert len(project.runs("train")) == 2


def test_beside_an_unmanaged_twin_nothing_is_submitted_until_it_is_allowed(project: Project) -> None:
    project.declare("train", FOREVER)
    project.submit_unmanaged("train", FOREVER)
    assert "! skipped[JS407]: submit train" in project.apply(exits=3).out
    assert len(project.runs("train")) == 1
    project.apply("--allow-twin")
    assert len(project.runs("train")) == 2


def test_a_task_that_exceeds_the_local_slots_says_how_to_raise_them(project: Project) -> None:
    project.declare("train")
    project.edit("jobspec.yaml", "replicas: 1", "replicas: 900")
    out = project.apply(exits=1).out
    assert "✗ failed[JS520]: submit train" in out
    assert "\n  help: reduce `replicas`, or raise `platform.slots`" in out


def test_destroy_empties_the_scope(project: Project) -> None:
    project.declare("active", FOREVER)
    project.declare("finished")
    project.apply()
    project.until_state("finished", "Success")
    project.run("destroy", "--yes")
    assert project.runs() == []


def test_an_environment_is_a_scope_of_its_own(project: Project) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  environments: {prod: {}}\n  defaults:")
    project.declare("train", FOREVER)
    project.apply()
    project.apply("-e", "prod")
    assert [scope_of(run) for run in project.runs("train")] == ["demo", "demo/prod"]
    project.run("destroy", "--yes", "-e", "prod")
    assert scope_of(project.only_run("train")) == "demo"


def scope_of(run: dict[str, list[str]]) -> str:
    """The scope that the tag of a run stands for, of the two that the test has."""
    [tag] = [tag for tag in run["Tags"] if tag.startswith("jobspec-scope_")]
    return "demo/prod" if "prod" in tag else "demo"


@pytest.mark.parametrize(
    ("mode", "states"),
    [
        ("same-id", ["Success"]),
        ("new-id-with-tags", ["Failed", "Success"]),
        ("new-id-without-tags", ["Failed", "Success"]),
    ],
)
def test_the_project_says_how_its_platform_retries(project: Project, mode: str, states: list[str]) -> None:
    text = (project.root / "jobspec.yaml").read_text()
    (project.root / "jobspec.yaml").write_text(f"{text}  platform: {{kind: local, retryMode: {mode}}}\n")
    retry = "retry: {enabled: true, maxTimes: 1, interval: 0s, on: [Failed]}"
    project.declare("flaky", "[ -e tried ] || { touch tried; exit 1; }", spec=retry)
    project.apply()
    until(lambda: [run["State"] for run in project.runs("flaky")] == states, seconds=PATIENCE)
    tags = {bool(run["Tags"]) for run in project.runs("flaky")}
    assert tags == ({True, False} if mode == "new-id-without-tags" else {True})
