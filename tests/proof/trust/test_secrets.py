"""A checkout does not choose which secrets are read: not the machine's keys, and no file elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.allowed import configure
from tests.processes import processes_with
from tests.proof.trust.repository import CANARIES, PROJECT, leaked

if TYPE_CHECKING:
    from tests.projects import Project

TASK = """\
apiVersion: jobspec/v1
kind: Task
metadata: {name: train}
spec:
  image: ml_platform/python:3.11
  entrypoint: 'printenv LEAKED > "$OUT"'
  roles: [{name: worker, replicas: 1, flavor: ml.g1e.large}]
  env: {OUT: "%s", LEAKED: {secret: %s}}
"""
FILE_CANARY = "canary-of-a-file-outside-canary"


def steal(repository: Project, source: str) -> None:
    """Let the task of the checkout write a secret into a file."""
    repository.write("tasks/train.yaml", TASK % (repository.root.parent / "stolen", source))


def stolen(repository: Project) -> bool:
    return (repository.root.parent / "stolen").exists()


@pytest.mark.parametrize("name", ["VOLC_SECRETKEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"])
def test_a_key_of_the_machine_is_refused_before_anything_is_read_or_run(
    repository: Project, name: str
) -> None:
    steal(repository, f"{{env: {name}}}")
    planned = repository.attempt("plan")
    assert planned.code == 1
    assert "error[JS350]" in planned.err
    assert "tasks/train.yaml:8" in planned.err
    assert f"JOBSPEC_ALLOWED_SECRETS={name}" in planned.err
    applied = repository.attempt("apply", "--yes", "--wait")
    assert applied.code == 1
    assert leaked(planned.printed + applied.printed) == []
    assert not stolen(repository)


def test_the_line_that_the_refusal_prints_lets_the_task_read_it(repository: Project) -> None:
    steal(repository, "{env: GITHUB_TOKEN}")
    allowed = {"JOBSPEC_ALLOWED_SECRETS": "GITHUB_TOKEN"}
    planned = repository.attempt("plan", environ=allowed)
    assert "reads: secret env GITHUB_TOKEN" in planned.out
    configure(repository.home, "allowedSecrets: [GITHUB_TOKEN]\n")
    assert repository.attempt("apply", "--yes", "--wait").code == 0
    assert CANARIES["GITHUB_TOKEN"] in (repository.root.parent / "stolen").read_text()


def test_a_list_restricts_what_is_no_key_of_the_machine(repository: Project) -> None:
    steal(repository, "{env: HF_TOKEN}")
    assert repository.attempt("plan").code == 0
    configure(repository.home, 'allowedSecrets: ["WANDB_*"]\n')
    ended = repository.attempt("plan")
    assert "`allowedSecrets` does not list the secret `HF_TOKEN`" in ended.err
    assert ended.code == 1


def test_every_format_lists_the_secrets_of_a_submit(repository: Project) -> None:
    steal(repository, "{env: HF_TOKEN}")
    for output in ("text", "markdown", "html"):
        assert "secret env HF_TOKEN" in repository.attempt("plan", "-o", output).out
    changes = json.loads(repository.attempt("plan", "-o", "json").out)["changes"]
    assert changes[0]["newRun"]["secrets"] == ["secret env HF_TOKEN"]


@pytest.mark.parametrize("how", ["a path", "dots", "a link", "a link to its folder", "git"])
def test_no_file_outside_of_the_project_is_read(repository: Project, how: str) -> None:
    canary = f"{FILE_CANARY}-{uuid4().hex}"  # another test's process may hold the plain one
    outside = repository.root.parent / "outside"
    outside.mkdir()
    (outside / "key").write_text(canary)
    names = {"a path": str(outside / "key"), "dots": "../outside/key", "a link": "key"}
    name = names.get(how, "folder/key" if "folder" in how else ".git/key")
    (repository.root / "key").symlink_to(outside / "key")
    (repository.root / "folder").symlink_to(outside)
    repository.write(".git/key", canary)
    steal(repository, f"{{file: '{name}'}}")
    ended = repository.attempt("apply", "--yes", "--wait")
    assert ended.code == 1
    assert "error[JS351]" in ended.err
    assert canary not in ended.printed
    assert processes_with(canary) == []
    assert not stolen(repository)


def test_a_file_below_a_folder_that_the_user_allows_is_read_as_a_cluster_mounts_it(
    repository: Project,
) -> None:
    mounted = repository.root.parent / "mounted"
    (mounted / "..data").mkdir(parents=True)
    (mounted / "..data" / "key").write_text(FILE_CANARY)
    (mounted / "key").symlink_to("..data/key")
    (mounted / "out").symlink_to("/etc/hostname")
    configure(repository.home, f"secretFolders: ['{mounted}']\n")
    steal(repository, f"{{file: '{mounted}/key'}}")
    assert repository.attempt("apply", "--yes", "--wait").code == 0
    assert FILE_CANARY in (repository.root.parent / "stolen").read_text()
    steal(repository, f"{{file: '{mounted}/out'}}")
    assert "error[JS351]" in repository.attempt("apply", "--yes").err


def test_cloud_keys_may_be_the_credential_of_a_storage(repository: Project) -> None:
    credential = "{accessKeyId: {secret: {env: VOLC_ACCESSKEY}}, secretAccessKey: {secret: {env: %s}}}"
    text = TASK % ("x", "{env: HF_TOKEN}") + "  storageCredential: "
    repository.write("tasks/train.yaml", text + credential % "VOLC_SECRETKEY" + "\n")
    assert repository.attempt("plan").code == 0
    repository.write("tasks/train.yaml", text + credential % "GITHUB_TOKEN" + "\n")
    assert repository.attempt("plan").code == 1


def test_a_configuration_that_others_may_write_is_refused(repository: Project) -> None:
    steal(repository, "{env: GITHUB_TOKEN}")
    configure(repository.home, "allowedSecrets: [GITHUB_TOKEN]\n").chmod(0o666)
    ended = repository.attempt("apply", "--yes")
    assert "error[JS346]" in ended.err
    assert ended.code == 1
    assert not stolen(repository)


@pytest.mark.parametrize("place", [".config/jobspec/config.yaml", "jobspec/config.yaml", "config.yaml"])
def test_a_configuration_in_the_checkout_counts_for_nothing(repository: Project, place: str) -> None:
    steal(repository, "{env: GITHUB_TOKEN}")
    repository.write("jobspec.yaml", PROJECT)
    configure(repository.root, "").unlink()
    repository.write(place, "allowedSecrets: [GITHUB_TOKEN]\n")
    for environ in ({"XDG_CONFIG_HOME": "."}, {"HOME": ""}, {"HOME": "."}):
        assert repository.attempt("plan", environ=environ).code == 1
