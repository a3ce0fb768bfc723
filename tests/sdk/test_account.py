"""Which client is used: the environment's, or whatever is set in its place."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from jobspec import errors
from jobspec.sdk import CustomTask, PlatformClient
from jobspec.sdk.account import settings_of
from tests.cloud.platform import client, ok, script
from tests.proof.trust.serving import serving

if TYPE_CHECKING:
    from pathlib import Path

KEYS = {"VOLC_ACCESSKEY": "AKLT-one", "VOLC_SECRETKEY": "secret-one"}
EMPTY = ok({"Total": 0, "List": []})


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment without keys, and a home without files."""
    for name in (*KEYS, "VOLC_REGION", "VOLC_SESSION_TOKEN", "JOBSPEC_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return monkeypatch


def write_profile(home: Path, key: str, mode: int = 0o600) -> None:
    folder = home / ".volc"
    folder.mkdir(exist_ok=True)
    (folder / "credentials").write_text(f"[default]\naccess_key_id = {key}\nsecret_access_key = s\n")
    (folder / "credentials").chmod(mode)
    (folder / "config").write_text("[default]\nregion = cn-guangzhou\n")


def test_the_environment_names_key_region_and_endpoint(tmp_path: Path) -> None:
    named = {**KEYS, "VOLC_REGION": "cn-shanghai", "JOBSPEC_ENDPOINT": " https://proxy.example:8443 "}
    settings, told = settings_of(named, home=tmp_path)
    assert (settings.credentials.access_key, settings.region) == ("AKLT-one", "cn-shanghai")
    assert (settings.endpoint, told) == ("https://proxy.example:8443", ())


def test_the_default_is_the_platform_over_https_and_its_first_region(tmp_path: Path) -> None:
    settings, _ = settings_of(KEYS, home=tmp_path)
    assert (settings.endpoint, settings.region) == ("https://open.volcengineapi.com", "cn-beijing")


def test_the_files_of_the_vendors_tools_are_used_without_variables(tmp_path: Path) -> None:
    write_profile(tmp_path, "AKLT-file", mode=0o644)
    settings, (doubt,) = settings_of({}, home=tmp_path)
    assert (settings.credentials.access_key, settings.region) == ("AKLT-file", "cn-guangzhou")
    assert "is readable by other users" in doubt.message


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "https://proxy.example",
        "http://proxy.example",
        "http://192.168.0.7:8765",
        "http://localhost.example",
    ],
)
def test_without_a_key_there_is_no_client(endpoint: str, tmp_path: Path) -> None:
    with pytest.raises(errors.CredentialsError):
        settings_of({"JOBSPEC_ENDPOINT": endpoint}, home=tmp_path)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:8765",
        "HTTP://127.1.2.3",
        "http://localhost:8765",
        "http://LOCALHOST",
        "http://[::1]:8765",
    ],
)
def test_a_server_of_the_same_user_on_this_machine_needs_no_key_of_the_environment(
    endpoint: str, tmp_path: Path
) -> None:
    port = "8765" if "8765" in endpoint else "80"
    host = "127.1.2.3" if "127.1" in endpoint else "::1" if "::1" in endpoint else "127.0.0.1"
    state = tmp_path / "state"
    (state / "servers").mkdir(mode=0o700, parents=True)
    state.chmod(0o700)
    file = state / "servers" / f"{host}_{port}.json"
    file.write_text('{"accessKeyId": "local-1", "secretAccessKey": "s1"}')
    file.chmod(0o600)
    environ = {"JOBSPEC_ENDPOINT": endpoint, "JOBSPEC_STATE_DIR": str(state), **KEYS}
    settings, _ = settings_of(environ, home=tmp_path)
    assert (settings.credentials.access_key, settings.is_proven) == ("local-1", True)


@pytest.mark.parametrize("endpoint", ["127.0.0.1:8765", "ftp://example", "http://user:secret@example"])
def test_an_endpoint_that_is_no_address_is_refused_without_being_repeated(
    endpoint: str, tmp_path: Path
) -> None:
    with pytest.raises(errors.UsageError, match="endpoint") as caught:
        settings_of({**KEYS, "JOBSPEC_ENDPOINT": endpoint}, home=tmp_path)
    assert endpoint not in str(caught.value)


def test_the_account_is_found_at_use_and_its_connections_are_kept(environ: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.CredentialsError):
        CustomTask.list()
    for name, value in KEYS.items():
        environ.setenv(name, value)
    first = CustomTask.client
    assert isinstance(first, PlatformClient)
    assert CustomTask.client is first
    assert CustomTask().client is first
    environ.setenv("VOLC_ACCESSKEY", "AKLT-two")
    assert CustomTask.client is not first


def test_a_forked_process_has_connections_of_its_own(environ: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        environ.setenv(name, value)
    first = CustomTask.client
    environ.setattr("os.getpid", lambda: -1)
    assert CustomTask.client is not first


def test_a_file_that_others_can_read_is_told(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_profile(tmp_path, "AKLT-file", mode=0o644)
    with pytest.warns(UserWarning, match="is readable by other users"):
        _ = CustomTask.client


def test_an_object_goes_before_its_class_and_a_subclass_before_the_class() -> None:
    one, two, three = (client(script(EMPTY)) for _ in range(3))

    class Other(CustomTask):
        client = two

    with CustomTask.use(one):
        assert CustomTask().client is one
        assert Other().client is two
        assert Other(client=three).client is three
        assert CustomTask.client is one


def test_a_client_is_used_for_a_while_by_every_thread_and_blocks_nest() -> None:
    one, two = (client(script(EMPTY)) for _ in range(2))
    seen: list[PlatformClient] = []

    class Task(CustomTask):
        client = one

    with Task.use(two):
        thread = threading.Thread(target=lambda: seen.append(Task.client))
        thread.start()
        thread.join()
        with Task.use(one):
            seen.append(Task.client)
        seen.append(Task.client)
    assert [*seen, Task.client] == [two, one, two, one]


def test_a_client_is_put_back_after_an_error_and_below_a_subclass_is_none_left() -> None:
    class Task(CustomTask):
        pass

    with pytest.raises(KeyError), Task.use(client(script(EMPTY))):
        raise KeyError
    assert "client" not in vars(Task)


def test_a_variable_leads_to_a_served_local_platform(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with serving(tmp_path, environ=KEYS) as served:
        for name, value in {**KEYS, "JOBSPEC_ENDPOINT": served.url}.items():
            environ.setenv(name, value)
        assert CustomTask.list() == {"Total": 0, "List": []}
        with pytest.raises(errors.NotFound):
            CustomTask("t-1").get()
