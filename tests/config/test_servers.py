"""The key of a server counts only from a file that is the user's alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jobspec.config.servers import find_server_key
from jobspec.config.state_folder import StateFolder
from jobspec.errors import StateFolderError

KEY = {"accessKeyId": "local-1", "secretAccessKey": "s1"}


def left(folder: Path, name: str = "127.0.0.1_8765.json", text: str = json.dumps(KEY)) -> StateFolder:
    state = StateFolder(folder / "state")
    for each in (state.path, state.servers):
        each.mkdir(mode=0o700, exist_ok=True)
    (state.servers / name).write_text(text)
    (state.servers / name).chmod(0o600)
    return state


def test_a_server_is_found_by_its_address_under_each_of_its_names(tmp_path: Path) -> None:
    state = left(tmp_path)
    for host in ("127.0.0.1", "localhost"):
        found = find_server_key(state, host, 8765)
        assert found is not None
        assert (found.access_key, found.secret_key) == ("local-1", "s1")
        assert "s1" not in repr(found)
    assert find_server_key(state, "127.0.0.1", 8766) is None
    assert find_server_key(state, "127.0.0.2", 8765) is None
    assert find_server_key(StateFolder(tmp_path / "none"), "127.0.0.1", 8765) is None


def test_a_server_that_takes_only_the_users_own_key_leaves_no_secret(tmp_path: Path) -> None:
    found = find_server_key(left(tmp_path, text='{"accessKeyId": "AKLT-1"}'), "127.0.0.1", 8765)
    assert found is not None
    assert (found.access_key, found.secret_key) == ("AKLT-1", "")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_may_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    state = left(tmp_path)
    (state.servers / "127.0.0.1_8765.json").chmod(mode)
    with pytest.raises(StateFolderError, match="not owned and writable by you alone"):
        find_server_key(state, "127.0.0.1", 8765)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"accessKeyId": 1}', "[" * 50_000])
def test_a_file_without_a_key_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(StateFolderError):
        find_server_key(left(tmp_path, text=text), "127.0.0.1", 8765)


def test_a_link_or_a_pipe_in_its_place_is_refused(tmp_path: Path) -> None:
    state = left(tmp_path, "real.json")
    (state.servers / "127.0.0.1_1.json").symlink_to(state.servers / "real.json")
    os.mkfifo(state.servers / "127.0.0.1_2.json", 0o600)
    for port in (1, 2):
        with pytest.raises(StateFolderError):
            find_server_key(state, "127.0.0.1", port)
