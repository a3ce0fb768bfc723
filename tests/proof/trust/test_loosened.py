"""A change that loosens a guard says so, and reading the base revision runs nothing of the checkout."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.projects import Project
from tests.proof.trust.repository import PROJECT, TASK, new_repository

if TYPE_CHECKING:
    from pathlib import Path

LIMITED = PROJECT + "  limits: {maxRemovals: 30%}\n"


def git(repository: Project, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *who, *arguments], cwd=repository.root, check=True, capture_output=True)


def task(name: str, lifecycle: str = "{}") -> str:
    return TASK.replace("train", name).replace('"true"', "sleep 100") + f"lifecycle: {lifecycle}\n"


@pytest.fixture
def repository(tmp_path: Path) -> Project:
    """A checkout of a branch on which nothing has changed yet."""
    made = new_repository(tmp_path, project=LIMITED, task=task("train", "{protect: true}"))
    git(made, "init", "-q", "-b", "main")
    git(made, "add", "-A")
    git(made, "commit", "-qm", "base")
    git(made, "checkout", "-qb", "change")
    return made


def test_removing_most_tasks_together_with_their_limit_reads_as_both(repository: Project) -> None:
    for number in range(11):
        repository.write(f"tasks/{number}.yaml", task(f"t{number}"))
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "more")
    try:
        assert repository.attempt("apply", "--yes").code == 0
        git(repository, "branch", "-f", "main")
        for number in range(9):
            (repository.root / f"tasks/{number}.yaml").unlink()
        repository.write("jobspec.yaml", LIMITED.replace("30%", "100%"))
        repository.write("tasks/train.yaml", task("train"))
        for output in ("text", "markdown"):
            said = repository.attempt("plan", "--since", "main", "-o", output).out
            assert "9 to cancel" in said
            assert 'limits.maxRemovals: "30%" → "100%"' in said
            assert "9 of 12 tasks would be removed; the limit is 3" in said
            assert "protect of task train: true" in said
        plain = json.loads(repository.attempt("plan", "-o", "json").out)
        assert [one["guard"] for one in plain["loosened"]] == ["protect"]
        since = json.loads(repository.attempt("plan", "--since", "main", "-o", "json").out)
        assert [one["guard"] for one in since["loosened"]] == ["limits.maxRemovals", "protect"]
        assert since["digest"] != plain["digest"]
        assert repository.attempt("apply", "--yes", "--digest", since["digest"]).code == 3
        assert repository.attempt("apply", "--yes", "--since", "main", "--digest", since["digest"]).code == 0
    finally:
        repository.write("tasks/train.yaml", task("train"))
        repository.attempt("apply", "--yes")
        repository.attempt("destroy", "--yes")


def test_what_of_the_base_has_errors_is_said_not_to_be_compared(repository: Project) -> None:
    repository.write("tasks/train.yaml", task("train", "{protect: true, nonsense: 1}"))
    git(repository, "commit", "-qam", "broken")
    git(repository, "branch", "-f", "main")
    repository.write("tasks/train.yaml", task("train"))
    said = repository.attempt("plan", "--since", "main").out
    assert "1 file with errors in the base revision" in said
    assert "they were not compared" in said


def test_a_hook_does_not_change_which_folder_is_compared(repository: Project) -> None:
    """Git sets `GIT_DIR` for hooks; with it alone, Git takes the current folder for the top."""
    inner = Project(repository.root / "ml", repository.home, repository.kept, repository.keys)
    inner.write("jobspec.yaml", LIMITED)
    inner.write("tasks/train.yaml", task("train"))
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "inner")
    git(repository, "branch", "-f", "main")
    for folder in (".git", str(repository.root / ".git")):
        ended = inner.attempt("plan", "--since", "main", environ={"GIT_DIR": folder})
        assert ended.code == 0
        assert "protect" not in ended.out
        assert "is new here" not in ended.out


def test_a_project_in_a_folder_of_the_repository_is_compared(repository: Project) -> None:
    inner = Project(repository.root / "ml", repository.home, repository.kept, repository.keys)
    repository.write("jobspec.yaml", LIMITED.replace("30%", "20%"))
    inner.write("jobspec.yaml", LIMITED)
    inner.write("tasks/train.yaml", task("train"))
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "inner")
    git(repository, "branch", "-f", "main")
    inner.write("jobspec.yaml", LIMITED.replace("30%", "100%"))
    ended = inner.attempt("plan", "--since", "main")
    assert 'limits.maxRemovals: "30%" → "100%"' in ended.out
    assert "is new here" not in ended.out


def test_a_clone_without_the_base_is_told_what_to_fetch(repository: Project, tmp_path: Path) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "two")
    shallow = tmp_path / "shallow"
    source = repository.root.as_uri()
    subprocess.run(["git", "clone", "-q", "--depth", "1", source, str(shallow)], check=True)
    clone = Project(shallow, repository.home, repository.kept, repository.keys)
    for revision in ("main", "origin/main", "--output=stolen", "HEAD:x", "\x1b[31m"):
        ended = clone.attempt("plan", f"--since={revision}")
        assert "error[JS425]" in ended.err
        assert "fetch-depth: 0" in ended.err
        assert ended.code == 1
    assert not (shallow / "stolen").exists()


def test_outside_of_git_it_is_an_error(tmp_path: Path) -> None:
    repository = new_repository(tmp_path)
    ended = repository.attempt("plan", "--since", "main")
    message = f"`--since` needs a Git checkout, and `{repository.root}` is not in one"
    assert f"error[JS426]: {message}\nhelp: remove --since, or run in a Git checkout" in ended.err


def test_a_new_project_file_is_said_to_be_new(repository: Project) -> None:
    repository.write("sub/jobspec.yaml", PROJECT.replace("demo", "other"))
    repository.write("sub/tasks/a.yaml", task("a"))
    planned = repository.attempt("plan", "sub", "--since", "main").out
    assert "the project file is new; there is nothing to compare it with" in planned


def test_nothing_of_the_repositorys_configuration_runs(repository: Project, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\nenv > {tmp_path}/ran\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "core.hooksPath",
                "filter.x.smudge", "diff.x.textconv", "core.editor", "remote.origin.uploadpack"):  # fmt: skip
        git(repository, "config", key, str(tmp_path if key == "core.hooksPath" else trap))
    git(repository, "config", "remote.origin.url", f"file://{repository.root}")
    git(repository, "config", "remote.origin.promisor", "true")
    git(repository, "config", "core.repositoryFormatVersion", "1")
    git(repository, "config", "extensions.partialClone", "origin")
    repository.write(".gitattributes", "* filter=x diff=x\n")
    for hook in ("post-checkout", "reference-transaction"):
        (tmp_path / hook).symlink_to(trap)
    assert repository.attempt("plan", "--since", "main").code == 0
    objects = [path for path in (repository.root / ".git" / "objects").rglob("*") if path.is_file()]
    blob = (
        subprocess.run(
            ["git", "rev-parse", "main:tasks/train.yaml"],
            cwd=repository.root,
            check=True,
            capture_output=True,
        )
        .stdout.decode()
        .strip()
    )
    for path in objects:
        if path.parent.name + path.name == blob:
            path.unlink()
    assert "error[JS425]" in repository.attempt("plan", "--since", "main").err
    assert not (tmp_path / "ran").exists()


def test_nothing_of_the_repositorys_configuration_runs_for_a_fact_of_git(
    repository: Project, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho $0 >> {tmp_path}/ran\nexec cat\n")
    trap.chmod(0o755)
    repository.write(".gitattributes", "* filter=x diff=x\n*.yaml filter=a=b\n")
    repository.edit(
        "tasks/train.yaml", "spec:", "spec:\n  env: {D: '${{ toJSON(git.dirty) }}', B: '${{ git.branch }}'}"
    )
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "facts")
    for key in ("core.fsmonitor", "core.pager", "pager.diff", "diff.external", "core.hooksPath",
                "diff.x.textconv", "diff.x.command", "filter.x.clean", "filter.x.smudge", "filter.x.process",
                "filter.a=b.clean",
                "core.sshCommand", "interactive.diffFilter"):  # fmt: skip
        git(repository, "config", key, str(tmp_path if key == "core.hooksPath" else trap))
    git(repository, "config", "filter.x.required", "true")
    for hook in ("post-index-change", "post-checkout", "reference-transaction"):
        (tmp_path / hook).symlink_to(trap)
    (repository.root / "tasks" / "train.yaml").touch()
    ended = repository.run("plan", "-o", "json")
    values = {one["name"]: one["value"] for one in ended.json["values"]}
    assert values["git.dirty"] == "false"
    repository.write("tasks/train.yaml", (repository.root / "tasks/train.yaml").read_text() + "# changed\n")
    values = {one["name"]: one["value"] for one in repository.run("plan", "-o", "json").json["values"]}
    assert values["git.dirty"] == "true"
    assert not (tmp_path / "ran").exists()


def test_a_folder_of_the_checkout_is_not_taken_for_its_repository(
    repository: Project, tmp_path: Path
) -> None:
    nested = repository.root / "nested"
    for name in ("objects", "refs"):
        (nested / name).mkdir(parents=True)
    repository.write("nested/HEAD", "ref: refs/heads/main\n")
    trap = f'[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfsmonitor = "touch {tmp_path}/ran"\n'
    repository.write("nested/config", trap)
    repository.write("nested/jobspec.yaml", PROJECT)
    ended = repository.attempt("plan", "nested", "--since", "main")
    assert "error[JS426]" in ended.err
    assert not (tmp_path / "ran").exists()


def test_a_link_of_the_base_revision_is_not_followed(repository: Project, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("canary: of-a-file-outside\n")
    (repository.root / "tasks" / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "link")
    git(repository, "branch", "-f", "main")
    (repository.root / "tasks" / "link.yaml").unlink()
    ended = repository.attempt("plan", "--since", "main")
    assert ended.code == 0
    assert "of-a-file-outside" not in ended.printed
