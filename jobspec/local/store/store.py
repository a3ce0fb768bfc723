"""The tasks of one project folder, kept in SQLite: every change is one transaction, safe between processes.

A change of state goes through `lifecycle.move`, checked against the state stored at that moment, so that the
loser of a race gets `IllegalMove`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jobspec.local.api.documents import (
    Document,
    Hides,
    dump,
    task_document,
    undocumented_text,
)
from jobspec.local.clock import rfc3339
from jobspec.local.errors import StoreUnusable, UnknownTask
from jobspec.local.store import damage
from jobspec.local.store.damage import StoredTask, stored_task
from jobspec.local.store.database import (
    START_EMPTY,
    Connection,
    Database,
)
from jobspec.local.store.ids import next_id
from jobspec.local.store.pages import Listed, page_of
from jobspec.local.store.spec import DEFAULT_PRIORITY
from jobspec.local.supervisor.lifecycle import HOLDING, TERMINAL, Event, State, move

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from jobspec.local.api.requests import ListRequest, PageRequest, UpdateRequest


_NONCE_SECONDS = 3600.0


class Transition(Struct, frozen=True):
    """What is recorded with a change of state: DiagInfo and ExitCode; None keeps the present value.

    `wake` is when the next step is due, in seconds since the epoch.
    """

    message: str | None = None
    exit_code: int | None = None
    wake: float = 0.0


class Copy(Struct, frozen=True):
    """How a task is created again after its failure: with or without tags, the message, and the due time."""

    with_tags: bool
    message: str
    wake: float


class Store:
    """The tasks in `database`; `hides` decides what answers omit of a new one."""

    def __init__(self, database: Database, hides: Hides = undocumented_text) -> None:
        self._database = database
        self._hides = hides

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def remember(self, nonce: str, *, now: datetime) -> bool:
        """Record the nonce of a write, for longer than a signature is valid; return whether it is new."""
        moment = now.timestamp()
        with self._database.writing() as connection:
            connection.execute("DELETE FROM nonce WHERE seen < ?", (moment - _NONCE_SECONDS,))
            made = connection.execute("INSERT OR IGNORE INTO nonce VALUES (?, ?)", (nonce, moment))
            return made.rowcount == 1

    def identity(self) -> str:
        """Return the id that distinguishes this store from every other."""
        with self._database.reading() as connection:
            return _meta(connection, "store")

    def create(self, body: Mapping[str, Any], *, now: datetime) -> str:
        """Queue a new task from a checked request; return its id."""
        with self._database.writing() as connection:
            task_id, created = _next(connection, now)
            document = task_document(task_id, body, created=created, hides=self._hides)
            _queue(connection, document, body, message="waiting in the queue")
        return task_id

    def document(self, task_id: str) -> str:
        """Return the text of a task's document. Raises `UnknownTask`."""
        row = self._database.row("SELECT document FROM task WHERE id = ?", (task_id,))
        if row is None:
            raise UnknownTask(task_id)
        return str(row[0])

    def page(self, request: ListRequest) -> Listed:
        """Return the page for `request` and the count, from the same moment."""
        with self._database.reading() as connection:
            return page_of(connection, request)

    def update(self, update: UpdateRequest, *, now: datetime) -> None:
        """Change name, description and tags in place. Raises `UnknownTask`."""
        with self._database.writing() as connection:
            document = json.loads(_row(connection, update.task_id, "document")[0])
            wanted = {"Name": update.name, "Description": update.description, "Tags": update.tags}
            document |= {key: value for key, value in wanted.items() if value is not None}
            document["UpdateTime"] = rfc3339(now)
            _save(connection, document)
            if update.tags is not None:
                connection.execute("DELETE FROM tag WHERE task_id = ?", (update.task_id,))
                _insert_tags(connection, update.task_id, update.tags)

    def move(self, task_id: str, event: Event, change: Transition, *, now: datetime) -> State:
        """Apply `event` to the task; return its new state. Raises `IllegalMove` and `UnknownTask`."""
        with self._database.writing() as connection:
            (text,) = _row(connection, task_id, "document")
            document = json.loads(text)
            state = move(State(document["State"]), event)
            _save(connection, _moved(document, state, change, rfc3339(now)))
            retries = 1 if event is Event.RETRY else 0
            connection.execute(
                "UPDATE task SET wake = ?, attempts = attempts + ? WHERE id = ?",
                (change.wake, retries, task_id),
            )
            _note(connection, task_id, state, time=rfc3339(now), message=change.message or "")
        return state

    def retry_as_new(self, task_id: str, change: Transition, copy: Copy, *, now: datetime) -> str:
        """End the task as Failed and queue a copy of it, in one transaction; return the id of the copy.

        The copy has the request of the task, including secrets, and its present name, description and tags.
        Raises `IllegalMove` and `UnknownTask`.
        """
        with self._database.writing() as connection:
            text, body, attempts = _row(connection, task_id, "document, body, attempts")
            document = json.loads(text)
            state = move(State(document["State"]), Event.FAIL)
            copy_id, created = _next(connection, now)
            request = _request_again(json.loads(body), document, with_tags=copy.with_tags)
            # The copy shows the same fields of its request as the task.
            shown = {key: value for key, value in document.items() if key in request} | _labels(request)
            again = task_document(copy_id, request, created=created) | shown
            _queue(connection, again, request, message=copy.message)
            connection.execute(
                "UPDATE task SET wake = ?, attempts = ? WHERE id = ?", (copy.wake, attempts + 1, copy_id)
            )
            _save(connection, _moved(document, state, change, rfc3339(now)))
            _note(connection, task_id, state, time=rfc3339(now), message=f"retried as {copy_id}")
        return copy_id

    def explain(self, task_id: str, message: str) -> None:
        """Set the DiagInfo of a task that waits in the queue; other fields and other tasks are unchanged."""
        with self._database.writing() as connection:
            document = json.loads(_row(connection, task_id, "document")[0])
            if document["State"] == State.QUEUE:
                _save(connection, document | {"DiagInfo": message})

    def delete(self, task_id: str) -> bool:
        """Delete the record of an ended task. Return False, and do nothing, if it is active."""
        with self._database.writing() as connection:
            (terminal,) = _row(connection, task_id, "terminal")
            if not terminal:
                return False
            connection.execute("DELETE FROM task WHERE id = ?", (task_id,))
            for table in ("tag", "instance", "timeline"):
                connection.execute(f"DELETE FROM {table} WHERE task_id = ?", (task_id,))  # noqa: S608
        return True

    def timeline(self, task_id: str) -> list[Document]:
        """Return the task's states, oldest first. Raises `UnknownTask`."""
        with self._database.reading() as connection:
            _row(connection, task_id, "id")
            rows = connection.execute(
                "SELECT state, time, message FROM timeline WHERE task_id = ? ORDER BY position", (task_id,)
            )
            return [{"State": state, "StartTime": time, "Message": text} for state, time, text in rows]

    def put_instances(self, task_id: str, documents: list[Document]) -> None:
        """Write the task's instances, in order; existing ones are replaced."""
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO instance VALUES (?, ?, ?, ?, ?, ?)",
                [_instance_row(task_id, place, document) for place, document in enumerate(documents)],
            )

    def change_instances(self, task_id: str, changes: Mapping[str, Document]) -> None:
        """Merge `changes`, by replica name, into the task's instances; a damaged one is unchanged."""
        with self._database.writing() as connection:
            rows = connection.execute(
                "SELECT replica, position, document FROM instance WHERE task_id = ?", (task_id,)
            ).fetchall()
            connection.executemany(
                "INSERT OR REPLACE INTO instance VALUES (?, ?, ?, ?, ?, ?)",
                [
                    _instance_row(task_id, place, document | changes[replica])
                    for replica, place, text in rows
                    if replica in changes and (document := damage.instance(text)) is not None
                ],
            )

    def finish_instances(self, task_id: str, end: Document) -> None:
        """Merge `end` into those of the task's instances that have no end yet."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT replica FROM instance WHERE task_id = ? AND finished = ''", (task_id,)
            ).fetchall()
        self.change_instances(task_id, {row[0]: end for row in rows})

    def instances(self, task_id: str, page: PageRequest) -> tuple[int, list[Document]]:
        """Return the number of the task's instances, and those of the page. Raises `UnknownTask`."""
        column = {"LaunchTime": "launched", "FinishTime": "finished"}.get(page.sort_by, "position")
        direction = "DESC" if page.descending else "ASC"
        with self._database.reading() as connection:
            _row(connection, task_id, "id")
            rows = connection.execute(
                "SELECT document FROM instance WHERE task_id = ? "  # noqa: S608 - constants
                f"ORDER BY {column} {direction}, position {direction} LIMIT ? OFFSET ?",
                (task_id, page.limit, page.offset),
            ).fetchall()
            (total,) = connection.execute(
                "SELECT COUNT(*) FROM instance WHERE task_id = ?", (task_id,)
            ).fetchone()
        return total, [json.loads(row[0]) for row in rows]

    def has_work(self) -> bool:
        """Return whether any task has not ended, so that a supervisor must run."""
        return self._database.row("SELECT 1 FROM task WHERE terminal = 0 LIMIT 1") is not None

    def live(self) -> int:
        """Return the number of tasks that have not ended."""
        with self._database.reading() as connection:
            (found,) = connection.execute("SELECT count(*) FROM task WHERE terminal = 0").fetchone()
        return int(found)

    def requests_that_hold_resources(self) -> list[Document]:
        """Return the create requests of the tasks that have left the queue and have not ended."""
        sql = "SELECT body FROM task WHERE terminal = 0 AND state NOT IN (?, ?)"
        with self._database.reading() as connection:
            rows = connection.execute(sql, (State.INITIALIZED, State.QUEUE)).fetchall()
        return [body for (text,) in rows if (body := damage.request(text)) is not None]

    def admitted(self, *, now: datetime) -> list[StoredTask]:
        """Return the tasks that have left the queue and have not ended; damaged ones are ended first."""
        return self._stored("state <> 'Queue'", (), now=now)

    def head_of_queue(self, *, now: datetime) -> StoredTask | None:
        """Return the next task to start: the oldest of the highest priority, if it is due.

        A task that is due in the future counts as due if the clock was set back, perhaps by days.
        """
        due = "(wake <= ? OR typeof(wake) <> 'real' OR updated > ?)"
        condition = f"state = 'Queue' AND {due} ORDER BY priority DESC, id LIMIT 1"
        found = self._stored(condition, (now.timestamp(), rfc3339(now)), now=now)
        return found[0] if found else None

    def _stored(self, condition: str, values: tuple[float | str, ...], *, now: datetime) -> list[StoredTask]:
        sql = f"SELECT {damage.COLUMNS} FROM task WHERE terminal = 0 AND {condition}"  # noqa: S608 - constants
        ended: set[str] = set()
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(sql, values).fetchall()
            tasks = [(row[0], stored_task(row)) for row in rows]
            damaged = [task_id for task_id, task in tasks if task is None]
            if not damaged:
                return [task for _, task in tasks if task is not None]
            if not ended.isdisjoint(damaged):
                raise _contradictory()
            for task_id in damaged:
                self._fail_damaged(task_id, rfc3339(now))
            ended.update(damaged)

    def _fail_damaged(self, task_id: str, time: str) -> None:
        end = {"FinishTime": time, "State": State.KILLED, "DiagInfo": damage.NOTE}
        self.finish_instances(task_id, end)
        with self._database.writing() as connection:
            try:
                row = _row(connection, task_id, "name, created, document")
            except UnknownTask:
                raise _contradictory() from None
            name, created, text = (str(value or "") for value in row)
            document = damage.failed_document(task_id, name, text, created=created, now=time)
            _save(connection, document)
            _note(connection, task_id, State.EXCEPTION, time=time, message=damage.NOTE)


