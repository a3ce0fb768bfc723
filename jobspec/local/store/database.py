"""The SQLite file: its connections and its transactions. The only user of `sqlite3`."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
from collections import deque
from contextlib import closing, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from jobspec.local.errors import StoreGone, StoreTooNew, StoreUnusable
from jobspec.local.folder import (
    Folder,
    make_private,
    open_private,
)
from jobspec.local.store import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


VERSION = 1
Connection: TypeAlias = sqlite3.Connection
_BUSY_SECONDS = 15.0
START_EMPTY = "move the file away to start with an empty store, or restore a backup"
_LOCAL_DISK = (
    "set JOBSPEC_STATE_DIR to a folder on a local disk: network file systems are not reliable for this"
)
_PERMISSIONS = "check the permissions of the file and of its folder"
_TROUBLES = {  # SQLite's primary result code: what is wrong with the file, and what to do
    sqlite3.SQLITE_NOTADB: ("is not a database", START_EMPTY),
    sqlite3.SQLITE_CORRUPT: ("is damaged", START_EMPTY),
    sqlite3.SQLITE_PROTOCOL: ("cannot be locked", _LOCAL_DISK),
    sqlite3.SQLITE_NOLFS: ("cannot grow: the file system does not allow large files", _LOCAL_DISK),
    sqlite3.SQLITE_FULL: ("cannot grow: the disk is full", "free disk space, and try again"),
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written",
        f"check the disk and its free space, or {_LOCAL_DISK}",
    ),
    sqlite3.SQLITE_BUSY: (
        f"stayed locked for {_BUSY_SECONDS:g} s",
        f"stop the program that holds the lock, and try again; or {_LOCAL_DISK}",
    ),
    sqlite3.SQLITE_READONLY: ("is not writable", _PERMISSIONS),
    sqlite3.SQLITE_PERM: ("cannot be opened: permission denied", _PERMISSIONS),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", f"{_PERMISSIONS}, or {_LOCAL_DISK}"),
}

_NO_FILE = ":memory:"


class Database:
    """Connections to the file at `path`, as many as threads need at once; usable from any thread.

    Every method may raise `StoreUnusable`. `check` is called before each transaction; it raises `StoreGone`.
    """

    def __init__(self, path: str, connect: Callable[[], Connection], check: Callable[[], None]) -> None:
        self._path = path
        self._check = check
        self._connect = connect
        self._idle: deque[Connection] = deque()
        self._writer = Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection inside a transaction with a consistent view of the store."""
        with self._transaction("BEGIN") as connection:
            yield connection

    def row(self, sql: str, values: tuple[str | float, ...] = ()) -> tuple[Any, ...] | None:
        """Return the first row of one statement, which is a consistent view of the store by itself."""
        self._check()
        with _translated_errors(self._path):
            connection = self._take()
            try:
                row: tuple[Any, ...] | None = connection.execute(sql, values).fetchone()
            except BaseException:
                self._abandon(connection)
                raise
            self._idle.append(connection)
            return row

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection inside the only transaction that may write; rolled back on any exception."""
        # SQLite would let the threads of this process take turns by sleeping.
        with self._writer, self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def close(self) -> None:
        """Close the unused connections."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        self._check()
        with _translated_errors(self._path):
            connection = self._take()
            try:
                connection.execute(begin)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                self._abandon(connection)
                raise
            self._idle.append(connection)

    def _abandon(self, connection: Connection) -> None:
        try:
            connection.rollback()
        except sqlite3.Error:
            connection.close()
        else:
            self._idle.append(connection)

    def _take(self) -> Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()


def open_database(folder: Folder) -> Database:
    """Return the database of a prepared folder, created if missing. Raises `StoreTooNew`, `StoreUnusable`."""
    path = str(folder.store)
    with _opening(path):
        if not _is_made(folder):
            _make(folder)
    opened = _identity(path)

    def check() -> None:
        if opened is None or _identity(path) != opened:
            raise StoreGone(
                f"the store is gone: `{folder.path}` was removed while it was in use",
                help="run the command again; it uses the store in the folder, or creates a new one",
            )

    return Database(path, lambda: _connect(path), check)


