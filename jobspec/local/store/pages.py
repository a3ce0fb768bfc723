"""Find a page of the list of tasks: by counted blocks of ids if the store counts them, else by its offset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.local.api import listing

if TYPE_CHECKING:
    from jobspec.local.api.requests import ListRequest
    from jobspec.local.store.database import Connection


class Listed(Struct, frozen=True):
    """A page: the texts of its documents, and the total number on all pages."""

    total: int
    documents: tuple[str, ...]


def page_of(connection: Connection, request: ListRequest) -> Listed:
    """Return the page for `request` and the count, as the transaction of the connection sees them."""
    blocks = _blocks(connection, request)
    if blocks:
        total, page = sum(tasks for _, tasks in blocks), listing.page_in_blocks(request, blocks)
    else:
        count, page = listing.count_statement(request), listing.page_statement(request)
        (total,) = connection.execute(count.sql, count.values).fetchone()
    rows = connection.execute(page.sql, page.values).fetchall()
    return Listed(total, tuple(row[0] for row in rows))


def _blocks(connection: Connection, request: ListRequest) -> list[tuple[str, int]]:
    """Return the blocks of the tasks that pass the filters, if the store counts them."""
    if not listing.is_countable(request):
        return []
    counts = listing.blocks_statement(request)
    return connection.execute(counts.sql, counts.values).fetchall()
