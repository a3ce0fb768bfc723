"""docs/ci.md, followed from a bare repository: its very files and commands."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from tests.allowed import allow_endpoint
from tests.ci.code_host import TOKEN, CodeHost
from tests.ci.runner import ROOT, Action, Result, bare_environ, read
from tests.ci.test_files import output
from tests.ci.test_gitlab import installed
from tests.processes import serving
from tests.projects import new_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.projects import Project

pytestmark = pytest.mark.delivery

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
KEYS = {"VOLC_ACCESSKEY": "AKLT-of-the-page", "VOLC_SECRETKEY": "secret-of-the-page"}


def block(language: str, holding: str) -> str:
    [found] = [one for one in re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S) if holding in one]
    return str(found)


def indented_block(language: str, holding: str) -> str:
    """A block in an item of a list."""
    found = re.findall(rf"^ +```{language}\n(.*?)^ +```", PAGE, re.M | re.S)
    [one] = [one for one in found if holding in one]
    return str(one)


WORKFLOW = block("yaml", "jobs:")
JOBS: dict[str, Any] = YAML(typ="safe").load(io.StringIO(WORKFLOW))["jobs"]


def test_the_workflow_has_the_published_schema_and_an_audit_finds_nothing(tmp_path: Path) -> None:
    file = tmp_path / ".github" / "workflows" / "jobspec.yml"
    file.parent.mkdir(parents=True)
    file.write_text(WORKFLOW)
    checked = output("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(file))
    assert checked.returncode == 0, checked.stdout
    audited = output("zizmor", "--offline", "--persona=pedantic", "--no-progress", str(tmp_path))
    assert audited.returncode == 0, audited.stdout + audited.stderr


class Repository:
    """A bare repository, a clone in which people work, and the jobs of the page's workflow."""

    def __init__(self, project: Project, host: CodeHost, folder: Path) -> None:
        self.project = project
        self.host = host
        self.folder = folder
        self.bare = folder / "bare.git"
        self.jobs = 0
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", str(self.bare))

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        identity = ("-c", "user.name=ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=cwd or self.project.root,
            env=bare_environ(self.project.home), check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    def push(self, message: str, branch: str = "main") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)
        self.git("push", "--quiet", "origin", f"HEAD:{branch}")
        return self.git("rev-parse", "HEAD")

    def clone(self, name: str, branch: str) -> Path:
        """A checkout of a branch, with the whole history."""
        self.git("clone", "--quiet", "--branch", branch, str(self.bare), str(self.folder / name))
        return self.folder / name

    def merged_by_the_host(self, branch: str) -> str:
        """What GitHub checks out for a pull request: a merge of the head into the base's newest commit."""
        self.git("switch", "--quiet", "--detach", "origin/main")
        self.git("merge", "--quiet", "--no-ff", "-m", "merge", branch)
        merge = self.git("rev-parse", "HEAD")
        self.git("push", "--quiet", "origin", f"{merge}:refs/pull/7/merge")
        self.git("switch", "--quiet", branch)
        return merge

    def job(self, name: str, event: tuple[str, dict[str, Any]], sha: str, digest: str = "") -> Result:
        """Run the steps of a job: a checkout of its own, then the action with the inputs of the page."""
        self.jobs += 1
        work = self.folder / f"job-{self.jobs}"
        workspace = work / "workspace"
        workspace.mkdir(parents=True)
        (work / "event.json").write_text(json.dumps(event[1]))
        checkout, action = JOBS[name]["steps"]
        depth = checkout["with"].get("fetch-depth", 1)
        self.git("init", "--quiet", cwd=workspace)
        address = f"file://{self.bare}"  # a path would ignore the depth
        limit = (f"--depth={depth}",) if depth else ()
        refs = ("+refs/heads/*:refs/remotes/origin/*",) if not depth else ()
        self.git("fetch", "--quiet", *limit, address, sha, *refs, cwd=workspace)
        self.git("checkout", "--quiet", "--detach", sha, cwd=workspace)
        environ = {
            **bare_environ(self.project.home), **self.project.environ(KEYS),
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/train", "GITHUB_API_URL": self.host.address,
            "GITHUB_SHA": sha, "GITHUB_RUN_ID": str(100 + self.jobs), "GITHUB_EVENT_NAME": event[0],
            "GITHUB_EVENT_PATH": str(work / "event.json"),
        }  # fmt: skip
        given = {key: str(value) for key, value in action["with"].items()}
        if "digest" in given:
            assert given["digest"] == "${{ needs.plan.outputs.digest }}"
            given["digest"] = digest
        return Action(work, environ, TOKEN).run(given, workspace)


@pytest.fixture
def repository(host: CodeHost, tmp_path: Path) -> Iterator[Repository]:
    served = tmp_path / "served"
    served.mkdir()
    with (
        new_project(tmp_path) as project,
        serving(served, kept=project.kept, environ=project.environ(KEYS)) as server,
    ):
        allow_endpoint(project.home, server.url)
        platform = f"  platform: {{kind: local, endpoint: {server.url}}}\n  environments: {{prod: {{}}}}\n"
        project.edit("jobspec.yaml", "  defaults:", f"{platform}  defaults:")
        made = Repository(project, host, tmp_path)
        project.declare("one", "exit 0")
        made.push("one")
        yield made


def pull_request(base: str) -> tuple[str, dict[str, Any]]:
    repo = {"full_name": "acme/train"}
    return "pull_request", {
        "pull_request": {"number": 7, "head": {"repo": repo}, "base": {"repo": repo, "sha": base}}
    }


