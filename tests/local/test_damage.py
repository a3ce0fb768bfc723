"""A store whose file is damaged, locked or without room: reported as such, at the start and in every call."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from jobspec.local.api.app import application
from jobspec.local.errors import StoreUnusable
from jobspec.local.folder import prepare
from jobspec.local.store.database import empty_database, open_database
from tests.local.calls import call, task
from tests.local.conftest import QUICK
from tests.local.places import place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 1, 31, tzinfo=UTC)
SECRET = "hunter2-and-more"
TASK = task(command="true", Envs=[{"Name": "TOKEN", "Value": SECRET}])


def fill(root: Path) -> Path:
    """Store enough tasks for several pages; return the file."""
    folder = place(root)
    prepare(folder)
    database = open_database(folder)
    with database.writing() as connection:
        rows = [(f"t-{number}", SECRET * 50) for number in range(200)]
        connection.executemany("INSERT INTO tag VALUES (?, ?)", rows)
    database.close()
    return folder.store


def garbage(file: Path) -> None:
    file.write_bytes(b"this was never a database\n" * 400)


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def cut_in_the_first_page(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:700])


def overwrite_every_table(file: Path) -> None:
    """Leave the schema, so that the damage shows only when a table is read."""
    with closing(sqlite3.connect(file)) as connection:
        roots = connection.execute("SELECT rootpage FROM sqlite_master WHERE rootpage > 0").fetchall()
    content = bytearray(file.read_bytes())
    for (page,) in roots:
        content[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    file.write_bytes(content)


def another_program(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript("CREATE TABLE task (id TEXT); PRAGMA user_version = 1;")


def another_format(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[44:48] = b"\x7f\x7f\x7f\x7f"
    file.write_bytes(content)


def undecodable_schema(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    file.write_bytes(file.read_bytes().replace(b"CREATE TABLE tag", b"CREATE \xff\xffBLE tag"))


@pytest.mark.parametrize(
    "damage",
    [garbage, truncated, cut_in_the_first_page, another_program, another_format, undecodable_schema],
)
def test_a_damaged_store_is_refused_with_advice(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    damage(fill(tmp_path))
    with pytest.raises(StoreUnusable, match=r"local\.db` is (damaged|not a database)$") as refused:
        application(place(tmp_path))
    assert "move the file away" in refused.value.help


@pytest.mark.parametrize(
    "action", [("ListCustomTasks", {}), ("CreateCustomTask", TASK)], ids=lambda action: action[0]
)
def test_a_call_to_a_damaged_store_is_answered_in_the_envelope(
    root: Path, action: tuple[str, dict[str, object]]
) -> None:
    overwrite_every_table(fill(root))
    app = application(place(root))
    reply = call(app, *action)
    assert (reply.status, reply.error) == (500, "InternalError")
    assert "local.db` is damaged; move the file away" in reply.message
    assert SECRET not in reply.message
    app.close()


def test_a_store_that_another_process_keeps_locked_is_reported(tmp_path: Path) -> None:
    folder = place(tmp_path)
    prepare(folder)
    database = open_database(folder)
    with (
        closing(sqlite3.connect(folder.store, isolation_level=None)) as other,
        pytest.raises(StoreUnusable, match="stayed locked for 15 s"),
    ):
        other.execute("BEGIN IMMEDIATE")
        with database.reading() as connection:
            connection.execute("PRAGMA busy_timeout = 1")
        with database.writing():
            pass
    database.close()


def test_a_store_without_room_is_reported_and_keeps_its_content(tmp_path: Path) -> None:
    prepare(place(tmp_path))
    database = open_database(place(tmp_path))
    with database.reading() as connection:
        connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StoreUnusable, match="the disk is full"), database.writing() as connection:
        connection.executemany("INSERT INTO tag VALUES (?, ?)", [(str(n), "x" * 99) for n in range(999)])
    with database.reading() as connection:
        assert connection.execute("SELECT COUNT(*) FROM tag").fetchone() == (0,)
    database.close()


def test_an_emptied_store_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    fill(tmp_path).write_bytes(b"")
    application(place(tmp_path)).close()  # no task has run here: another process may just be creating it
    place(tmp_path).supervisor_log.touch()
    place(tmp_path).store.write_bytes(b"")
    with pytest.raises(StoreUnusable, match=r"local\.db` is damaged: it is empty$") as refused:
        application(place(tmp_path))
    assert "move the file away" in refused.value.help


@pytest.mark.parametrize("replaced", [False, True])
def test_a_folder_that_is_removed_while_in_use_is_reported(root: Path, replaced: bool) -> None:
    fill(root)
    app = application(place(root))
    assert call(app, "ListCustomTasks", {}).status == 200
    shutil.rmtree(place(root).path)
    if replaced:
        fill(root)
    for action, body in (("ListCustomTasks", {}), ("CreateCustomTask", TASK)):
        reply = call(app, action, body)
        assert (reply.status, reply.error) == (500, "InternalError")
        assert "the store is gone: " in reply.message
        assert "-state` was removed while it was in use" in reply.message
    app.close()


def test_a_mistake_in_a_statement_stays_a_bug() -> None:
    with pytest.raises(sqlite3.OperationalError), empty_database().reading() as connection:
        connection.execute("SELECT nothing")


def test_text_that_cannot_be_decoded_is_damage(root: Path) -> None:
    fill(root)
    app = application(place(root))
    with app.store(writing=False)._database.writing() as connection:
        connection.execute("UPDATE tag SET tag = CAST(x'ff' AS TEXT) WHERE tag = 't-7'")
    with pytest.raises(StoreUnusable), app.store(writing=False)._database.reading() as connection:
        connection.execute("SELECT tag FROM tag").fetchall()
    app.close()


def test_a_damaged_task_that_cannot_be_ended_is_reported_and_not_retried_forever(tmp_path: Path) -> None:
    fill(tmp_path)
    app = application(place(tmp_path), settings=QUICK)
    store = app.store(writing=True)
    store.create(TASK, now=NOW)
    with store._database.writing() as connection:
        connection.execute("UPDATE task SET document = '{'")
        again = "UPDATE task SET state = 'Queue', terminal = 0, document = '{' WHERE id = new.id"
        connection.execute(f"CREATE TRIGGER again AFTER UPDATE ON task BEGIN {again}; END")
    with pytest.raises(StoreUnusable, match="the store is damaged"):
        store.head_of_queue(now=NOW)
    app.close()


def test_a_file_system_without_locks_is_reported_with_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    prepare(place(tmp_path))
    monkeypatch.setattr("jobspec.local.store.database.fcntl.flock", refused)
    with pytest.raises(StoreUnusable, match="cannot be locked") as caught:
        open_database(place(tmp_path))
    assert "JOBSPEC_STATE_DIR" in caught.value.help
