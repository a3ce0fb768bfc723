"""The template for GitLab: its very scripts, run with bash against a served platform and a code host."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from tests.allowed import allow_endpoint
from tests.ci.code_host import TOKEN, CodeHost
from tests.ci.runner import ROOT, bare_environ, read
from tests.processes import serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.ci.conftest import Checkout

pytestmark = pytest.mark.delivery

KEYS = {"VOLC_ACCESSKEY": "AKLT-of-gitlab", "VOLC_SECRETKEY": "secret-of-gitlab"}
INSTALL = ('JOBSPEC_VENV="$(mktemp -d)"', "python3 -I -m venv", '"$JOBSPEC_VENV/bin/python" -I -m pip')
TEMPLATE = read(ROOT / "templates" / "jobspec.gitlab-ci.yml")


def installed(script: str) -> str:
    """The script with the Python of this test in place of the one that it installs."""
    lines = [line for line in script.splitlines() if not line.strip().startswith(INSTALL)]
    assert len(script.splitlines()) - len(lines) == len(INSTALL)
    return "\n".join([f"JOBSPEC_VENV={sys.prefix}", *lines])


class Pipeline:
    """A checkout on a served platform, and the jobs of the template."""

    def __init__(self, checkout: Checkout, environ: dict[str, str]) -> None:
        self.checkout = checkout
        self.environ = environ

    @property
    def folder(self) -> Path:
        return self.checkout.project.root / "jobspec-ci"

    def merge_request(self, base: str, *, source: str = "42") -> dict[str, str]:
        return {
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_PROJECT_ID": "42",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": source,
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
        }

    def run(self, job: str, more: Mapping[str, str], code: int = 0) -> str:
        """Run a job's scripts in one shell, as GitLab's runner does; return what it prints."""
        base, own = TEMPLATE[".jobspec"], TEMPLATE[job]
        script = installed("\n".join([*base["before_script"], *own["script"]]))
        variables = {**TEMPLATE["variables"], **base["variables"], **self.environ, **more}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.checkout.project.root, env=variables, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def dotenv(self) -> dict[str, str]:
        lines = (self.folder / "outputs.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def pipeline(checkout: Checkout, host: CodeHost, tmp_path: Path) -> Iterator[Pipeline]:
    project = checkout.project
    served = tmp_path / "served"
    served.mkdir()
    with serving(served, kept=project.kept, environ=project.environ(KEYS)) as server:
        platform = f"  platform: {{kind: local, endpoint: {server.url}}}\n"
        project.edit("jobspec.yaml", "  defaults:", f"{platform}  defaults:")
        allow_endpoint(project.home, server.url)
        project.declare("one", "exit 0")
        project.write("ci/jobspec.lock", "")
        checkout.commit("one")
        environ = {
            **bare_environ(project.home),
            **project.environ(KEYS),
            "GITLAB_CI": "true",
            "CI_PROJECT_ID": "42",
            "CI_PROJECT_DIR": str(project.root),
            "CI_PIPELINE_ID": "100",
            "CI_JOB_ID": "1000",
            "CI_API_V4_URL": host.address,
        }
        yield Pipeline(checkout, environ)


def test_a_merge_request_gets_one_note_that_is_updated(pipeline: Pipeline, host: CodeHost) -> None:
    base = pipeline.checkout.git("rev-parse", "HEAD")
    pipeline.checkout.project.declare("two", "exit 0")
    request = {**pipeline.merge_request(base), "JOBSPEC_COMMENT_TOKEN": TOKEN}
    host.person = "project_42_bot"
    pipeline.run("jobspec-plan", request)
    pipeline.run("jobspec-plan", {**request, "CI_PIPELINE_ID": "101"})
    [note] = host.bodies(host.person)
    assert "`two`" in note


def test_without_a_token_the_report_is_an_artifact_and_the_log_says_so(
    pipeline: Pipeline, host: CodeHost
) -> None:
    told = pipeline.run("jobspec-plan", pipeline.merge_request(pipeline.checkout.git("rev-parse", "HEAD")))
    assert "project access token" in told
    assert "`one`" in (pipeline.folder / "report.md").read_text()
    assert host.requests == []


def test_the_digest_goes_from_the_plan_to_the_apply(pipeline: Pipeline) -> None:
    push = {"CI_PIPELINE_SOURCE": "push"}
    pipeline.run("jobspec-plan", push)
    digest = {"JOBSPEC_DIGEST": pipeline.dotenv()["JOBSPEC_DIGEST"]}
    pipeline.run("jobspec-apply", push | digest)
    assert pipeline.dotenv()["JOBSPEC_CHANGES"] == "1"
    pipeline.run("jobspec-apply", push | digest, code=3)
    pipeline.run("jobspec-apply", push | {"JOBSPEC_DIGEST": ""}, code=1)


def test_validate_writes_both_reports(pipeline: Pipeline) -> None:
    broken = "apiVersion: jobspec/v1\nkind: Task\nmetadata: {name: 中文 & <x>}\nspec: {}\n"
    pipeline.checkout.project.write("tasks/broken.yaml", broken)
    pipeline.run("jobspec-validate", {}, code=1)
    entries: list[dict[str, Any]] = json.loads((pipeline.folder / "gl-code-quality-report.json").read_text())
    assert {one["location"]["path"] for one in entries} == {"tasks/broken.yaml"}
    root = ElementTree.fromstring((pipeline.folder / "junit.xml").read_text())
    assert len(root.findall(".//failure")) == len(entries)


def test_a_valid_project_has_reports_without_problems(pipeline: Pipeline) -> None:
    pipeline.run("jobspec-validate", {})
    assert json.loads((pipeline.folder / "gl-code-quality-report.json").read_text()) == []
    assert (
        len(ElementTree.fromstring((pipeline.folder / "junit.xml").read_text()).findall(".//testcase")) == 1
    )


def test_a_drift_check_writes_its_report_for_the_page_of_the_pipeline(pipeline: Pipeline) -> None:
    pipeline.run("jobspec-drift", {"CI_PIPELINE_SOURCE": "schedule"}, code=2)
    root = ElementTree.fromstring((pipeline.folder / "junit.xml").read_text())
    assert root.findall(".//testcase")
    assert pipeline.dotenv()["JOBSPEC_CHANGES"] == "1"


def test_a_fork_in_the_pipeline_of_the_target_gets_nothing(pipeline: Pipeline, host: CodeHost) -> None:
    base = pipeline.checkout.git("rev-parse", "HEAD")
    told = pipeline.run("jobspec-plan", pipeline.merge_request(base, source="43"), code=1)
    assert "JS427" in told
    assert host.requests == []


def test_a_folder_of_the_checkout_that_is_a_link_is_refused(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.folder.symlink_to(tmp_path)
    pipeline.run("jobspec-plan", {}, code=1)
    assert not (tmp_path / "plan.json").exists()


def test_two_applies_are_kept_apart_and_only_plans_are_cancelled() -> None:
    apply = TEMPLATE["jobspec-apply"]
    assert apply["resource_group"]
    assert apply["interruptible"] is False
    assert TEMPLATE["jobspec-plan"]["interruptible"] is True


def test_only_an_apply_gets_the_keys_that_may_submit() -> None:
    """Keys belong to environments: a job of a merge request must not name the one that writes."""
    environments = {
        name: TEMPLATE[name].get("environment") for name in TEMPLATE if name.startswith("jobspec-")
    }
    read_only = {"name": "jobspec-read", "action": "access"}
    assert environments == {
        "jobspec-validate": None,
        "jobspec-plan": read_only,
        "jobspec-drift": read_only,
        "jobspec-apply": {"name": "jobspec-write"},
    }


def test_a_note_that_cannot_be_written_names_the_file_with_the_report(
    pipeline: Pipeline, host: CodeHost
) -> None:
    host.person, host.refuses = "bot", 403
    request = pipeline.merge_request(pipeline.checkout.git("rev-parse", "HEAD"))
    told = pipeline.run("jobspec-plan", {**request, "JOBSPEC_COMMENT_TOKEN": TOKEN})
    assert "the token lacks the permission (HTTP 403); `jobspec-ci/report.md` has the report" in told


def test_the_lock_of_the_target_branch_counts(pipeline: Pipeline, tmp_path: Path) -> None:
    """A merge request that changes the lock cannot choose what is installed while keys are there."""
    origin = tmp_path / "origin"
    pipeline.checkout.git("clone", "--quiet", "--bare", ".", str(origin))
    pipeline.checkout.git("remote", "add", "origin", str(origin))
    pipeline.checkout.project.write("ci/jobspec.lock", "evil==1\n")
    script = installed("\n".join([*TEMPLATE[".jobspec"]["before_script"], 'cat -- "$lock"']))
    environ = {**TEMPLATE["variables"], **pipeline.environ, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script], cwd=pipeline.checkout.project.root, env=environ,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == ""