def empty_database() -> Database:
    """Return an empty database in memory, for reading when there is no file yet."""
    return Database(_NO_FILE, _connect_to_nothing, lambda: None)


def _identity(path: str) -> tuple[int, int] | None:
    """Return what distinguishes the file from a replacement; None if there is no file."""
    try:
        found = os.stat(path)  # noqa: PTH116 - before each transaction: a Path costs as much as a query
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def _translated_errors(path: str) -> Iterator[None]:
    """Translate an error in the file to `StoreUnusable`; an error in a statement is still a bug."""
    try:
        yield
    except UnicodeDecodeError:  # SQLite quotes the damaged text in its own message
        raise _damaged(path) from None
    except sqlite3.Error as error:
        if not hasattr(error, "sqlite_errorcode"):  # Python, not SQLite, detects a column that is not text
            raise _damaged(path) from None
        trouble = _TROUBLES.get(error.sqlite_errorcode & 0xFF)
        if trouble is None:
            raise
        what, advice = trouble
        raise StoreUnusable(f"`{path}` {what}", help=advice) from error


@contextmanager
def _opening(path: str) -> Iterator[None]:
    """While a file is opened, treat every SQLite error as an error in the file."""
    try:
        with _translated_errors(path):
            yield
    except sqlite3.Error as error:
        raise _damaged(path) from error


def _damaged(path: str) -> StoreUnusable:
    what, advice = _TROUBLES[sqlite3.SQLITE_CORRUPT]
    return StoreUnusable(f"`{path}` {what}", help=advice)


def _connect_to_nothing() -> Connection:
    connection = _connect(_NO_FILE)
    connection.executescript(schema.TABLES + schema.ADDED)
    return connection


def _connect(path: str) -> Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _version(connection: Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise StoreTooNew(
            f"the store has format {version}, but this release supports only {VERSION}",
            help="upgrade jobspec, or move the file away to start with an empty store",
        )
    return int(version)


def _is_made(folder: Folder) -> bool:
    try:
        found = folder.store.lstat()
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(found.st_mode) or not found.st_size:
        return False
    with closing(_connect(str(folder.store))) as connection:
        if _version(connection) != VERSION:
            return False
        for table, columns in schema.COLUMNS.items():  # an error if one is missing
            connection.execute(f"SELECT {columns} FROM {table} LIMIT 0")  # noqa: S608 - constants
        return _is_complete(connection)


def _is_complete(connection: Connection) -> bool:
    """Return whether the store has what this release adds to the stores of earlier ones."""
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    return found >= schema.ADDED_NAMES


def _make(folder: Folder) -> None:
    lock = open_private(folder.store_lock, os.O_RDWR)
    try:
        _lock(folder, lock)
        _refuse_emptied(folder)
        make_private(folder.store)
        with closing(_connect(str(folder.store))) as connection:
            if _version(connection) != VERSION:
                _fill(connection)
            elif not _is_complete(connection):
                # An earlier release can still use the store: it ignores what it does not know, and the
                # triggers also count its changes.
                connection.executescript(f"BEGIN IMMEDIATE; {schema.ADDED} COMMIT;")
    finally:
        os.close(lock)


def _lock(folder: Folder, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:  # a network file system without locks
        message = f"`{folder.store_lock}` cannot be locked: {error.strerror}"
        raise StoreUnusable(message, help=_LOCAL_DISK) from error


def _refuse_emptied(folder: Folder) -> None:
    """Raise `StoreUnusable` for an empty file in a folder where tasks have run: it has lost them."""
    is_empty = folder.store.is_file() and not folder.store.stat().st_size
    if is_empty and folder.supervisor_log.exists():
        raise StoreUnusable(f"`{folder.store}` is damaged: it is empty", help=START_EMPTY)


def _fill(connection: Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    store_id = os.urandom(8).hex()
    connection.executescript(
        f"BEGIN IMMEDIATE; {schema.TABLES} {schema.ADDED} INSERT INTO meta VALUES ('store', '{store_id}');"  # noqa: S608
        f"PRAGMA user_version = {VERSION}; COMMIT;"
    )
