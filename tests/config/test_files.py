"""A configuration file counts only when nobody else can write it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobspec.config import files
from jobspec.config.files import read_trusted, user_file
from jobspec.errors import ConfigurationError, ManifestError
from jobspec.workflow.project.configuration import read_configuration
from tests.allowed import configure


def test_the_file_is_found_by_the_xdg_specification(tmp_path: Path) -> None:
    assert user_file({}, tmp_path) == tmp_path / ".config" / "jobspec" / "config.yaml"
    assert user_file({"XDG_CONFIG_HOME": "/x"}, tmp_path) == Path("/x/jobspec/config.yaml")
    assert user_file({"XDG_CONFIG_HOME": "x"}, tmp_path) == user_file({}, tmp_path)


def test_without_a_file_nothing_is_said(tmp_path: Path) -> None:
    assert read_trusted(tmp_path / "none" / "config.yaml") is None
    assert read_configuration({}, Path("/nonexistent")).user.allowed_secrets is None


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, mode: int
) -> None:
    file = configure(tmp_path, "allowedSecrets: [A]\n")
    file.chmod(mode)
    with pytest.raises(ConfigurationError, match="is writable by other users") as caught:
        read_trusted(file)
    os.system(caught.value.help.removeprefix("run: "))
    assert read_trusted(file) is not None


def test_a_folder_that_others_may_write_is_refused_also_behind_a_link(tmp_path: Path) -> None:
    file = configure(tmp_path, "allowedSecrets: [A]\n")
    file.parent.chmod(0o777)
    with pytest.raises(ConfigurationError, match="its folder"):
        read_trusted(file)
    link = configure(tmp_path / "other", "")
    link.unlink()
    link.symlink_to(file)
    with pytest.raises(ConfigurationError, match="its folder"):
        read_trusted(link)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    file = configure(tmp_path, "allowedSecrets: [A]\n")
    os.chown(file, 65534, -1)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        read_trusted(file)


def test_a_folder_or_a_pipe_in_its_place_does_not_block(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("config.yaml", "pipe"):
        with pytest.raises(ConfigurationError, match="not a regular file"):
            read_trusted(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("allowedSecret: [A]\n", "JS204", 1),
        ("# none\nallowedSecrets:\n", "JS345", 2),
        ("allowedSecrets: A\n", "JS206", 1),
        ("allowedSecrets: [A]\nallowedSecrets: [B]\n", "JS102", 2),
        ("secretFolders: [run]\n", "JS345", 1),
        ("allowedEndpoints: ['https://a@b']\n", "JS345", 1),
        ("[A]\n", "JS345", 1),
    ],
)
def test_a_mistake_is_told_at_its_place_and_nothing_of_the_file_counts(
    tmp_path: Path, text: str, code: str, line: int
) -> None:
    file = configure(tmp_path, text)
    with pytest.raises(ManifestError) as caught:
        read_configuration({}, tmp_path)
    (problem,) = caught.value.diagnostics
    assert problem.place is not None
    assert (problem.code, problem.place.file, problem.place.span.start.line) == (code, str(file), line)
    assert problem.help


def test_the_machines_file_is_read_beside_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MACHINE_FILE", configure(tmp_path / "machine", "allowedSecrets: [A]\n"))
    configure(tmp_path, "secretFolders: [~/keys]\n")
    found = read_configuration({"JOBSPEC_ALLOWED_SECRETS": "B, /run/secrets"}, tmp_path)
    assert found.machine.allowed_secrets == ("A",)
    assert found.user.secret_folders == (f"{tmp_path}/keys",)
    assert (found.added_secrets, found.added_folders) == (("B",), ("/run/secrets",))
