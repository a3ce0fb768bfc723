from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobspec.config.home import NO_HOME, home_of
from jobspec.config.state_folder import StateFolder, check_private, find_state_folder, make_private
from jobspec.errors import StateFolderError

HOME = Path("/home/ann")


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({}, "/home/ann/.local/state/jobspec"),
        ({"XDG_STATE_HOME": "/var/ann"}, "/var/ann/jobspec"),
        ({"XDG_STATE_HOME": "relative"}, "/home/ann/.local/state/jobspec"),
        ({"XDG_STATE_HOME": ""}, "/home/ann/.local/state/jobspec"),
        ({"JOBSPEC_STATE_DIR": "/s", "XDG_STATE_HOME": "/var/ann"}, "/s"),
        ({"JOBSPEC_STATE_DIR": ""}, "/home/ann/.local/state/jobspec"),
    ],
)
def test_the_environment_says_where_state_is(environ: dict[str, str], path: str) -> None:
    assert find_state_folder(environ, HOME) == StateFolder(Path(path))


def test_a_relative_folder_would_be_in_the_checkout_and_is_refused() -> None:
    with pytest.raises(StateFolderError, match="must be an absolute path"):
        find_state_folder({"JOBSPEC_STATE_DIR": "state"}, HOME)


@pytest.mark.parametrize("home", ["", ".", "checkout"])
def test_a_home_that_is_no_absolute_path_is_not_the_working_directory(home: str) -> None:
    assert home_of({"HOME": home}).is_absolute()


def test_a_user_without_a_home_has_one_where_nothing_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert home_of({}) == NO_HOME


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "a" / "state")


def test_each_folder_is_made_for_its_owner_alone(state: StateFolder) -> None:
    made = make_private(state, state.projects / "demo-1")
    assert [one.stat().st_mode & 0o777 for one in (state.path, state.projects, made)] == [0o700] * 3


def test_a_wider_mode_is_narrowed(state: StateFolder) -> None:
    state.path.mkdir(parents=True, mode=0o755)
    make_private(state, state.projects)
    assert state.path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("place", [".", "projects"])
def test_a_folder_with_something_in_it_that_others_may_enter_is_not_ours(
    state: StateFolder, place: str
) -> None:
    """Git makes folders that all may enter, wherever in the checkout the project is."""
    path = state.path / place
    (path / "something").mkdir(parents=True)
    state.path.chmod(0o700)
    path.chmod(0o755)
    for use in (make_private, check_private):
        with pytest.raises(StateFolderError, match="was not created by jobspec") as refused:
            use(state, state.projects)
        assert f"chmod 700 {path}" in refused.value.help
    assert path.stat().st_mode & 0o777 == 0o755


def test_looking_makes_nothing(state: StateFolder) -> None:
    assert not check_private(state, state.projects)
    assert not state.path.exists()


@pytest.mark.parametrize("place", [".", "projects", "projects/demo-1"])
@pytest.mark.parametrize("kind", ["link", "file", "shared"])
def test_what_is_not_the_users_alone_is_refused(state: StateFolder, place: str, kind: str) -> None:
    path = state.path / place
    path.parent.mkdir(parents=True)
    if kind == "link":
        path.symlink_to(path.parent)
    elif kind == "file":
        path.touch()
    else:
        path.mkdir()
        path.chmod(0o777)
    for use in (make_private, check_private):
        with pytest.raises(StateFolderError, match="state folder"):
            use(state, state.projects / "demo-1")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user_is_refused(state: StateFolder) -> None:
    state.path.mkdir(parents=True, mode=0o700)
    os.chown(state.path, 65534, 65534)
    with pytest.raises(StateFolderError, match="belongs to another user"):
        make_private(state, state.projects)


def test_a_folder_that_cannot_be_made_names_the_variable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateFolderError) as refused:
        make_private(StateFolder(tmp_path / "file" / "state"), tmp_path / "file" / "state")
    assert "JOBSPEC_STATE_DIR" in refused.value.help
