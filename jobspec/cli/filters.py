"""The filters of the platform's list as options, for commands about any task of the account."""

from __future__ import annotations

from functools import wraps
from typing import Any, cast

import click

from jobspec.cli import options
from jobspec.cli.parameters import TEXT, WholeNumber
from jobspec.errors import UsageError
from jobspec.quoting import quote

_FIELDS = {
    "name": "name",
    "fuzzy": "fuzzy",
    "group": "resource_group_id",
    "queues": "resource_queue_ids",
    "creators": "creator_user_ids",
    "states": "states",
    "tags": "tags",
}
"""Each option by its parameter, and the field of a query that it sets."""

_NAME = click.option("--name", type=TEXT, metavar="NAME", help="Select tasks with exactly this name.")
_FUZZY = click.option(
    "--filter", "fuzzy", type=TEXT, metavar="TEXT", help="Select tasks whose name or id contains this text."
)
_GROUP = click.option("--group", type=TEXT, metavar="ID", help="Select tasks in this resource group.")
_QUEUE = click.option(
    "--queue",
    "queues",
    multiple=True,
    type=TEXT,
    metavar="ID",
    help="Select tasks in this queue; repeatable.",
)
_CREATOR = click.option(
    "--creator",
    "creators",
    multiple=True,
    type=WholeNumber(min=0),
    metavar="NUMBER",
    help="Select tasks created by the user with this id; repeatable.",
)
_STATE = click.option(
    "--state",
    "states",
    type=TEXT,
    multiple=True,
    callback=lambda _ctx, _param, value: _spelled(value),
    metavar="STATE",
    help="Select tasks in this state, for example Running; repeatable.",
)
_TAG = click.option(
    "--tag",
    "tags",
    multiple=True,
    type=TEXT,
    metavar="TAG",
    help="Select tasks with this tag; if repeated, with all of them.",
)


def task_filters(command: options.Command) -> options.Command:
    """Add the filters, and pass the given ones to the command as `filters`: the fields of a query."""

    @wraps(command)
    def with_filters(**typed: Any) -> Any:
        given = {field: typed.pop(name) for name, field in _FIELDS.items()}
        return command(filters={field: value for field, value in given.items() if value}, **typed)

    added = _NAME(_FUZZY(_GROUP(_QUEUE(_CREATOR(_STATE(_TAG(with_filters)))))))
    return cast("options.Command", added)


def _spelled(typed: tuple[str, ...]) -> tuple[str, ...]:
    """Return the states in the platform's spelling. Raises `UsageError` for an unknown one."""
    from difflib import get_close_matches

    from jobspec.reconcile.runs import STATES

    known = {state.lower(): state for state in STATES}
    for state in typed:
        if state.lower() not in known:
            close = get_close_matches(state.lower(), known, n=1)
            help_ = (
                f"did you mean `{known[close[0]]}`?" if close else f"available states: {', '.join(STATES)}"
            )
            raise UsageError(f"there is no state {quote(state)}", help=help_)
    return tuple(dict.fromkeys(known[state.lower()] for state in typed))
