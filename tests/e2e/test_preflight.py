"""What plan and apply find out before a run queues for hours, on a platform with an inventory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes import PATIENCE, line_with
from tests.projects import FOREVER, UNTIL_GO

if TYPE_CHECKING:
    from pathlib import Path

    from tests.projects import Project

CLUSTER: dict[str, Any] = {
    "queues": [
        {
            "Id": "q-1",
            "Name": "research",
            "ZoneId": "zone-a",
            "QuotaCapability": {"GPUResources": {"A100": 24}},
            "QuotaAllocated": {"GPUResources": {"A100": 16}},
        },
        {"Id": "q-closed", "State": "Closed", "ZoneId": "zone-a"},
    ],
    "flavors": [
        {"Id": "ml.g8", "GPUType": "A100", "GPUNum": 8, "Zones": ["zone-a"]},
        {"Id": "ml.old", "Deprecated": True, "Zones": ["zone-a"]},
    ],
    "mounts": [{"VepfsId": "vepfs-1", "ReadWriteDirectories": ["/team"], "ReadOnlyDirectories": ["/public"]}],
}
GPUS = "resourceQueue: q-1\nactiveDeadline: 10h\nroles: [{name: worker, replicas: %d, flavor: ml.g8}]"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "inventory.json"
    file.write_text(json.dumps(CLUSTER), encoding="utf-8")
    return {"JOBSPEC_LOCAL_INVENTORY": str(file), "JOBSPEC_LOCAL_SLOTS": "100"}


def statuses(view: dict[str, Any]) -> dict[str, str]:
    return {one["subject"]: one["status"] for one in view["preflight"]["facts"]}


def test_what_was_verified_is_shown_and_does_not_stop_apply(
    project: Project, environ: dict[str, str]
) -> None:
    project.declare("train", spec=GPUS % 1)
    view = project.run("plan", "-o", "json", environ=environ).json
    assert statuses(view) == {
        "queue q-1": "verified",
        "flavor ml.g8 in queue q-1": "verified",
        "quota of queue q-1": "verified",
    }
    assert view["preflight"]["read"]
    assert "use of q-1: up to 80 GPU-hours for new runs" in project.run("plan", environ=environ).out
    project.apply(environ=environ)


def test_a_run_that_will_queue_is_a_note(project: Project, environ: dict[str, str]) -> None:
    project.declare("train", spec=GPUS % 2)
    out = project.apply(environ=environ).out
    assert "note: quota of queue q-1: will queue: 8 of 24 A100 free, 16 needed (train)" in out


def test_a_task_that_exceeds_the_whole_quota_is_a_warning_and_in_a_strict_project_an_error(
    project: Project, environ: dict[str, str]
) -> None:
    project.declare("train", spec=GPUS % 4)
    assert "warning[JS445]: quota of queue q-1" in project.run("plan", environ=environ).out
    project.edit("jobspec.yaml", "  defaults:", "  preflight: strict\n  defaults:")
    assert "refused[JS445]: quota of queue q-1" in project.run("plan", environ=environ).out
    assert "JS445" in project.apply(exits=3, environ=environ).err
    assert project.runs() == []
    project.apply("--force", "preflight", environ=environ)
    assert len(project.runs("train")) == 1


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("resourceQueue: q-none", "JS443"),
        ("resourceQueue: q-closed", "JS443"),
        ("resourceQueue: q-1\nroles: [{name: worker, replicas: 1, flavor: ml.old}]", "JS444"),
        ("resourceQueue: q-1\nroles: [{name: worker, replicas: 1, flavor: ml.none}]", "JS444"),
        ("roles: [{name: worker, replicas: 1, flavor: ml.none}]", "JS444"),
        (
            f"{GPUS % 1}\nstorages: [{{type: Vepfs, vepfsId: vepfs-1, subPath: public, mountPath: /d}}]",
            "JS446",
        ),
    ],
)
def test_a_refused_fact_refuses_apply_but_not_plan(
    project: Project, environ: dict[str, str], spec: str, code: str
) -> None:
    project.declare("train", spec=spec)
    assert f"refused[{code}]" in project.run("plan", environ=environ).out
    refused = project.apply(exits=3, environ=environ).err
    assert f"error[{code}]" in refused
    assert "--force preflight" in refused
    assert project.runs() == []


def test_no_preflight_asks_for_nothing(project: Project, environ: dict[str, str]) -> None:
    project.declare("train", spec="resourceQueue: q-closed")
    ended = project.run("--debug", "plan", "--no-preflight", environ=environ)
    assert "refused" not in ended.out
    assert "GetResourceQueue" not in ended.err
    assert "ListFlavors" not in ended.err


def test_a_project_can_switch_it_off(project: Project, environ: dict[str, str]) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  preflight: off\n  defaults:")
    project.declare("train", spec="resourceQueue: q-closed")
    assert "GetResourceQueue" not in project.run("--debug", "plan", environ=environ).err


def test_a_plan_without_changes_asks_for_nothing(project: Project, environ: dict[str, str]) -> None:
    project.declare("train", FOREVER, spec=GPUS % 1)
    project.apply(environ=environ)
    ended = project.run("--debug", "plan", environ=environ)
    assert "nothing to do" in ended.out
    for action in ("Queue", "Flavor", "Mount"):
        assert action not in ended.err


def test_a_platform_without_the_actions_is_not_checked_and_applies(project: Project) -> None:
    project.declare("train", spec="resourceQueue: q-1")
    out = project.apply(environ={"JOBSPEC_LOCAL_OPTIONAL_ACTIONS": "off"}).out
    assert "not checked: queue q-1: the platform does not offer `GetResourceQueue`" in out
    assert len(project.runs("train")) == 1


def test_without_an_inventory_the_local_platform_refuses_no_queue_and_no_flavor(project: Project) -> None:
    project.declare("train", spec="resourceQueue: q-any\nroles: [{name: w, replicas: 1, flavor: ml.any}]")
    assert "verified: queue q-any, flavor ml.any in queue q-any" in project.apply().out


def test_facts_are_in_no_saved_plan_and_change_no_digest(
    project: Project, environ: dict[str, str], tmp_path: Path
) -> None:
    project.declare("train", spec=GPUS % 2)
    project.run("plan", "-o", "plan.json", "--preflight-into", "facts.json", environ=environ)
    saved = (project.root / "plan.json").read_text(encoding="utf-8")
    for word in ("preflight", "usage", "verified", "GPU"):
        assert word not in saved
    assert statuses(json.loads((project.root / "facts.json").read_text(encoding="utf-8")))
    whole = project.run("plan", "-o", "json", environ=environ).json
    quiet = project.run("plan", "-o", "json", "--no-preflight", environ=environ).json
    assert whole["digest"] == quiet["digest"] == json.loads(saved)["digest"]
    project.run("plan", "-o", "again.json", "--no-preflight", environ=environ)
    assert (project.root / "again.json").read_text(encoding="utf-8") == saved
    project.run("apply", "plan.json", "--yes", environ=environ)


def test_gpu_hours_are_limited(project: Project, environ: dict[str, str]) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  limits: {maxSubmitGpuHours: 100}\n  defaults:")
    project.declare("train", spec=GPUS % 2)
    refused = project.apply(exits=3, environ=environ).err
    assert (
        "error[JS447]: new runs may use up to 160 GPU-hours until their deadlines; the limit is 100"
        in refused
    )
    project.apply("--force", "limits", environ=environ)


def test_later_rounds_are_limited_too_and_read_no_other_facts(
    project: Project, environ: dict[str, str]
) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  limits: {maxSubmitGpuHours: 100}\n  defaults:")
    retried = "restartPolicy: OnFailure, backoffLimit: 1"
    project.declare("train", "exit 3", spec=GPUS % 1, lifecycle=retried)
    ended = project.run("--debug", "apply", "--yes", "--wait", environ=environ, exits=3)
    assert "error[JS447]: new runs may use up to 160 GPU-hours" in ended.err
    assert len(project.runs("train")) == 1
    assert ended.err.count("GetResourceQueue") == ended.err.count("ListFlavorsV2") > 0


def test_a_later_round_reads_no_facts(project: Project, environ: dict[str, str]) -> None:
    project.declare("train", UNTIL_GO, spec=GPUS % 1, lifecycle="onChange: AfterCompletion")
    project.apply("--no-preflight", environ=environ)
    project.until_state("train", "Running")
    project.declare("train", "true", spec=GPUS % 1, lifecycle="onChange: AfterCompletion")
    with project.running("--debug", "apply", "--yes", "--wait", environ=environ) as apply:
        before = line_with("train: running", apply.stderr)
        project.let_go()
        _, after = apply.communicate(timeout=PATIENCE)
    assert apply.returncode == 0, after
    assert len(project.runs("train")) == 2
    assert "GetResourceQueue" not in f"{before}{after}"


def test_a_limit_of_gpu_hours_refuses_an_unknown_flavor_until_a_table_tells_it(project: Project) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  limits: {maxSubmitGpuHours: 100}\n  defaults:")
    project.declare("train", spec="activeDeadline: 10h")
    refused = project.apply("--no-preflight", exits=3).err
    assert "JS447" in refused
    assert "`ml.g1e.large`" in refused
    project.write("../home/.config/jobspec/config.yaml", "flavors: {ml.g1e.large: {gpus: 1}}")
    out = project.run("plan", "--no-preflight").out
    assert "use of default: up to 10 GPU-hours for new runs" in out
    project.edit("jobspec.yaml", "  defaults:", "  flavors: {ml.g1e.large: {gpus: 16}}\n  defaults:")
    assert "up to 10 GPU-hours" in project.run("plan", "--no-preflight").out
    project.write("../home/.config/jobspec/config.yaml", "{}")
    assert "JS447" in project.apply("--no-preflight", exits=3).err


def test_a_checkout_cannot_lower_the_gpus_that_the_user_configured(project: Project) -> None:
    project.edit(
        "jobspec.yaml",
        "  defaults:",
        "  limits: {maxSubmitGpuHours: 10}\n  flavors: {ml.g1e.large: {gpus: 0}}\n  defaults:",
    )
    project.declare("train", spec="activeDeadline: 10h")
    project.write("../home/.config/jobspec/config.yaml", "flavors: {ml.g1e.large: {gpus: 8}}")
    assert "JS447" in project.apply("--no-preflight", exits=3).err


def test_what_a_stop_throws_away_is_counted_in_gpu_hours(project: Project, environ: dict[str, str]) -> None:
    project.declare("train", FOREVER, spec=GPUS % 1)
    project.apply("--wait", "running", environ=environ)
    project.remove("train")
    out = project.run("plan", environ=environ).out
    assert "on 1 replica: 0." in out
    assert "GPU-hours are lost" in out


@pytest.mark.parametrize("output", ["text", "markdown", "html", "json"])
def test_every_format_shows_facts_and_gpu_hours(
    project: Project, environ: dict[str, str], output: str
) -> None:
    project.declare("train", spec=GPUS % 2)
    out = project.run("plan", "-o", output, environ=environ).out
    assert "8 of 24 A100 free, 16 needed" in out
    assert "160" in out


def test_the_comment_of_a_ci_job_shows_the_facts(project: Project, environ: dict[str, str]) -> None:
    project.declare("train", spec=GPUS % 2)
    project.run("ci", "plan", environ=environ)
    report = next(project.root.rglob("report.md")).read_text(encoding="utf-8")
    assert "8 of 24 A100 free, 16 needed" in report


def test_the_result_of_apply_contains_the_facts(project: Project, environ: dict[str, str]) -> None:
    project.declare("train", spec=GPUS % 2)
    assert statuses(project.apply("-o", "json", environ=environ).json)["quota of queue q-1"] == "note"
