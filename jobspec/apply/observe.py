"""Reads the live runs: from the platform's records to the core's values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.cloud.answers.query import ListQuery
from jobspec.reconcile import tags
from jobspec.reconcile.runs import FINISHED, STATES, LiveRole, Run, phase_of
from jobspec.reconcile.tags import TagKey

if TYPE_CHECKING:
    from collections.abc import Collection

    from jobspec.cloud.answers.wire import TaskRecord
    from jobspec.cloud.client import PlatformClient
    from jobspec.manifest.task import Scope

# Beyond this, one listing of the whole account is cheaper than one per name.
_NAMES_ASKED_SINGLY = 20
_ACTIVE_STATES = tuple(state for state in STATES if phase_of(state) not in FINISHED)
_EVERYTHING = ListQuery(sort_by="Id", sort_order="Ascend")


def observe(client: PlatformClient, scope: Scope) -> tuple[Run, ...]:
    """Return every run of a scope. Raises `ListingIncomplete` if the list cannot be proven complete."""
    return find(client, tag=tags.encode(TagKey.SCOPE, str(scope)))


def find(client: PlatformClient, *, tag: str = "", name: str = "") -> tuple[Run, ...]:
    """Return every run with the tag, or with exactly the name, in ascending order of ids."""
    query = ListQuery(name=name, tags=(tag,) if tag else (), sort_by="Id", sort_order="Ascend")
    return tuple(map(run_of, client.list_all(query)))


def find_active(client: PlatformClient, tag: str) -> tuple[Run, ...]:
    """Return at least every run with the tag that is in a known active state.

    That takes one request while one page holds them all; else the whole list is read. A platform that ignores
    the filter of states returns runs in others, too.
    """
    query = ListQuery(tags=(tag,), states=_ACTIVE_STATES, sort_by="Id", sort_order="Ascend")
    page = client.list_page(query)
    if page.total is None or page.total > len(page.tasks):
        return find(client, tag=tag)
    return tuple(run_of(record) for record in page.tasks if tag in record.tags)


def find_named(client: PlatformClient, names: Collection[str]) -> tuple[Run, ...]:
    """Return every run of the account that has one of the names, from any user."""
    if len(names) <= _NAMES_ASKED_SINGLY:
        return tuple(run for name in names for run in find(client, name=name))
    wanted = frozenset(names)
    found = client.list_all(_EVERYTHING, keep=lambda record: record.name in wanted)
    return tuple(map(run_of, found))


def run_of(record: TaskRecord) -> Run:
    """Return a record as the core sees it; a description that the platform did not echo stays unknown."""
    return Run(
        id=record.id,
        name=record.name,
        state=record.state,
        tags=record.tags,
        description=record.description if record.has_description else None,
        created=record.create_time,
        launched=record.launch_time,
        finished=record.finish_time,
        exit_code=record.exit_code,
        unmasked_detail=record.diag_info,
        queue=record.queue,
        roles=tuple(
            LiveRole(role.name, role.replicas, role.flavor, role.gpus, role.gpu_rate) for role in record.roles
        ),
        spec=record.raw,
        marks=tags.read(record.tags),
        server_time=record.server_time,
    )
