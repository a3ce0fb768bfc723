"""Nothing in a checkout is state: what is called `.jobspec` there is not read, written or followed."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from jobspec.config.project_state import project_folder
from jobspec.config.scope_state import AccountId, scope_folder
from jobspec.config.state_folder import StateFolder
from jobspec.local.api.app import application
from jobspec.local.folder import Folder
from jobspec.local.settings import Settings
from tests.local.calls import create, until
from tests.processes import line_with, processes_with
from tests.proof.secrets.platform import served
from tests.proof.trust.repository import PROJECT, TASK, leaked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.projects import Project

QUICK = Settings(slots=4, grace=0.2, linger=0.2).as_environment()
PROD = f"{PROJECT}  environments: {{prod: {{platform: {{kind: local}}}}}}\n"
COMMANDS = {
    "plan": ("plan", "-e", "prod", "-o", "markdown"),
    "status": ("status", "-e", "prod"),
    "apply": ("apply", "-e", "prod", "--yes"),
    "list": ("task", "list", "-e", "prod"),
}


def plant(repository: Project, monkeypatch: pytest.MonkeyPatch) -> str:
    """Commit a store with a queued task of the stranger's; returns what marks its process."""
    ran, mark = repository.root / "ran", f"planted={os.urandom(8).hex()}"
    with monkeypatch.context() as patch:
        patch.setattr("jobspec.local.supervisor.launch.ensure_supervisor", lambda *_: None)
        with closing(application(Folder(repository.root, repository.root / ".jobspec"))) as app:
            create(app, command=f"env > {ran}; {mark} exec sleep 97531")
    return mark


def content(folder: Path) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