def _contradictory() -> StoreUnusable:
    """Return the error for an index that contradicts its table: writes to one do not show in the other."""
    return StoreUnusable("the store is damaged: it lists a task without a record", help=START_EMPTY)


def _meta(connection: Connection, key: str) -> str:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""


def _set_meta(connection: Connection, values: Mapping[str, str]) -> None:
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))


def _row(connection: Connection, task_id: str, column: str) -> tuple[Any, ...]:
    sql = f"SELECT {column} FROM task WHERE id = ?"  # noqa: S608 - the columns are constants
    row: tuple[Any, ...] | None = connection.execute(sql, (task_id,)).fetchone()
    if row is None:
        raise UnknownTask(task_id)
    return row


def _next(connection: Connection, now: datetime) -> tuple[str, str]:
    """Return the id and the creation time of a new task: both ascend, even if the clock is set back."""
    task_id = next_id(_meta(connection, "last id"), now)
    created = max(rfc3339(now), _meta(connection, "last created"))
    _set_meta(connection, {"last id": task_id, "last created": created})
    return task_id, created


def _queue(connection: Connection, document: Document, body: Mapping[str, Any], *, message: str) -> None:
    """Store a new task and queue it."""
    task_id, created = document["Id"], document["CreateTime"]
    _insert(connection, document | {"State": State.QUEUE, "DiagInfo": message}, body)
    _note(connection, task_id, State.INITIALIZED, time=created, message="created")
    _note(connection, task_id, State.QUEUE, time=created, message=message)


