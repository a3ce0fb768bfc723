"""`jobspec task list`: the live tasks of an account, with every filter of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct
from msgspec.structs import replace

from jobspec.cli import options, terminal
from jobspec.cli.applying.watching import watch as keep_showing
from jobspec.cli.exits import Exit
from jobspec.cli.filters import task_filters
from jobspec.cli.parameters import TEXT, OneOf, ScopeName, WholeNumber
from jobspec.cli.tasks import live_tasks, streamed_tasks
from jobspec.cloud.answers.query import (
    ListQuery,
    SortBy,
    SortOrder,
)
from jobspec.errors import UsageError
from jobspec.quoting import quote
from jobspec.report.table import choose
from jobspec.report.tasks import text as tasks_text
from jobspec.report.tasks.text import COLUMNS
from jobspec.workflow.account.tasks import (
    OpenAccount,
    all_listed,
    list_tasks,
    own_scope,
    scope_tag,
    stream_tasks,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.cli.options import Account
    from jobspec.cli.tasks.streamed_tasks import Beginning
    from jobspec.report.table import Look
    from jobspec.report.tasks.view import TasksView

_WATCH_SECONDS = 2.0
_DEFAULT_LIMIT = 50


class _Wanted(Struct, frozen=True):
    """The selected tasks and the output format."""

    query: ListQuery
    limit: int | None
    columns: tuple[str, ...]
    output: str
    has_header: bool = True


@click.command("list")
@options.platform_options
@task_filters
@click.option("--id", "task_id", type=TEXT, metavar="ID", help="List only the task with this id.")
@click.option(
    "--managed",
    type=ScopeName(),
    metavar="SCOPE",
    help="List only runs of this scope, for example vision/prod, as shown in the column `managed`.",
)
@click.option(
    "--managed-by-this", is_flag=True, help="List only runs of the current project and environment."
)
@click.option(
    "--sort-by",
    type=OneOf("sort field", ["Id", "Name", "CreateTime", "UpdateTime"], case_sensitive=False),
    metavar="[Id|Name|CreateTime|UpdateTime]",
    default="Id",
    show_default=True,
    help="Sort by this field; ids follow the order of creation.",
)
@click.option(
    "--order",
    type=OneOf("sort direction", ["Ascend", "Descend"], case_sensitive=False),
    metavar="[Ascend|Descend]",
    default="Descend",
    show_default=True,
    help="Sort direction.",
)
@click.option(
    "--limit", type=WholeNumber(min=1), metavar="N", help="List at most this many tasks; 50 by default."
)
@click.option("--all", "everything", is_flag=True, help="List all tasks; fail if the list may be incomplete.")
@click.option(
    "-c", "--columns", type=TEXT, metavar="NAME,…", help="Columns to show, for example id,name,tags."
)
@click.option("--no-header", is_flag=True, help="Omit the header line, for use in scripts.")
@live_tasks.OUTPUT
@click.option("-w", "--watch", is_flag=True, help="Refresh every two seconds until Ctrl-C.")
def list_(
    *,
    account: Account,
    filters: dict[str, Any],
    task_id: str | None,
    managed: str | None,
    managed_by_this: bool,
    sort_by: SortBy,
    order: SortOrder,
    limit: int | None,
    everything: bool,
    columns: str | None,
    no_header: bool,
    output: str,
    watch: bool,
) -> int:
    """List the tasks of the account.

    Includes tasks that jobspec did not submit. Lists the newest 50 by default.

    \b
    Examples:
      jobspec task list --state Running --state Queue
      jobspec task list --filter resnet --sort-by CreateTime --limit 5 -o wide
      jobspec task list --all -c id,name,creator,tags
      jobspec task list -e prod --managed-by-this
      jobspec task list --name hello --state Running -c id --no-header
      jobspec task list --platform volcengine --region cn-beijing -o json
    """
    of_tables = {"--watch": watch, "--columns": columns is not None, "--no-header": no_header}
    _check(limit, everything=everything, output=output, of_tables=of_tables)
    most = _limit(limit, everything=everything)
    if managed is not None and managed_by_this:
        raise UsageError(
            "`--managed` cannot be combined with `--managed-by-this`", help="remove one of the two"
        )
    names = _chosen(columns)
    opened = live_tasks.opened(account)
    filters["tags"] = (
        *_managed_tags(opened, managed, managed_by_this=managed_by_this),
        *filters.get("tags", ()),
    )
    query = ListQuery(id=task_id or "", sort_by=sort_by, sort_order=order, **filters)
    wanted = _Wanted(query, most, names, output, has_header=not no_header)
    if watch:
        keep_showing(lambda: _watched(opened, wanted), seconds=_WATCH_SECONDS)
    if not _is_streamed(wanted):
        _show(_read(opened, wanted), wanted, account)
        return Exit.DONE
    beginning = streamed_tasks.begin(stream_tasks(opened, query))
    if beginning.is_complete:
        _show(all_listed(opened, beginning.tasks), wanted, account)
    else:
        _stream(beginning, opened, wanted, account)
    return Exit.DONE


def _is_streamed(wanted: _Wanted) -> bool:
    """Return whether the tasks can be written as they arrive: in the order in which they are read."""
    return wanted.limit is None and wanted.query.sort_by == "Id" and wanted.output != "yaml"


def _show(view: TasksView, wanted: _Wanted, account: Account) -> None:
    live_tasks.show(view, wanted.output, lambda: _text(view, wanted))
    if wanted.output in live_tasks.TABLES:
        terminal.message(_summary(view))
        live_tasks.advise(view.tasks, account)


def _stream(beginning: Beginning, opened: OpenAccount, wanted: _Wanted, account: Account) -> None:
    if wanted.output not in live_tasks.TABLES:
        streamed_tasks.write_json(beginning, opened.platform)
        return
    tally = streamed_tasks.write_table(beginning, _look(wanted), wanted.columns)
    terminal.message(tasks_text.whole_summary(tally.number, opened.platform))
    live_tasks.advise(tally.doubtful, account, others=tally.others)


def _managed_tags(opened: OpenAccount, scope: str | None, *, managed_by_this: bool) -> tuple[str, ...]:
    wanted = own_scope(opened) if managed_by_this else scope
    return () if wanted is None else (scope_tag(wanted),)


def _check(limit: int | None, *, everything: bool, output: str, of_tables: Mapping[str, bool]) -> None:
    if everything and limit is not None:
        raise UsageError("`--all` cannot be combined with `--limit`", help="remove one of the two")
    given = [option for option, is_given in of_tables.items() if is_given]
    if given and output not in live_tasks.TABLES:
        raise UsageError(
            f"{quote(given[0])} applies to tables only; {output} output has every field",
            help=f"remove {given[0]} or -o {output}",
        )


def _limit(limit: int | None, *, everything: bool) -> int | None:
    return None if everything else limit or _DEFAULT_LIMIT


def _chosen(columns: str | None) -> tuple[str, ...]:
    """Return the names of the columns, checked before any request to the platform."""
    if columns is None:
        return ()
    names = tuple(name.strip().lower() for name in columns.split(",") if name.strip())
    if not names:
        raise UsageError("`--columns` names no column", help=f"available columns: {', '.join(COLUMNS)}")
    choose(names, COLUMNS)
    return tuple(dict.fromkeys(names))


def _read(opened: OpenAccount, wanted: _Wanted) -> TasksView:
    return list_tasks(opened, wanted.query, limit=wanted.limit)


def _text(view: TasksView, wanted: _Wanted) -> str:
    return tasks_text.tasks(view.tasks, _look(wanted), wanted.columns)


def _look(wanted: _Wanted) -> Look:
    return replace(live_tasks.look(wanted.output), has_header=wanted.has_header)


def _summary(view: TasksView) -> str:
    return tasks_text.summary(view)


def _watched(opened: OpenAccount, wanted: _Wanted) -> str:
    view = _read(opened, wanted)
    return _text(view, wanted) + _summary(view)