@pytest.fixture
def store(repository: Project) -> Iterator[Path]:
    """Where the local platform of the repository keeps its state; its runs end with the test."""
    path = project_folder(repository.kept, repository.root).path
    yield path
    (path / "supervisor.lock").unlink(missing_ok=True)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_committed_store_runs_nothing(
    repository: Project, store: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    repository.write("jobspec.yaml", PROD)
    marked = plant(repository, monkeypatch)
    before = content(repository.root / ".jobspec")
    ended = repository.attempt(*command, environ=QUICK)
    assert not (repository.root / "ran").exists()
    assert processes_with(marked) == []
    assert content(repository.root / ".jobspec") == before
    assert leaked(ended.printed) == []
    assert "97531" not in ended.printed
    assert ended.err.count("is not used: state is kept outside the checkout") == 1
    assert f"jobspec state move {repository.root}/.jobspec {repository.root}" in ended.err


Make = Callable[["Path", "Path"], object]


@pytest.mark.parametrize("place", [".state", "../.state"], ids=["in the project", "above the project"])
def test_a_state_folder_that_was_committed_runs_nothing(
    repository: Project, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A pipeline may set the variable to a folder of the checkout. Git makes folders that all may enter."""
    state = StateFolder((repository.root / place).resolve())
    path = project_folder(state, repository.root).path
    path.mkdir(parents=True)
    marked = plant(repository, monkeypatch)
    (repository.root / ".jobspec").rename(path)
    for folder in (state.path, state.projects, path):
        folder.chmod(0o755)
    ended = repository.attempt("status", environ={**QUICK, "JOBSPEC_STATE_DIR": str(state.path)})
    assert "was not created by jobspec" in ended.err
    assert not (repository.root / "ran").exists()
    assert processes_with(marked) == []


def _file(path: Path, _: Path) -> None:
    path.write_text("a file")


def _link(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere)


def _dangling(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere / "nothing")


def _pipe(path: Path, _: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("make", [_file, _link, _dangling, _pipe])
def test_whatever_is_called_so_is_left_alone(repository: Project, store: Path, make: Make) -> None:
    elsewhere = repository.root.with_name("elsewhere")
    elsewhere.mkdir()
    make(repository.root / ".jobspec", elsewhere)
    before = (repository.root / ".jobspec").lstat()
    ended = repository.attempt("apply", "--yes", "--wait", environ=QUICK)
    assert ended.code == 0, ended.printed
    assert list(elsewhere.iterdir()) == []
    after = (repository.root / ".jobspec").lstat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert ended.err.count("is not used; remove it") == 1
    assert sorted(one.name for one in repository.root.iterdir()) == [".jobspec", "jobspec.yaml", "tasks"]


def started(repository: Project, command: str) -> list[int]:
    """Apply a task that runs a command; returns its processes once it runs."""
    repository.write("tasks/train.yaml", TASK.replace('"true"', f"exec {command}"))
    assert repository.attempt("apply", "--yes", environ=QUICK).code == 0
    until(lambda: processes_with(command) != [])
    return processes_with(command)


def test_a_copy_of_a_project_does_not_touch_the_runs_of_the_original(
    repository: Project, store: Path
) -> None:
    sleep = f"sleep 86421.{os.getpid()}"
    before = started(repository, sleep)
    copy = replace(repository, root=repository.root.parent / "copy" / repository.root.name)
    shutil.copytree(repository.root, copy.root)
    for command in (("status",), ("destroy", "--yes")):
        assert copy.attempt(*command, environ=QUICK).code == 0
    assert processes_with(sleep) == before
    assert "running" in repository.attempt("status", environ=QUICK).out


def test_a_copy_of_the_state_folder_does_not_touch_the_runs_of_the_original(
    repository: Project, store: Path
) -> None:
    """As after a restore from a backup: the root, the machine and the store's id are the same."""
    sleep = f"sleep 75319.{os.getpid()}"
    before = started(repository, sleep)
    restored = replace(repository, kept=StateFolder(repository.kept.path.with_name("restored")))
    shutil.copytree(repository.kept.path, restored.kept.path)
    until(lambda: "failed" in restored.attempt("status", environ=QUICK).out)  # nothing of it runs here
    assert processes_with(sleep) == before
    assert "running" in repository.attempt("status", environ=QUICK).out


REMOTE = PROJECT.replace("{kind: local}", '{kind: volcengine, endpoint: "%s", region: cn-beijing}')
NO_STATE = {"HOME": "", "JOBSPEC_STATE_DIR": "/dev/null/state"}


@pytest.fixture(scope="module")
def platform() -> Iterator[str]:
    with served() as found:
        yield found.url


@pytest.mark.parametrize("command", ["plan", "drift", "validate", "status"])
@pytest.mark.parametrize("unset", ["home", "state"])
def test_looking_at_a_remote_platform_needs_no_state(
    repository: Project, platform: str, command: str, unset: str
) -> None:
    repository.write("jobspec.yaml", REMOTE % platform)
    homeless = {"HOME": "/dev/null", "JOBSPEC_STATE_DIR": "", "XDG_STATE_HOME": ""}
    environ = (homeless if unset == "home" else NO_STATE) | {"JOBSPEC_ENDPOINT": platform}
    ended = repository.attempt(command, environ=environ)
    assert ended.code in ({0, 2} if command == "drift" else {0}), ended.printed
    assert not repository.kept.path.exists()
    assert sorted(one.name for one in repository.root.iterdir()) == ["jobspec.yaml", "tasks"]


def test_an_apply_without_state_sends_nothing_and_names_the_variable(
    repository: Project, platform: str
) -> None:
    repository.write("jobspec.yaml", REMOTE % platform)
    ended = repository.attempt("apply", "--yes", environ={**NO_STATE, "JOBSPEC_ENDPOINT": platform})
    assert ended.code == 1
    assert "error[JS603]" in ended.err
    assert "set JOBSPEC_STATE_DIR to a folder" in ended.err
    assert "submitted" not in ended.printed


@pytest.mark.parametrize("ahead", [3600.0, 1e12])
def test_a_journal_from_the_future_makes_no_apply_wait(
    repository: Project, store: Path, ahead: float
) -> None:
    repository.write("jobspec.yaml", PROJECT.replace("{kind: local}", "{kind: local, listLag: 30s}"))
    repository.write(
        "tasks/train.yaml", TASK + "lifecycle: {suspend: true}\n"
    )  # nothing to wait for but that
    account = AccountId("local", str(store))
    folder = scope_folder(repository.kept, account, "demo").make()
    entry = {"intent": "0123456789abcdef", "address": "demo/train", "time": time.time() + ahead}
    (folder / "journal.jsonl").write_text(json.dumps(entry) + "\ntorn")
    os.utime(folder / "journal.jsonl", (time.time() + 3600, time.time() + 3600))
    ended = repository.attempt("apply", "--yes", environ=QUICK)
    assert ended.code == 0, ended.printed
    assert "waiting" not in ended.err


@pytest.mark.parametrize("kind", ["link", "shared", "file"])
def test_a_state_folder_that_is_not_the_users_alone_holds_nothing(repository: Project, kind: str) -> None:
    elsewhere = repository.root.with_name("elsewhere")
    elsewhere.mkdir()
    if kind == "link":
        repository.kept.path.symlink_to(elsewhere)
    elif kind == "shared":
        repository.kept.path.mkdir()
        repository.kept.path.chmod(0o777)
    else:
        repository.kept.path.write_text("")
    ended = repository.attempt("apply", "--yes")
    assert ended.code == 1
    assert "error[JS605]: the state folder" in ended.err
    assert "JOBSPEC_STATE_DIR" in ended.err
    assert list(elsewhere.iterdir()) == []
    assert kind != "shared" or list(repository.kept.path.iterdir()) == []


def test_a_relative_state_folder_would_be_in_the_checkout(repository: Project) -> None:
    ended = repository.attempt("apply", "--yes", environ={"JOBSPEC_STATE_DIR": "state"})
    assert ended.code == 1
    assert "error[JS605]: `JOBSPEC_STATE_DIR` must be an absolute path, not `state`" in ended.err
    assert not (repository.root / "state").exists()


def test_an_old_folder_is_moved_when_the_user_asks_for_it(
    repository: Project, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = plant(repository, monkeypatch)
    (repository.root / ".jobspec").chmod(0o755)
    moved = repository.attempt("state", "move", ".jobspec", ".")
    assert moved.code == 0, moved.printed
    assert not (repository.root / ".jobspec").exists()
    assert store.stat().st_mode & 0o777 == 0o700
    assert ".jobspec" not in repository.attempt("status", environ=QUICK).err
    until(lambda: processes_with(marked) != [])
    (repository.root / ".jobspec").mkdir()
    again = repository.attempt("validate").err  # a move would be refused now, so it is not what the note says
    assert "is not used: state is kept outside the checkout. Remove it" in again


@pytest.mark.parametrize("what", ["a link in it", "a hard link in it", "itself a link"])
def test_an_old_folder_with_links_is_not_moved(repository: Project, what: str) -> None:
    elsewhere = repository.root.with_name("elsewhere")
    elsewhere.mkdir()
    (elsewhere / "file").write_text("mine")
    old = repository.root / ".jobspec"
    if what == "itself a link":
        old.symlink_to(elsewhere)
    else:
        (old / "logs").mkdir(parents=True)
        link = old / "logs" / "worker-0.log"
        make = link.symlink_to if what == "a link in it" else link.hardlink_to
        make(elsewhere / "file")
    ended = repository.attempt("state", "move", str(old), ".")
    assert ended.code == 1
    assert "nothing was moved" in ended.err
    assert os.path.lexists(old)
    assert not repository.kept.path.exists()


def test_a_root_is_never_taken_for_the_folder_that_a_stranger_put_there(
    repository: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(repository, monkeypatch)
    ended = repository.attempt("state", "move", ".", ".")
    assert ended.code == 1
    assert "there is no state of" in ended.err
    assert (repository.root / ".jobspec" / "local.db").exists()


def test_two_clones_of_a_repository_take_turns(repository: Project, platform: str) -> None:
    repository.write("jobspec.yaml", REMOTE % platform)
    account = AccountId("volcengine", platform, "cn-beijing")
    folder = scope_folder(repository.kept, account, "demo").make()
    clone = replace(repository, root=repository.root.with_name("clone"))
    shutil.copytree(repository.root, clone.root)
    descriptor = os.open(folder / "apply.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for each, key in ((repository, "AKLT-one"), (clone, "AKLT-two")):  # two keys of one account
            environ = {"JOBSPEC_ENDPOINT": platform, "VOLC_ACCESSKEY": key}
            with each.running("apply", "--yes", environ=environ) as process:
                assert "Waiting for" in line_with("another command", process.stderr)
    finally:
        os.close(descriptor)