def _labels(request: Document) -> Document:
    return {key: request[key] for key in ("Name", "Description", "Tags")}


def _request_again(body: Document, document: Document, *, with_tags: bool) -> Document:
    present = {key: document[key] for key in ("Name", "Description")}
    return body | present | {"Tags": document["Tags"] if with_tags else []}


def _insert(connection: Connection, document: Document, body: Mapping[str, Any]) -> None:
    document["Tags"] = list(dict.fromkeys(document["Tags"]))
    created = document["CreateTime"]
    where = (document["ResourceGroupId"], document.get("ResourceQueueId", ""))
    priority = body.get("Priority") or DEFAULT_PRIORITY
    connection.execute(
        "INSERT INTO task VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, 0, 0, ?, ?)",
        (
            *(document["Id"], document["Name"], State.QUEUE, created, created),
            *(*where, priority, dump(body), dump(document)),
        ),
    )
    _insert_tags(connection, document["Id"], document["Tags"])


def _insert_tags(connection: Connection, task_id: str, tags: list[str] | tuple[str, ...]) -> None:
    connection.executemany("INSERT INTO tag VALUES (?, ?)", [(tag, task_id) for tag in tags])


def _save(connection: Connection, document: Document) -> None:
    state = State(document["State"])
    connection.execute(
        "UPDATE task SET name = ?, state = ?, terminal = ?, updated = ?, document = ? WHERE id = ?",
        (
            *(document["Name"], state, state in TERMINAL, document["UpdateTime"]),
            *(dump(document), document["Id"]),
        ),
    )


def _moved(document: Document, state: State, change: Transition, time: str) -> Document:
    noted = {"DiagInfo": change.message, "ExitCode": change.exit_code}
    changed: Document = {key: value for key, value in noted.items() if value is not None}
    changed |= {"State": state, "UpdateTime": time}
    if state is State.QUEUE:
        changed |= {"LaunchTime": "", "FinishTime": ""}
    if state is State.RUNNING:
        changed |= {"LaunchTime": time}
    if state in TERMINAL | HOLDING and not document["FinishTime"]:
        changed |= {"FinishTime": time}
    return document | changed


def _note(connection: Connection, task_id: str, state: State, *, time: str, message: str) -> None:
    connection.execute(
        "INSERT INTO timeline (task_id, state, time, message) VALUES (?, ?, ?, ?)",
        (task_id, state, time, message),
    )


def _instance_row(task_id: str, position: int, document: Document) -> tuple[str | int, ...]:
    replica = f"{document['RoleName']}-{document['RoleIndex']}"
    times = (document["LaunchTime"], document["FinishTime"])
    return (task_id, replica, position, *times, dump(document))
