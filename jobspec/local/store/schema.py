"""The tables of the store, as SQL. Pure.

The format has one number (`database.VERSION`). Additions that change nothing in existing tables are in
`ADDED`: they are created when an existing store is opened, and earlier releases ignore them.

`tally` makes the page at any offset of a list cheap to find, and the total cheap to count. Tasks are in
blocks of consecutive ids, about 1000 in each: a block begins at `first` and ends where the next one begins.
The rows with an empty tag are the blocks, with the number of all tasks in each; they are never removed. The
other rows count, for each tag on many tasks, its tasks in each block that has any. A tag on few tasks has no
row; its tasks are counted one by one. Only triggers write to `tally`, so it stays correct, whichever release
changes the tasks.
"""

from __future__ import annotations

BLOCK = 1024
"""Tasks in a block. A page is read after skipping less than a block, and one row for each block before it."""
MANY = 256
"""A tag on at least this many tasks has rows. Each row costs a write, and most tags are on one task."""

TABLES = """
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

COLUMNS = {
    "meta": "key, value",
    "task": "id, name, state, terminal, created, updated, resource_group, queue, priority, wake, attempts, "
    "body, document",
    "tag": "tag, task_id",
    "instance": "task_id, replica, position, launched, finished, document",
    "timeline": "position, task_id, state, time, message",
}

_BLOCK_OF = "(SELECT max(blocks.first) FROM tally AS blocks WHERE blocks.tag = '' AND blocks.first <= {id})"
_OF_NEW = _BLOCK_OF.format(id="NEW.id")
_OF_OLD = _BLOCK_OF.format(id="OLD.id")
_OF_TAGGED = _BLOCK_OF.format(id="NEW.task_id")
_OF_UNTAGGED = _BLOCK_OF.format(id="OLD.task_id")
_OF_EACH = _BLOCK_OF.format(id="tag.task_id")

ADDED = f"""
CREATE TABLE IF NOT EXISTS nonce (nonce TEXT PRIMARY KEY, seen REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS nonce_seen ON nonce (seen);
CREATE TABLE tally (
    tag TEXT NOT NULL, first TEXT NOT NULL, tasks INTEGER NOT NULL, PRIMARY KEY (tag, first)
) WITHOUT ROWID;
INSERT INTO tally SELECT '', CASE block WHEN 0 THEN '' ELSE min(id) END, count(*) FROM (
    SELECT id, (row_number() OVER (ORDER BY id) - 1) / {BLOCK} AS block FROM task
) GROUP BY block;
INSERT OR IGNORE INTO tally VALUES ('', '', 0);
INSERT INTO tally SELECT tag.tag, {_OF_EACH} AS block, count(*) FROM tag
    WHERE tag.tag IN (SELECT tag FROM tag GROUP BY tag HAVING count(*) >= {MANY}) GROUP BY tag.tag, block;
CREATE TRIGGER tally_created AFTER INSERT ON task BEGIN
    INSERT INTO tally SELECT '', NEW.id, 0
        WHERE (SELECT tasks FROM tally WHERE tag = '' ORDER BY first DESC LIMIT 1) >= {BLOCK}
        AND NOT EXISTS (SELECT 1 FROM task WHERE id > NEW.id);
    UPDATE tally SET tasks = tasks + 1 WHERE tag = '' AND first = {_OF_NEW};
END;
CREATE TRIGGER tally_deleted AFTER DELETE ON task BEGIN
    UPDATE tally SET tasks = tasks - 1 WHERE tag = '' AND first = {_OF_OLD};
END;
CREATE TRIGGER tally_tagged AFTER INSERT ON tag BEGIN
    INSERT INTO tally SELECT NEW.tag, {_OF_TAGGED}, 1
        WHERE EXISTS (SELECT 1 FROM tally WHERE tag = NEW.tag)
        ON CONFLICT DO UPDATE SET tasks = tasks + 1;
    INSERT INTO tally SELECT NEW.tag, {_OF_EACH} AS block, count(*) FROM tag WHERE tag.tag = CASE
        WHEN EXISTS (SELECT 1 FROM tally WHERE tag = NEW.tag) THEN NULL
        WHEN (SELECT 1 FROM tag WHERE tag = NEW.tag LIMIT 1 OFFSET {MANY} - 1) THEN NEW.tag END
        GROUP BY block;  -- for NULL, no row is read
END;
CREATE TRIGGER tally_untagged AFTER DELETE ON tag BEGIN
    UPDATE tally SET tasks = tasks - 1 WHERE tag = OLD.tag AND first = {_OF_UNTAGGED};
    DELETE FROM tally WHERE tag = OLD.tag AND tasks = 0 AND first = {_OF_UNTAGGED};
END;
"""  # noqa: S608 - constants only
ADDED_NAMES = frozenset(
    {"nonce", "nonce_seen", "tally", "tally_created", "tally_deleted", "tally_tagged", "tally_untagged"}
)
"""All of it is created in one transaction; an earlier release may have created the table of nonces before."""
