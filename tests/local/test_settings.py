from __future__ import annotations

from typing import get_args

import pytest

from jobspec.local.errors import LocalError
from jobspec.local.settings import RetryMode, Settings, StoppedState, from_environment
from jobspec.manifest.schema.project import PlatformModel

SECONDS = ("JOBSPEC_LOCAL_GRACE", "JOBSPEC_LOCAL_LINGER")


def test_there_are_at_least_eight_slots_by_default() -> None:
    assert from_environment({}).slots >= 8
    assert from_environment({"JOBSPEC_LOCAL_SLOTS": " "}) == Settings()


def test_settings_survive_the_way_to_the_supervisor() -> None:
    settings = Settings(
        slots=3,
        grace=0.25,
        linger=2.0,
        retry_mode=RetryMode.SAME_ID,
        optional_actions=False,
        keys_in_any_case=True,
        stopped_state=StoppedState.KILLED,
    )
    assert from_environment(settings.as_environment()) == settings


@pytest.mark.parametrize("name", SECONDS)
def test_zero_seconds_are_allowed(name: str) -> None:
    settings = from_environment({name: "0"})
    assert 0.0 in (settings.grace, settings.linger)


@pytest.mark.parametrize("value", ["", "  "])
@pytest.mark.parametrize("name", Settings().as_environment())
def test_an_empty_setting_is_the_default(name: str, value: str) -> None:
    assert from_environment({name: value}) == Settings()


def test_a_project_may_set_each_retry_mode() -> None:
    for mode in RetryMode:
        assert (
            PlatformModel.model_validate({"kind": "local", "retryMode": mode.value}).retry_mode == mode.value
        )
    annotation = PlatformModel.model_fields["retry_mode"].annotation
    allowed = next(part for part in get_args(annotation) if get_args(part))
    assert set(get_args(allowed)) == set(RetryMode)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JOBSPEC_LOCAL_SLOTS", "0"),
        ("JOBSPEC_LOCAL_SLOTS", "2.5"),
        ("JOBSPEC_LOCAL_SLOTS", "many"),
        ("JOBSPEC_LOCAL_SLOTS", "1e7"),
        ("JOBSPEC_LOCAL_SLOTS", "inf"),
        *(
            (name, value)
            for name in SECONDS
            for value in ("-1", "-0.001", "nan", "inf", "-inf", "1e7", "soon", "1s")
        ),
        ("JOBSPEC_LOCAL_RETRY_MODE", "new-id"),
        ("JOBSPEC_LOCAL_RETRY_MODE", "0"),
        ("JOBSPEC_LOCAL_OPTIONAL_ACTIONS", "no"),
        ("JOBSPEC_LOCAL_KEY_CASE", "lower"),
        ("JOBSPEC_LOCAL_STOPPED_STATE", "killed"),
    ],
)
def test_a_setting_that_is_not_allowed_is_named(name: str, value: str) -> None:
    with pytest.raises(LocalError, match=name) as refused:
        from_environment({name: value})
    assert name in refused.value.help
    assert refused.value.message.startswith(f"`{name}` is `{value}`, not ")
