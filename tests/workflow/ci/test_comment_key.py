"""The key of a job's comment: which jobs share one."""

from __future__ import annotations

import pytest

from jobspec.workflow.ci.comment_key import comment_key


def key(*command: str, folder: str = ".", variable: str = "") -> str:
    return comment_key(("plan", *command), folder, variable)


@pytest.mark.parametrize(
    "same",
    [
        ("-eprod",),
        ("--environment", "prod"),
        ("--environment=prod",),
        ("-e", "prod", "--since", "0123abc"),
        ("--since=main", "-e", "prod"),
    ],
)
def test_one_job_has_one_key(same: tuple[str, ...]) -> None:
    assert key(*same) == key("-e", "prod") == key(variable="prod")


def test_other_jobs_have_other_keys() -> None:
    keys = [
        key(),
        key("-e", "prod"),
        key("-e", "dev", variable="prod"),
        key(folder="vision"),
        key(folder="speech"),
        key("vision"),
        key("--only", "a"),
        key("--only=b"),
        key("tasks/中文.yaml"),
        key("tasks/\udcff.yaml"),
    ]
    assert len(set(keys)) == len(keys)


def test_a_key_is_short_whatever_the_arguments_are() -> None:
    assert len(key(*("tasks/long-name.yaml" for _ in range(1000)))) == 32
