"""The store on disk: its format, its permissions, and many processes at once."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobspec.local.api.app import application
from jobspec.local.api.requests import list_request
from jobspec.local.errors import FolderRefused, StoreTooNew
from jobspec.local.folder import prepare
from jobspec.local.settings import Settings
from jobspec.local.store.database import VERSION, open_database
from jobspec.local.store.store import Store
from jobspec.local.supervisor.processes import mark_of_store
from tests.local.calls import create, ended, get, task, until
from tests.local.places import place

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)

HAMMER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from jobspec.local.store.database import open_database
from jobspec.local.folder import Folder, prepare
from jobspec.local.supervisor.lifecycle import Event, IllegalMove
from jobspec.local.store.store import Store, Transition
from tests.local.calls import task

folder = Folder(Path(sys.argv[1]), Path(sys.argv[1] + "-state"))
prepare(folder)
store = Store(open_database(folder))
won = 0
for number in range(60):
    now = datetime.now(UTC)
    store.create({**task(f"{sys.argv[2]}-{number}"), "Tags": ["all", sys.argv[2]]}, now=now)
    head = store.head_of_queue(now=now)
    try:
        store.move(head.id, Event.ADMIT, Transition("mine"), now=now) if head else None
        won += head is not None
    except IllegalMove:
        pass
print(won)
"""


def test_processes_that_hammer_one_new_store_lose_nothing_and_share_nothing(tmp_path: Path) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", HAMMER, str(tmp_path), name],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for name in ("one", "two", "three")
    ]
    won = [int(worker.communicate(timeout=60)[0]) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    store = Store(open_database(place(tmp_path)))
    assert store.page(list_request({"Tags": ["all"]})).total == 180
    assert store.page(list_request({"Tags": ["two"]})).total == 60
    assert store.page(list_request({"States": ["Staging"]})).total == sum(won)


def test_only_the_owner_can_read_the_store(root: Path) -> None:
    app = application(place(root))
    task_id = create(app, command="umask 0; echo x")
    ended(app, task_id)
    folder = place(root)
    assert folder.path.stat().st_mode & 0o777 == 0o700
    kept = [path for path in folder.path.rglob("*") if path.is_file()]
    assert {path.name for path in kept} >= {"local.db", "supervisor.log", "worker-0.log"}
    assert {path.name: path.stat().st_mode & 0o077 for path in kept} == {path.name: 0 for path in kept}


def test_a_newer_store_is_refused_with_advice(tmp_path: Path) -> None:
    folder = place(tmp_path)
    prepare(folder)
    open_database(folder).close()
    with sqlite3.connect(folder.store) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreTooNew, match=f"format {VERSION + 1}") as refused:
        application(place(tmp_path))
    assert "upgrade jobspec" in refused.value.help


@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_folder_that_is_not_ours_is_refused(tmp_path: Path, kind: str) -> None:
    path = place(tmp_path).path
    if kind == "link":
        (tmp_path / "elsewhere").mkdir()
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.write_text("")
    with pytest.raises(FolderRefused, match="is"):
        application(place(tmp_path))


def test_a_loose_folder_is_tightened(tmp_path: Path) -> None:
    folder = place(tmp_path)
    folder.path.mkdir(mode=0o755)
    os.close(os.open(folder.path / "journal", os.O_CREAT))
    prepare(folder)
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert (folder.path / "journal").exists()


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = place(tmp_path)
    prepare(folder)
    store = Store(open_database(folder))
    with pytest.raises(KeyError):
        store.create({"ImageSpec": {"Id": "i"}}, now=NOW)
    assert store.page(list_request({})).total == 0
    store.create(task(), now=NOW)
    assert store.page(list_request({})).total == 1


def test_threads_that_meet_a_new_folder_at_once_lose_nothing_to_the_supervisor(root: Path) -> None:
    """Closing any descriptor of the file would drop SQLite's locks of this whole process.

    The supervisor would then believe at its end that it is the last one, and remove the log that this process
    writes to.
    """
    app = application(place(root), settings=Settings(linger=0.05))
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: create(app), range(8)))
    until(lambda: all(get(app, task_id)["State"] == "Success" for task_id in ids), seconds=15)
    assert not [link for link in open_files() if str(root) in link and link.endswith("(deleted)")]


def open_files() -> list[str]:
    """Return the open files of this process; a descriptor that is closed meanwhile is left out."""
    links = []
    for descriptor in list(Path("/proc/self/fd").iterdir()):
        with suppress(FileNotFoundError):
            links.append(str(descriptor.readlink()))
    return links


def test_the_mark_of_a_store_is_that_of_no_copy_and_of_no_other_boot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, boot = tmp_path / "local.db", tmp_path / "boot"
    store.write_text("store")
    boot.write_text("one\n")
    monkeypatch.setattr("jobspec.local.supervisor.processes._BOOT", boot)
    mark = mark_of_store("abc", store)
    assert (mark, mark.startswith("abc-")) == (mark_of_store("abc", store), True)
    shutil.copy(store, tmp_path / "copy.db")
    assert mark_of_store("abc", tmp_path / "copy.db") != mark
    store.rename(tmp_path / "moved.db")
    assert mark_of_store("abc", tmp_path / "moved.db") == mark
    boot.write_text("two\n")
    assert mark_of_store("abc", tmp_path / "moved.db") != mark
