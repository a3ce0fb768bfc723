from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jobspec.config import machine
from jobspec.config.disks import file_system_of
from jobspec.config.machine import machine_id, make_machine_id
from jobspec.config.project_state import (
    RECORD,
    check_project_folder,
    make_project_folder,
    moved_from,
    project_folder,
    project_folders,
    read_record,
)
from jobspec.config.scope_state import AccountId, scope_folder
from jobspec.config.state_folder import StateFolder
from jobspec.errors import StateFolderError


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def _denied(path: object) -> None:
    raise PermissionError(13, "Permission denied", path)


def on_machine(monkeypatch: pytest.MonkeyPatch, path: Path, number: str) -> None:
    path.write_text(number)
    monkeypatch.setattr(machine, "_SYSTEM", path)


def test_each_root_has_a_folder_of_its_own(state: StateFolder) -> None:
    paths = [project_folder(state, Path(root)).path for root in ("/a/demo", "/b/demo", "/", "/a/d\udc80mo")]
    assert len(set(paths)) == 4
    assert paths[0].name.startswith("demo-")


def test_another_machine_finds_another_folder(
    state: StateFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_machine(monkeypatch, tmp_path / "a", "a" * 32)
    make_project_folder(state, tmp_path / "demo", "demo")
    here = project_folder(state, tmp_path / "demo").path
    on_machine(monkeypatch, tmp_path / "b", "b" * 32)
    assert project_folder(state, tmp_path / "demo").path != here
    assert [one.is_of_this_machine for one in project_folders(state)] == [False]


def test_a_machine_without_an_id_keeps_a_random_one(
    state: StateFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_SYSTEM", tmp_path / "nothing")
    assert machine_id(state) == ""
    make_project_folder(state, tmp_path / "demo", "demo")
    assert len(machine_id(state)) == 32
    assert make_machine_id(state) == machine_id(state)
    assert check_project_folder(state, tmp_path / "demo")
    (state.path / "machine-id").write_text("c" * 32)  # as on another machine that a copy was taken to
    with pytest.raises(StateFolderError, match="was copied from another project or machine"):
        check_project_folder(state, tmp_path / "demo")


def test_a_folder_records_whose_it_is(state: StateFolder, tmp_path: Path) -> None:
    make_project_folder(state, tmp_path / "demo", "vision")
    path = project_folder(state, tmp_path / "demo").path
    recorded = json.loads((path / RECORD).read_text())
    assert recorded == {"root": str(tmp_path / "demo"), "machine": machine_id(state), "project": "vision"}
    (path / RECORD).write_text(json.dumps(recorded | {"root": "/elsewhere"}))
    with pytest.raises(StateFolderError, match="was copied from another project or machine"):
        check_project_folder(state, tmp_path / "demo")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"root": 1, "machine": 2}', "[" * 100_000])
def test_a_record_that_says_nothing_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / RECORD).write_text(text)
    assert read_record(tmp_path) is None


def test_a_moved_project_is_known_only_where_it_is_certain(state: StateFolder, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    make_project_folder(state, old, "vision")
    assert moved_from(state, new, "vision") == str(old)
    with pytest.MonkeyPatch.context() as patch:  # a root that cannot be looked at may still be there
        patch.setattr(os, "lstat", _denied)
        assert moved_from(state, new, "vision") == ""
    assert moved_from(state, new, "other") == ""
    assert moved_from(state, new, "") == ""
    old.mkdir()
    assert moved_from(state, new, "vision") == ""
    old.rmdir()
    make_project_folder(state, tmp_path / "older", "vision")
    assert moved_from(state, new, "vision") == ""


ACCOUNT = AccountId("volcengine", "https://open.volcengineapi.com", "cn-beijing")
OTHERS = {
    "kind": AccountId("local", ACCOUNT.endpoint, ACCOUNT.region),
    "endpoint": AccountId(ACCOUNT.kind, "https://other", ACCOUNT.region),
    "region": AccountId(ACCOUNT.kind, ACCOUNT.endpoint, "cn-shanghai"),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_another_account_has_another_journal(state: StateFolder, other: AccountId) -> None:
    assert scope_folder(state, ACCOUNT, "vision").path != scope_folder(state, other, "vision").path


def test_another_scope_has_another_journal(state: StateFolder) -> None:
    here = scope_folder(state, ACCOUNT, "vision").path
    assert here != scope_folder(state, ACCOUNT, "vision/prod").path
    assert here == scope_folder(state, ACCOUNT, "vision").path


MOUNTS = """\
22 1 8:1 / / rw - ext4 /dev/sda1 rw
30 22 0:40 / /home rw,relatime shared:1 - nfs4 server:/home rw
31 30 8:2 / /home/ann/with\\040space rw - xfs /dev/sdb rw
torn
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/x", "ext4"),
        ("/home/ann", "nfs4"),
        ("/homes", "ext4"),
        ("/home/ann/with space/s", "xfs"),
        ("/home", "nfs4"),
    ],
)
def test_the_file_system_of_a_folder_is_that_of_the_nearest_mount(path: str, kind: str) -> None:
    assert file_system_of(Path(path), MOUNTS) == kind
