"""Where keys are searched for, and that no message contains one."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

import pytest

from jobspec.cloud.credentials import check_profile_counts, find_credentials
from jobspec.cloud.signing import Credentials
from jobspec.errors import CredentialsError, UsageError

ENVIRONMENT = {"VOLC_ACCESSKEY": "AK1", "VOLC_SECRETKEY": "SK1"}
FILE = """
[default]
access_key_id = AK2
secret_access_key = SK%2
[team]
access_key_id=AK3
secret_access_key=SK3
session_token=T3
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".volc").mkdir()
    return tmp_path


def write(home: Path, name: str, text: str | bytes, mode: int = 0o600) -> Path:
    path = home / ".volc" / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return path


def refused(environ: dict[str, str], home: Path) -> CredentialsError:
    with pytest.raises(CredentialsError) as caught:
        find_credentials(environ, home=home)
    assert caught.value.help
    return caught.value


def test_arguments_win_over_everything(home: Path) -> None:
    write(home, "credentials", FILE)
    found = find_credentials(ENVIRONMENT, home=home, explicit=Credentials("AK0", "SK0"))
    assert (found.credentials, found.region) == (Credentials("AK0", "SK0"), None)


def test_the_environment_wins_over_the_file(home: Path) -> None:
    write(home, "credentials", FILE)
    found = find_credentials({**ENVIRONMENT, "VOLC_SESSION_TOKEN": "T1"}, home=home)
    assert found.credentials == Credentials("AK1", "SK1", "T1")
    assert "VOLC_ACCESSKEY" in found.source
    assert found.doubts == ()


def test_the_file_is_read_by_profile(home: Path) -> None:
    path = write(home, "credentials", FILE)
    assert find_credentials({}, home=home).credentials == Credentials("AK2", "SK%2")
    found = find_credentials({}, home=home, profile="team")
    assert found.credentials == Credentials("AK3", "SK3", "T3")
    assert found.source == f"profile `team` of `{path}`"


def test_empty_variables_count_as_unset(home: Path) -> None:
    write(home, "credentials", FILE)
    found = find_credentials({"VOLC_ACCESSKEY": "", "VOLC_SECRETKEY": " "}, home=home)
    assert found.credentials.access_key == "AK2"


def test_the_region_is_the_variable_then_the_profiles_config(home: Path) -> None:
    write(home, "config", "[default]\nregion = cn-shanghai\n")
    assert find_credentials(ENVIRONMENT, home=home).region == "cn-shanghai"
    assert find_credentials({**ENVIRONMENT, "VOLC_REGION": "cn-x"}, home=home).region == "cn-x"
    assert find_credentials(ENVIRONMENT, home=home, profile="team").region is None


def test_a_profile_that_the_environment_overrides_causes_a_warning(home: Path) -> None:
    assert "`team` is not used" in find_credentials(ENVIRONMENT, home=home, profile="team").doubts[0].message


def test_a_file_that_others_can_read_causes_a_warning(home: Path) -> None:
    path = write(home, "credentials", FILE, mode=0o644)
    assert f"chmod 600 {path}" in find_credentials({}, home=home).doubts[0].help
    path.chmod(0o600)
    assert find_credentials({}, home=home).doubts == ()


def test_a_missing_key_lists_every_searched_place(tmp_path: Path) -> None:
    message = refused({}, tmp_path).message
    assert "VOLC_ACCESSKEY" in message
    assert "VOLC_SECRETKEY" in message
    assert f"`{tmp_path / '.volc' / 'credentials'}` does not exist" in message


def test_a_missing_profile_is_distinguished_from_a_missing_file(home: Path) -> None:
    write(home, "credentials", "[other]\naccess_key_id=a\nsecret_access_key=b\n")
    assert "has no profile `default`" in refused({}, home).message


@pytest.mark.parametrize(
    ("environ", "absent"),
    [({"VOLC_ACCESSKEY": "AK1"}, "VOLC_SECRETKEY"), ({"VOLC_SECRETKEY": "SK1"}, "VOLC_ACCESSKEY")],
)
def test_half_a_pair_is_an_error_even_if_a_file_has_both(
    home: Path, environ: dict[str, str], absent: str
) -> None:
    write(home, "credentials", FILE)
    assert f"without `{absent}`" in refused(environ, home).message


