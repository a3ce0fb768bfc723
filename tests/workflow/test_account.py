"""Which platform is selected: tables of project files, options, and results."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from jobspec.config.project_state import make_project_folder
from jobspec.config.state_folder import find_state_folder
from jobspec.errors import ManifestError, UsageError
from jobspec.manifest.values import Platform
from jobspec.workflow.account.account import Located, PlatformOptions, find_platform
from jobspec.workflow.surroundings import Surroundings

PROJECT = """\
apiVersion: jobspec/v1
kind: Project
metadata: {name: demo}
spec:
  platform: %s
  environments: {prod: {platform: {kind: volcengine, region: cn-shanghai}}}
"""
VOLCENGINE = "{kind: volcengine, region: cn-beijing, profile: team}"
SERVED = "http://127.0.0.1:8765"


def project(folder: Path, platform: str = VOLCENGINE) -> Path:
    (folder / "jobspec.yaml").write_text(PROJECT % platform, encoding="utf-8")
    return folder


def find(
    folder: Path, chosen: PlatformOptions, path: str | None = None, environment: str | None = None
) -> Located:
    around = Surroundings({}, folder, folder)
    return find_platform(Path(path) if path else None, environment, chosen, around)


def find_with_variable(folder: Path, chosen: PlatformOptions, endpoint: str) -> Platform:
    around = Surroundings({"JOBSPEC_ENDPOINT": endpoint}, folder, folder)
    return find_platform(None, None, chosen, around).platform


NOTHING = PlatformOptions()

OVER_A_PROJECT: dict[str, tuple[str, PlatformOptions, Platform]] = {
    "nothing": (
        VOLCENGINE,
        NOTHING,
        Platform(kind="volcengine", region="cn-beijing", profile="team"),
    ),
    "region": (
        VOLCENGINE,
        PlatformOptions(region="cn-shanghai"),
        Platform(kind="volcengine", region="cn-shanghai", profile="team"),
    ),
    "profile": (
        VOLCENGINE,
        PlatformOptions(profile="own"),
        Platform(kind="volcengine", region="cn-beijing", profile="own"),
    ),
    "same-kind": (
        VOLCENGINE,
        PlatformOptions("volcengine"),
        Platform(kind="volcengine", region="cn-beijing", profile="team"),
    ),
    "other-kind": ("{kind: local}", PlatformOptions("volcengine"), Platform(kind="volcengine")),
    "plain-endpoint": (VOLCENGINE, PlatformOptions(endpoint=SERVED), Platform(kind="local", endpoint=SERVED)),
    "secure-endpoint": (
        VOLCENGINE,
        PlatformOptions(endpoint="https://proxy"),
        Platform(kind="volcengine", region="cn-beijing", profile="team", endpoint="https://proxy"),
    ),
    "kind-and-endpoint": (
        VOLCENGINE,
        PlatformOptions("local", endpoint="https://proxy"),
        Platform(kind="local", endpoint="https://proxy"),
    ),
    "local": ("{kind: local, slots: 3}", NOTHING, Platform(kind="local", slots=3)),
}


@pytest.mark.parametrize(("own", "chosen", "platform"), OVER_A_PROJECT.values(), ids=OVER_A_PROJECT.keys())
def test_chosen_options_override_the_project(
    tmp_path: Path, own: str, chosen: PlatformOptions, platform: Platform
) -> None:
    found = find(project(tmp_path, own), chosen)
    assert (found.platform, found.scope, found.where) == (platform, "demo", tmp_path / "jobspec.yaml")


WITHOUT_A_PROJECT = {
    "kind": (PlatformOptions("volcengine"), Platform(kind="volcengine")),
    "region": (PlatformOptions(region="cn-shanghai"), Platform(kind="volcengine", region="cn-shanghai")),
    "profile": (PlatformOptions(profile="own"), Platform(kind="volcengine", profile="own")),
    "plain-endpoint": (PlatformOptions(endpoint=SERVED), Platform(kind="local", endpoint=SERVED)),
    "secure-endpoint": (
        PlatformOptions(endpoint="https://x"),
        Platform(kind="volcengine", endpoint="https://x"),
    ),
}


@pytest.mark.parametrize(("chosen", "platform"), WITHOUT_A_PROJECT.values(), ids=WITHOUT_A_PROJECT.keys())
def test_without_a_project_the_options_select_the_platform(
    tmp_path: Path, chosen: PlatformOptions, platform: Platform
) -> None:
    named_by = "" if chosen.endpoint is None else "--endpoint"
    assert find(tmp_path, chosen) == Located(platform, tmp_path, endpoint_from=named_by)


def test_an_environment_has_its_own_platform_and_scope(tmp_path: Path) -> None:
    found = find(project(tmp_path), NOTHING, environment="prod")
    assert (found.platform.region, found.scope) == ("cn-shanghai", "demo/prod")


def test_the_project_is_found_above_the_folder_and_a_local_platform_lives_beside_it(tmp_path: Path) -> None:
    (project(tmp_path, "{kind: local}") / "deep" / "er").mkdir(parents=True)
    assert find(tmp_path / "deep" / "er", NOTHING).root == tmp_path
    assert find(tmp_path / "deep", NOTHING, "er").root == tmp_path


def test_errors_in_manifests_do_not_prevent_access_to_the_platform(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "broken.yaml").write_text("{", encoding="utf-8")
    assert find(tmp_path, NOTHING).scope == "demo"


def test_a_local_platform_is_found_by_its_folder(tmp_path: Path) -> None:
    make_project_folder(find_state_folder({}, tmp_path), tmp_path, "")
    assert find(tmp_path, PlatformOptions("local")) == Located(Platform(kind="local"), tmp_path)


REFUSED = {
    "nothing": (NOTHING, "no `jobspec.yaml` in or above this folder"),
    "no-folder": (PlatformOptions("local"), "no task has run there"),
    "local-with-region": (
        PlatformOptions("local", region="cn-beijing"),
        "do not apply to the local platform",
    ),
    "local-with-profile": (PlatformOptions("local", profile="team"), "do not apply to the local platform"),
    "empty-kind": (PlatformOptions(""), "`--platform` needs a value"),
    "empty-endpoint": (PlatformOptions(endpoint=""), "`--endpoint` needs a value"),
    "no-scheme": (PlatformOptions(endpoint="127.0.0.1:8765"), "not a plain http or https address"),
    "a-path": (PlatformOptions("volcengine", endpoint="https://x/y"), "not a plain http or https address"),
}


@pytest.mark.parametrize(("chosen", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_options_that_do_not_name_a_platform_are_refused(
    tmp_path: Path, chosen: PlatformOptions, message: str
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        find(tmp_path, chosen)
    assert caught.value.help


@pytest.mark.parametrize(("path", "environment"), [(".", None), (None, "prod")])
def test_a_named_project_or_environment_must_exist(
    tmp_path: Path, path: str | None, environment: str | None
) -> None:
    with pytest.raises(UsageError, match=r"there is no `jobspec.yaml`"):
        find(tmp_path, PlatformOptions("volcengine"), path, environment)


def test_a_missing_path_does_not_select_the_project_above_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`nowhere` does not exist"):
        find(project(tmp_path), NOTHING, "nowhere")


@pytest.mark.parametrize("platform", ["{kind: other}", "{kind: volcengine", "local"])
def test_a_broken_project_file_is_reported_with_its_place(tmp_path: Path, platform: str) -> None:
    with pytest.raises(ManifestError) as caught:
        find(project(tmp_path, platform), NOTHING)
    assert {one.place.file for one in caught.value.diagnostics if one.place} == {"jobspec.yaml"}


def test_an_unknown_environment_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        find(project(tmp_path), NOTHING, environment="prd")
    assert [one.help for one in caught.value.diagnostics] == [
        "did you mean `-e prod`?; if `prd` was removed but still has runs: jobspec status --scope demo/prd"
    ]


def test_the_endpoint_variable_also_replaces_the_projects_endpoint(tmp_path: Path) -> None:
    served = Platform(kind="local", endpoint=SERVED)
    assert find_with_variable(tmp_path, NOTHING, f" {SERVED} ") == served
    region = PlatformOptions(region="cn-shanghai")
    assert find_with_variable(tmp_path, region, "https://x").region == "cn-shanghai"
    project(tmp_path)
    assert find_with_variable(tmp_path, NOTHING, SERVED) == served
    own = find(tmp_path, NOTHING).platform
    assert find_with_variable(tmp_path, NOTHING, "https://x") == replace(own, endpoint="https://x")
    assert find_with_variable(tmp_path, PlatformOptions("volcengine"), SERVED) == own


def test_an_endpoint_that_is_the_projects_own_keeps_its_kind(tmp_path: Path) -> None:
    text = VOLCENGINE.replace("kind: volcengine", f"kind: volcengine, endpoint: '{SERVED}'")
    project(tmp_path, text)
    assert find_with_variable(tmp_path, NOTHING, SERVED).kind == "volcengine"


@pytest.mark.parametrize(
    ("endpoint", "message"), [("127.0.0.1:80", "not a plain http"), (" ", "no platform")]
)
def test_an_endpoint_variable_without_an_address_is_refused(
    tmp_path: Path, endpoint: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        find_with_variable(tmp_path, NOTHING, endpoint)


def test_a_profile_that_keys_in_the_environment_would_go_before_is_refused(tmp_path: Path) -> None:
    keys = {"VOLC_ACCESSKEY": "AK1", "VOLC_SECRETKEY": "SK1"}
    around = Surroundings(keys, tmp_path, project(tmp_path))
    with pytest.raises(UsageError, match="`--profile own` has no effect"):
        find_platform(None, None, PlatformOptions(profile="own"), around)
    assert find_platform(None, None, NOTHING, around).platform.profile == "team"