def test_a_team_follows_the_page_on_github(repository: Repository) -> None:
    base = repository.git("rev-parse", "HEAD")
    repository.git("switch", "--quiet", "--create", "change")
    repository.project.declare("two", "exit 0")
    head = repository.push("two", "change")

    planned = repository.job("plan", pull_request(base), repository.merged_by_the_host("change"))
    assert planned.last.code == 0, planned.last.err
    [comment] = repository.host.bodies()
    assert "`two`" in comment

    repository.git("push", "--quiet", "origin", f"{head}:main")
    on_main = repository.job("plan", ("push", {}), head)
    digest = on_main.outputs["digest"]
    applied = repository.job("apply", ("push", {}), head, digest)
    assert applied.last.code == 0, applied.last.err
    assert applied.outputs["changes"] == "2"

    drift = repository.job("drift", ("schedule", {}), head)
    assert drift.last.code == 0, drift.last.out + drift.last.err


def test_a_checkout_that_is_too_shallow_for_the_comparison_is_an_error(repository: Repository) -> None:
    base = repository.git("rev-parse", "HEAD")
    repository.git("switch", "--quiet", "--create", "change")
    repository.project.declare("two", "exit 0")
    repository.push("two", "change")
    merge = repository.merged_by_the_host("change")
    checkout = JOBS["plan"]["steps"][0]["with"]
    depth = checkout.pop("fetch-depth")
    try:
        shallow = repository.job("plan", pull_request(base), merge)
    finally:
        checkout["fetch-depth"] = depth
    assert shallow.last.code == 1
    assert "fetch-depth: 0" in shallow.last.out


def test_the_recipe_for_any_other_system_plans_and_applies(repository: Repository) -> None:
    """It needs no option of the shell that runs it, and no folder without spaces."""
    script = block("bash", "jobspec ci validate")
    install = [line for line in script.splitlines() if "venv" in line]
    assert len(install) == 5
    rest = "\n".join(line for line in script.splitlines() if line not in install)
    clone = repository.clone("with a space", "main")
    environ = {**bare_environ(repository.project.home), **repository.project.environ(KEYS)}
    environ |= {"PATH": f"{sys.prefix}/bin:{environ['PATH']}", "JOBSPEC_ENVIRONMENT": "prod"}
    done = subprocess.run(
        ["bash", "-c", rest], cwd=clone, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ submitted one" in done.stdout
    (clone / "tasks" / "broken.yaml").write_text("apiVersion: jobspec/v1\nkind: Task\nmetadata: {}\n")
    again = subprocess.run(
        ["bash", "-c", rest], cwd=clone, env=environ, capture_output=True, text=True, check=False
    )
    assert again.returncode == 1
    assert again.stderr.count("Wrote the report") == 1, "a step that fails ends the recipe"


INCLUDE = textwrap.dedent(indented_block("yaml", "include:"))


def test_the_page_includes_a_template_that_exists() -> None:
    [included] = YAML(typ="safe").load(INCLUDE)["include"]
    assert (ROOT / included["file"]).is_file()
    assert re.fullmatch("[0-9a-f]{40}", included["ref"])


def test_a_team_follows_the_page_on_gitlab(repository: Repository) -> None:
    page = YAML(typ="safe").load(INCLUDE)
    template = read(ROOT / page["include"][0]["file"])
    repository.project.write("ci/jobspec.lock", "")
    base = repository.push("lock")
    repository.git("switch", "--quiet", "--create", "change")
    repository.project.declare("two", "exit 0")
    repository.push("two", "change")

    def run(job: str, branch: str, more: dict[str, str]) -> dict[str, str]:
        """Run a job in a clone of its own; return the variables that it leaves for later jobs."""
        repository.jobs += 1
        clone = repository.clone(f"gitlab {repository.jobs}", branch)
        script = "\n".join([*template[".jobspec"]["before_script"], *template[job]["script"]])
        environ = {
            **bare_environ(repository.project.home), **repository.project.environ(KEYS),
            **template["variables"], **template[".jobspec"]["variables"], **page["variables"],
            "GITLAB_CI": "true", "CI_PROJECT_ID": "42", "CI_PROJECT_DIR": str(clone), "CI_JOB_ID": "1",
            "CI_PIPELINE_ID": str(repository.jobs), "CI_API_V4_URL": repository.host.address, **more,
        }  # fmt: skip
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", installed(script)],
            cwd=clone, env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        lines = (clone / "jobspec-ci" / "outputs.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    repository.host.person = "project_42_bot"
    request = {
        "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "42", "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "JOBSPEC_COMMENT_TOKEN": TOKEN,
    }  # fmt: skip
    run("jobspec-validate", "change", request)
    run("jobspec-plan", "change", request)
    [note] = repository.host.bodies("project_42_bot")
    assert "`two`" in note

    repository.git("push", "--quiet", "origin", "HEAD:main")
    digest = run("jobspec-plan", "main", {})["JOBSPEC_DIGEST"]
    assert run("jobspec-apply", "main", {"JOBSPEC_DIGEST": digest})["JOBSPEC_CHANGES"] == "2"
    run("jobspec-drift", "main", {})


def test_the_hook_of_the_page_is_a_configuration_of_pre_commit(tmp_path: Path) -> None:
    text = block("yaml", "hooks:")
    file = tmp_path / ".pre-commit-config.yaml"
    file.write_text(text)
    done = output("pre-commit", "validate-config", str(file))
    assert done.returncode == 0, done.stdout
    [used] = YAML(typ="safe").load(text)["repos"][0]["hooks"]
    assert used["id"] in {hook["id"] for hook in read(ROOT / ".pre-commit-hooks.yaml")}
