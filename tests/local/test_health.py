"""The health of a local platform, read without changing it."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from jobspec.local.errors import LocalError
from jobspec.local.folder import open_private, prepare
from jobspec.local.health import Health, look_at
from jobspec.local.settings import Settings
from jobspec.local.supervisor.launch import has_supervisor, take_lock
from tests.local.calls import create, ended, until
from tests.local.places import place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jobspec.local.api.app import LocalPlatform


def test_a_folder_without_a_platform_is_healthy_and_stays_empty(root: Path) -> None:
    assert look_at(place(root), Settings()) == Health(has_store=False, has_work=False, has_supervisor=False)
    assert list(root.iterdir()) == []


def test_a_supervisor_lives_while_it_has_work_and_is_gone_soon_after(root: Path, app: LocalPlatform) -> None:
    task_id = create(app, command="exec sleep 0.2")
    assert look_at(place(root), Settings()) == Health(has_store=True, has_work=True, has_supervisor=True)
    ended(app, task_id)
    until(lambda: not has_supervisor(place(root)))
    assert not look_at(place(root), Settings()).has_work


def test_looking_for_a_supervisor_takes_no_lock_away(root: Path, app: LocalPlatform) -> None:
    ended(app, create(app))
    until(lambda: not has_supervisor(place(root)))
    assert take_lock(place(root)) is not None
    assert has_supervisor(place(root))


def test_a_folder_that_cannot_be_used_is_an_error(root: Path) -> None:
    (place(root).path).symlink_to(root)
    with pytest.raises(LocalError):
        look_at(place(root), Settings())


@pytest.fixture
def looker(root: Path) -> Iterator[int]:
    """A process that holds the lock shared, as one that checks for a supervisor does."""
    prepare(place(root))
    descriptor = open_private(place(root).supervisor_lock, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    yield descriptor
    os.close(descriptor)


def test_a_process_that_only_checks_does_not_count_as_a_supervisor(
    root: Path, looker: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobspec.local.supervisor.launch.sleep", lambda _: fcntl.flock(looker, fcntl.LOCK_UN))
    lock = take_lock(place(root))
    assert lock is not None
    assert has_supervisor(place(root))
    os.close(lock)


def test_a_process_that_checks_forever_is_not_waited_for(
    root: Path, looker: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("jobspec.local.supervisor.launch.sleep", slept.append)
    assert take_lock(place(root)) is None
    assert 0 < sum(slept) < 2
