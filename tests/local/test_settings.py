from __future__ import annotations

import pytest

from jobspec.local.errors import LocalError
from jobspec.local.settings import Settings, from_environment


def test_there_are_at_least_eight_slots_by_default() -> None:
    assert from_environment({}).slots >= 8
    assert from_environment({"JOBSPEC_LOCAL_SLOTS": " "}) == Settings()


def test_settings_survive_the_way_to_the_supervisor() -> None:
    settings = Settings(slots=3, grace=0.25, linger=2.0)
    assert from_environment(settings.as_environment()) == settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JOBSPEC_LOCAL_SLOTS", "0"),
        ("JOBSPEC_LOCAL_SLOTS", "2.5"),
        ("JOBSPEC_LOCAL_SLOTS", "many"),
        ("JOBSPEC_LOCAL_GRACE", "-1"),
        ("JOBSPEC_LOCAL_GRACE", "nan"),
        ("JOBSPEC_LOCAL_GRACE", "inf"),
    ],
)
def test_a_setting_that_is_no_number_is_named(name: str, value: str) -> None:
    with pytest.raises(LocalError, match=name) as refused:
        from_environment({name: value})
    assert name in refused.value.help
