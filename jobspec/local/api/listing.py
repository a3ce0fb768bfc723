"""From the filters of ListCustomTasks to SQL. Pure: takes a request, returns statements and their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.local.api.requests import ListRequest, PageRequest

Value: TypeAlias = str | int

_COLUMNS = {"Name": "task.name", "CreateTime": "task.created", "UpdateTime": "task.updated"}


class Statement(Struct, frozen=True):
    """An SQL statement and the values of its question marks."""

    sql: str
    values: tuple[Value, ...]


class _Condition(Struct, frozen=True):
    sql: str
    values: tuple[Value, ...] = ()


def count_statement(request: ListRequest) -> Statement:
    """Return the statement that counts the tasks that pass the filters."""
    conditions = _conditions(request)
    source = _source(request, joined=bool(conditions))
    where, values = _where(request, conditions)
    return Statement(f"SELECT COUNT(*) FROM {source} WHERE {where}", values)  # noqa: S608 - constants only


def page_statement(request: ListRequest) -> Statement:
    """Return the statement for the documents of the page, in order.

    The ids are selected first: for a single tag, its index answers that without reading the tasks.
    """
    return _documents(request, _conditions(request), offset=request.page.offset)


def _documents(request: ListRequest, conditions: list[_Condition], *, offset: int) -> Statement:
    sort = _COLUMNS.get(request.page.sort_by, "")
    source = _source(request, joined=any("task." in one.sql for one in conditions) or bool(sort))
    where, values = _where(request, conditions)
    chosen = (
        f"SELECT {_id(request)} AS id FROM {source} WHERE {where} "  # noqa: S608 - constants only
        f"{_order(request.page, sort, _id(request))} LIMIT ? OFFSET ?"
    )
    sql = (
        f"SELECT task.document FROM ({chosen}) AS page JOIN task ON task.id = page.id "  # noqa: S608
        f"{_order(request.page, sort, 'task.id')}"
    )
    return Statement(sql, (*values, request.page.limit, offset))


def is_countable(request: ListRequest) -> bool:
    """Return whether the store may count what passes the filters: all tasks, or those with one tag."""
    return len(request.tags) < 2 and not _conditions(request)


def blocks_statement(request: ListRequest) -> Statement:
    """Return the statement for the blocks of counted tasks, in the order of the list."""
    direction = "DESC" if request.page.descending else "ASC"
    sql = f"SELECT first, tasks FROM tally WHERE tag = ? ORDER BY first {direction}"  # noqa: S608 - constants
    return Statement(sql, (request.tags[0] if request.tags else "",))


def page_in_blocks(request: ListRequest, blocks: Iterable[tuple[str, int]]) -> Statement:
    """Return the statement for the documents of the page, which begins in one of the counted `blocks`.

    It returns what `page_statement` does. Only a list that is sorted by Id has its blocks in order.
    """
    page = request.page
    if page.sort_by != "Id":
        return page_statement(request)
    skipped, passed = page.offset, ""
    for first, tasks in blocks:
        if skipped < tasks:
            return _documents(request, [_from_block(request, first, passed)], offset=skipped)
        skipped, passed = skipped - tasks, first
    return _documents(request, [_Condition("0")], offset=0)


def _from_block(request: ListRequest, first: str, passed: str) -> _Condition:
    """Return the condition for the ids from a block on; `passed` is where the block before it begins."""
    if not request.page.descending:
        return _Condition(f"{_id(request)} >= ?", (first,))
    return _Condition(f"{_id(request)} < ?", (passed,)) if passed else _Condition("1")


def _id(request: ListRequest) -> str:
    return "first.task_id" if request.tags else "task.id"


def _source(request: ListRequest, *, joined: bool) -> str:
    if not request.tags:
        return "task"
    # CROSS JOIN makes SQLite start from the tag, which is rarer.
    return "tag AS first" + (" CROSS JOIN task ON task.id = first.task_id" if joined else "")


def _order(page: PageRequest, sort: str, id_column: str) -> str:
    direction = "DESC" if page.descending else "ASC"
    columns = [sort, id_column] if sort else [id_column]
    return "ORDER BY " + ", ".join(f"{column} {direction}" for column in columns)


def _where(request: ListRequest, conditions: list[_Condition]) -> tuple[str, tuple[Value, ...]]:
    every = [*_tag_conditions(request), *conditions]
    sql = " AND ".join(condition.sql for condition in every) or "1"
    return sql, tuple(value for condition in every for value in condition.values)


def _tag_conditions(request: ListRequest) -> list[_Condition]:
    other = f"EXISTS (SELECT 1 FROM tag WHERE tag.tag = ? AND tag.task_id = {_id(request)})"  # noqa: S608
    return [
        _Condition("first.tag = ?" if position == 0 else other, (tag,))
        for position, tag in enumerate(request.tags)
    ]


def _conditions(request: ListRequest) -> list[_Condition]:
    found = [
        _equal("task.name", request.name),
        _equal("task.id", request.task_id),
        _equal("task.resource_group", request.resource_group),
        _among("task.queue", request.queues),
        _among("task.state", request.states),
        _fuzzy(request.fuzzy),
        # Every task here belongs to the only user, whose number is 0.
        _Condition("0") if request.creators and 0 not in request.creators else None,
    ]
    return [condition for condition in found if condition is not None]


def _equal(column: str, value: str) -> _Condition | None:
    return _Condition(f"{column} = ?", (value,)) if value else None


def _among(column: str, values: tuple[str, ...]) -> _Condition | None:
    marks = ", ".join("?" * len(values))
    return _Condition(f"{column} IN ({marks})", values) if values else None


def _fuzzy(part: str) -> _Condition | None:
    if not part:
        return None
    sql = "(instr(lower(task.name), lower(?)) > 0 OR instr(task.id, lower(?)) > 0)"
    return _Condition(sql, (part, part))
