"""Each type with its own form has a rule in words, and a fitted text follows the rule."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.manifest.reference import KINDS, explain_field
from jobspec.manifest.schema.fields import models_of
from jobspec.manifest.schema.type_info import TypeInfo, type_info

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

    from jobspec.manifest.schema.scalars import Model


def fields_in(model: type[Model], seen: set[type[Model]]) -> Iterator[tuple[str, FieldInfo]]:
    for name, info in model.model_fields.items():
        yield f"{model.__name__}.{name}", info
        for below in models_of(info.annotation):
            if below not in seen:
                seen.add(below)
                yield from fields_in(below, seen)


def patterns_in(part: Any) -> Iterator[str]:
    for constraint in (part, *getattr(part, "metadata", ())):
        if isinstance(pattern := getattr(constraint, "pattern", None), str):
            yield pattern
    for argument in get_args(part):
        yield from patterns_in(argument)


FIELDS = {name: info for model in KINDS.values() for name, info in fields_in(model, set())}
FORMS = {
    name: (pattern, type_info(info))
    for name, info in FIELDS.items()
    for part in (*info.metadata, info.annotation)
    for pattern in patterns_in(part)
}


@pytest.mark.parametrize("name", FORMS)
def test_every_pattern_has_a_rule_and_a_way_to_fit(name: str) -> None:
    _, known = FORMS[name]
    assert known.rule
    assert known.fit


@pytest.mark.parametrize("pattern, known", dict.fromkeys(FORMS.values()))
@given(text=st.text(min_size=1))
def test_a_fitted_text_follows_the_rule(pattern: str, known: TypeInfo, text: str) -> None:
    assert known.fit
    fitted = known.fit(text)
    assert re.search(pattern, fitted) or fitted.endswith("://")


def test_units_come_from_the_types() -> None:
    units = {name: field.unit for name in UNITS if (field := explain_field(name))}
    assert units == UNITS


UNITS = {
    "spec.activeDeadline": "seconds",
    "spec.sidecar.cpu": "cores",
    "spec.sidecar.memory": "GiB",
    "spec.platform.logLimit": "bytes",
    "spec.limits.maxLostReplicaHours": "hours times replicas",
    "spec.limits.maxSubmitReplicaHours": "hours times replicas",
}
