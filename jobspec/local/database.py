"""The SQLite file: its schema, its connections and its transactions. The only user of `sqlite3`."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections import deque
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from jobspec.local.errors import StoreTooNew
from jobspec.local.folder import make_private, open_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jobspec.local.folder import Folder

VERSION = 1
_BUSY_SECONDS = 15.0

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE task (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    terminal INTEGER NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    resource_group TEXT NOT NULL,
    queue TEXT NOT NULL,
    priority INTEGER NOT NULL,
    wake REAL NOT NULL,       -- in Queue: not before; while holding: until; seconds since the epoch
    attempts INTEGER NOT NULL, -- retries so far
    body TEXT NOT NULL,       -- the create request, with its secrets
    document TEXT NOT NULL    -- the task as it is answered
);
CREATE INDEX task_name ON task (name);
CREATE INDEX task_updated ON task (updated, id);
CREATE INDEX task_created ON task (created, id);
CREATE INDEX task_active ON task (state, priority DESC, id) WHERE terminal = 0;
CREATE TABLE tag (tag TEXT NOT NULL, task_id TEXT NOT NULL, PRIMARY KEY (tag, task_id)) WITHOUT ROWID;
CREATE INDEX tag_task ON tag (task_id);
CREATE TABLE instance (
    task_id TEXT NOT NULL,
    replica TEXT NOT NULL,
    position INTEGER NOT NULL,
    launched TEXT NOT NULL,
    finished TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (task_id, replica)
) WITHOUT ROWID;
CREATE TABLE timeline (
    position INTEGER PRIMARY KEY,
    task_id TEXT NOT NULL,
    state TEXT NOT NULL,
    time TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX timeline_task ON timeline (task_id, position);
"""


class Database:
    """Connections to one file, as many as threads need at once; usable from any thread."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._idle: deque[sqlite3.Connection] = deque()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction that sees one moment of the store."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside the one transaction that may write; rolled back on any exception."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        connection = self._take()
        try:
            connection.execute(begin)
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            self._abandon(connection)
            raise
        self._idle.append(connection)

    def _abandon(self, connection: sqlite3.Connection) -> None:
        try:
            connection.rollback()
        except sqlite3.Error:
            connection.close()
        else:
            self._idle.append(connection)

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()


def open_database(folder: Folder) -> Database:
    """The database of a prepared folder, made if it is not there. Raises `StoreTooNew`."""
    make_private(folder.store)
    with closing(_connect(str(folder.store))) as connection:
        if _version(connection) != VERSION:
            _make(folder, connection)
    return Database(lambda: _connect(str(folder.store)))


def empty_database() -> Database:
    """A database of nothing, in memory, to read from when there is no file yet."""
    return Database(_connect_to_nothing)


def _connect_to_nothing() -> sqlite3.Connection:
    connection = _connect(":memory:")
    connection.executescript(_SCHEMA)
    return connection


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise StoreTooNew(
            f"the store has format {version}, and this release knows {VERSION}",
            help="upgrade jobspec, or move `.jobspec/` away to start with an empty store",
        )
    return int(version)


def _make(folder: Folder, connection: sqlite3.Connection) -> None:
    lock = open_private(folder.store_lock, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _version(connection) != VERSION:
            connection.execute("PRAGMA journal_mode = WAL")
            store_id = os.urandom(8).hex()
            connection.executescript(
                f"BEGIN IMMEDIATE; {_SCHEMA} INSERT INTO meta VALUES ('store', '{store_id}');"  # noqa: S608
                f"PRAGMA user_version = {VERSION}; COMMIT;"
            )
    finally:
        os.close(lock)
