"""Which secrets a project may name."""

from __future__ import annotations

import pytest

from jobspec.cluster import Flavor
from jobspec.config.secret_access import SecretAccess
from jobspec.config.settings import Configuration, FileSettings, added_by_environment
from jobspec.errors import SecretNotAllowed


def access(
    user: tuple[str, ...] | None = None,
    machine: tuple[str, ...] | None = None,
    added: str = "",
    folders: tuple[str, ...] | None = None,
) -> SecretAccess:
    names, more = added_by_environment({"JOBSPEC_ALLOWED_SECRETS": added})
    return SecretAccess(
        Configuration(
            FileSettings("user.yaml", None, user, folders),
            FileSettings("machine.yaml", None, machine),
            names,
            more,
        )
    )


def permits(found: SecretAccess, name: str, *, is_of_storage: bool = False) -> bool:
    try:
        found.check_variable(name, is_of_storage=is_of_storage)
    except SecretNotAllowed:
        return False
    return True


GUARDED = [
    "VOLC_SECRETKEY",
    "VOLC_ACCESSKEY",
    "AWS_SECRET_ACCESS_KEY",
    "GITHUB_TOKEN",
    "CARGO_REGISTRY_TOKEN",
    "CLOUDFLARE_API_TOKEN",
    "OCI_CLI_KEY_CONTENT",
    "ANSIBLE_VAULT_PASSWORD",
    "DOCKER_PASSWORD",
    "SONAR_TOKEN",
    "CODECOV_TOKEN",
    "CR_PAT",
    "OP_SERVICE_ACCOUNT_TOKEN",
    "GH_TOKEN",
    "CI_JOB_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "SSH_AUTH_SOCK",
    "JOBSPEC_ENDPOINT",
    "https_proxy",
    "volc_secretkey",
]


@pytest.mark.parametrize("name", GUARDED)
def test_a_key_of_the_machine_is_no_secret_of_a_task_until_it_is_allowed_by_its_name(name: str) -> None:
    assert not permits(access(), name)
    assert not permits(access(user=("*",)), name)
    assert permits(access(user=(name,)), name)
    assert permits(access(added=f"X, {name}"), name)
    assert permits(access(machine=(f"{name[:4]}*",)), name)


@pytest.mark.parametrize("name", ["HF_TOKEN", "WANDB_API_KEY", "VOLCANO_TOKEN", "GHOST_TOKEN", "CIRCLES"])
def test_another_name_is_allowed_until_a_list_lacks_it(name: str) -> None:
    assert permits(access(), name)
    assert permits(access(added="OTHER"), name)
    assert not permits(access(user=("OTHER",)), name)
    assert not permits(access(machine=("OTHER",)), name)
    assert permits(access(user=("OTHER",), added=name), name)
    assert not permits(access(machine=("OTHER",), added=name), name)
    assert not permits(access(machine=(name,), user=()), name)


def test_a_storage_credential_may_be_a_key_of_a_cloud_and_of_nothing_else() -> None:
    assert permits(access(), "VOLC_SECRETKEY", is_of_storage=True)
    assert permits(access(), "AWS_SECRET_ACCESS_KEY", is_of_storage=True)
    assert not permits(access(), "GITHUB_TOKEN", is_of_storage=True)


def test_the_error_prints_a_line_for_the_file_and_one_for_the_environment() -> None:
    with pytest.raises(SecretNotAllowed) as caught:
        access().check_variable("GITHUB_TOKEN")
    assert 'add `allowedSecrets: [GITHUB_TOKEN, "*"]` to user.yaml' in caught.value.help
    followed = access(user=("GITHUB_TOKEN", "*"))
    assert permits(followed, "GITHUB_TOKEN")
    assert permits(followed, "HF_TOKEN")  # the first list of a file restricts the others too
    assert "set JOBSPEC_ALLOWED_SECRETS=GITHUB_TOKEN" in caught.value.help
    with pytest.raises(SecretNotAllowed) as caught:
        access(machine=("HF_*",)).check_variable("GITHUB_TOKEN")
    assert "machine.yaml" in caught.value.help


@pytest.mark.parametrize(
    "name",
    ["/etc/shadow", "../other/key", "a/../../key", "/p/other", ".git/config", "a/.GIT/config", "/proj2/x"],
)
def test_a_file_outside_of_the_project_or_among_gits_is_refused(name: str) -> None:
    with pytest.raises(SecretNotAllowed, match=r"outside the project|`\.git` folder"):
        access().check_file(name, "/proj")


@pytest.mark.parametrize("name", ["key", "keys/hf", "/proj/key", "a/../key", ".gitlab/key", "..key"])
def test_a_file_of_the_project_is_allowed(name: str) -> None:
    access().check_file(name, "/proj")


def test_a_file_below_an_allowed_folder_is_allowed() -> None:
    for found in (access(folders=("/run/secrets",)), access(added="/run/secrets/")):
        found.check_file("/run/secrets/hf", "/proj")
        for name in ("/run/secrets", "/run/secrets2/hf", "/run/secrets/../hf"):
            with pytest.raises(SecretNotAllowed):
                found.check_file(name, "/proj")
    with pytest.raises(SecretNotAllowed):
        access(folders=("/",)).check_file("/etc/shadow", "/proj")


def test_the_flavors_of_the_machine_come_before_those_of_the_user() -> None:
    user, machine = Flavor("ml.g8", gpus=0), Flavor("ml.g8", gpus=8)
    configuration = Configuration(
        FileSettings("user.yaml", flavors=(user,)), FileSettings("machine.yaml", flavors=(machine,))
    )
    assert configuration.flavors == (machine, user)
