"""A plan shows what a new run sends, but no secret."""

from __future__ import annotations

from typing import Any

import pytest

from jobspec.report.plan.settings import settings_of
from jobspec.report.plan.view import NewRunView, RoleView, SettingView
from jobspec.report.plan.words import new_run
from tests.reconcile.world import task


def settings(**spec: Any) -> dict[str, object]:
    return {one.field: one.value for one in settings_of(task(spec=spec).payload)}


def test_what_is_not_the_default_is_shown_once() -> None:
    assert settings() == {}
    assert settings(preemptible=True, priority=6, env={"SEED": "3"}, extra={"New": {"A": [1]}}) == {
        "spec.env.SEED": "3",
        "spec.extra.New.A": [1],
        "spec.preemptible": True,
        "spec.priority": 6,
    }
    roles = [{"name": "w", "replicas": 1, "flavor": "f", "gpuRate": 0.5}]
    assert settings(roles=roles, cacheType="none", framework="MPI", activeDeadline="1h") == {
        "spec.framework": "MPI",
        "spec.roles[w].gpuRate": 0.5,
    }


@pytest.mark.parametrize(
    ("env", "shown"),
    [
        ({"T": {"secret": {"env": "T"}}}, {}),
        ({"TEAM": {"value": "quiet-word", "private": True}}, {"spec.env.TEAM": "(hidden)"}),
        ({"API_TOKEN": "quiet-word"}, {"spec.env.API_TOKEN": "(hidden)"}),
        ({"URL": "https://me:quiet-word@host"}, {"spec.env.URL": "https://*************@host"}),
    ],
)
def test_no_secret_is_shown(env: dict[str, Any], shown: dict[str, str]) -> None:
    found = settings(env=env)
    assert "quiet-word" not in str(found)
    assert set(found) == set(shown)


def test_a_line_of_settings_has_a_limit_and_counts_the_rest() -> None:
    many = tuple(SettingView(field=f"spec.env.V{number:03}", value="x" * 30) for number in range(100))
    view = NewRunView(
        image="i",
        command="c",
        roles=(RoleView(name="w", replicas=1, flavor="f"),),
        queue="q",
        deadline_seconds=0,
        settings=many,
    )
    for is_brief in (False, True):
        line = list(new_run(view, is_brief=is_brief))[-1]
        assert line.startswith("settings: env.V000=xxx")
        assert len(line) < 800
        assert line.endswith(" more settings")