def test_half_a_pair_in_the_file_is_an_error(home: Path) -> None:
    write(home, "credentials", "[default]\naccess_key_id = AK2\n")
    assert "without `secret_access_key`" in refused({}, home).message


@pytest.mark.parametrize(
    "content",
    [
        "SECRETLEAK without a section",
        "[default]\nSECRETLEAK\n",
        "[default\nSECRETLEAK = 1",
        "[default]\na=1\na=SECRETLEAK\n",
        b"\xff\xfeSECRETLEAK",
        '{"ak": "SECRETLEAK"}',
    ],
)
def test_a_malformed_file_is_named_and_never_quoted(home: Path, content: str | bytes) -> None:
    path = write(home, "credentials", content)
    error = refused({}, home)
    assert str(path) in error.message
    assert "SECRETLEAK" not in "".join(traceback.format_exception(error)) + error.help


@pytest.mark.parametrize("content", [b"[default]\nCANARY-line\n", b"[default]\nCANARY\xff\n"])
def test_no_error_is_chained_to_one_that_contains_the_file(home: Path, content: bytes) -> None:
    (home / ".volc" / "credentials").write_bytes(content)
    with pytest.raises(CredentialsError) as caught:
        find_credentials({}, home=home)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_a_malformed_config_is_an_error_too(home: Path) -> None:
    assert str(write(home, "config", "{}")) in refused(ENVIRONMENT, home).message


def test_keys_with_a_malformed_config_get_help_on_setting_the_region(home: Path) -> None:
    write(home, "config", "{}")
    assert "`VOLC_REGION`, or pass --region" in refused(ENVIRONMENT, home).help
    assert find_credentials({**ENVIRONMENT, "VOLC_REGION": "cn-x"}, home=home).region == "cn-x"
    assert find_credentials(ENVIRONMENT, home=home, region="cn-y").region == "cn-y"


@pytest.mark.parametrize("name", ["credentials", "config"])
def test_a_pipe_in_place_of_a_file_does_not_block(home: Path, name: str) -> None:
    os.mkfifo(home / ".volc" / name)
    environ = ENVIRONMENT if name == "config" else {}
    assert "is not a regular file" in refused(environ, home).message


def test_a_device_or_a_huge_file_is_not_read_in_full(home: Path) -> None:
    path = home / ".volc" / "credentials"
    path.symlink_to("/dev/zero")
    assert "is not a regular file" in refused({}, home).message
    path.unlink()
    write(home, "credentials", b"#" * (1024 * 1024 + 1))
    assert "is larger than 1 MiB" in refused({}, home).message


def test_a_requested_profile_is_not_ignored() -> None:
    with pytest.raises(UsageError, match="`--profile team` has no effect"):
        check_profile_counts("team", ENVIRONMENT)
    check_profile_counts("team", {"VOLC_ACCESSKEY": "AK1"})
    check_profile_counts(None, ENVIRONMENT)


def test_a_folder_in_place_of_the_file_is_an_error(home: Path) -> None:
    (home / ".volc" / "credentials").mkdir()
    assert "cannot be read" in refused({}, home).message


@pytest.mark.parametrize("secret", ["LEAK with space", "LEAK\nX-Evil: 1", "LEAKé"])
def test_a_key_that_cannot_be_sent_is_refused_unquoted(home: Path, secret: str) -> None:
    error = refused({"VOLC_ACCESSKEY": "AK1", "VOLC_SECRETKEY": secret}, home)
    assert "LEAK" not in error.message + error.help


def test_a_session_token_that_cannot_be_sent_is_named(home: Path) -> None:
    error = refused({**ENVIRONMENT, "VOLC_SESSION_TOKEN": "LEAK\nX-Evil: 1"}, home)
    assert error.message == "`VOLC_SESSION_TOKEN` contains invalid characters"
    path = write(
        home, "credentials", "[default]\naccess_key_id=a\nsecret_access_key=b\nsession_token=LEAK x\n"
    )
    error = refused({}, home)
    assert error.message.startswith(f"`session_token` of profile `default` of `{path}`")
    assert "LEAK" not in error.message + error.help


def test_a_line_of_spaces_is_not_a_setting(home: Path) -> None:
    write(home, "credentials", FILE + "note" + " " * 500 + "x = y\n")
    assert find_credentials({}, home=home).credentials == Credentials("AK2", "SK%2")
