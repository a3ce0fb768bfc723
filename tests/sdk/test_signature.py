"""The class has the vendor's parameters, names and defaults, and says what each is for."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import jobspec
from jobspec.sdk import CustomTask
from tests.sdk import reference
from tests.sdk.docstring import meanings

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENTED: list[tuple[object, Callable[..., object]]] = [
    (CustomTask, CustomTask),
    (CustomTask.list, CustomTask.list),
    (CustomTask.list_instances, CustomTask(client=None).list_instances),
    (CustomTask.update, CustomTask(client=None).update),
    (CustomTask.wait, CustomTask(client=None).wait),
]


@pytest.mark.parametrize(
    ("printed", "ours"),
    [
        (reference.CONSTRUCTOR, CustomTask),
        (reference.LIST, CustomTask.list),
        (reference.LIST_INSTANCES, CustomTask().list_instances),
        *((method, getattr(CustomTask(), method[:-2])) for method in reference.WITHOUT_ARGUMENTS),
    ],
)
def test_parameters_are_the_vendors_in_name_order_and_default(
    printed: str, ours: Callable[..., object]
) -> None:
    assert reference.accepted(ours) == reference.parameters(printed)
    assert list(reference.accepted(ours)) == list(reference.parameters(printed))


def test_what_is_not_the_vendors_is_taken_by_keyword_only() -> None:
    taken = inspect.signature(CustomTask).parameters.values()
    assert [one.name for one in taken if one.kind is one.KEYWORD_ONLY] == ["client"]


@pytest.mark.parametrize(("documented", "called"), DOCUMENTED)
def test_every_parameter_is_explained_with_its_default(
    documented: object, called: Callable[..., object]
) -> None:
    explained = meanings(documented)
    assert list(explained) == list(inspect.signature(called).parameters)
    for name, meaning in explained.items():
        assert "Default: " in meaning or "Required by `submit`" in meaning, name


def test_every_parameter_is_kept_as_an_attribute() -> None:
    given: dict[str, Any] = {name: object() for name in reference.parameters(reference.CONSTRUCTOR)}
    task = CustomTask(**given)
    assert {name: getattr(task, name) for name in given} == given


def test_the_package_offers_the_class_and_nothing_unknown() -> None:
    assert jobspec.CustomTask is CustomTask
    with pytest.raises(AttributeError, match="no attribute 'CustomTusk'"):
        jobspec.CustomTusk  # type: ignore[attr-defined] # noqa: B018 - its error is what is tested


def test_importing_the_package_does_not_import_the_class() -> None:
    code = "import sys, jobspec; print([m for m in sys.modules if m.startswith(('jobspec.', 'httpx'))])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize("shown", [repr, str, "{}".format, lambda task: f"{task}"])
def test_no_key_is_shown(shown: Callable[[object], str]) -> None:
    task = CustomTask("t-1", "job", ak="AKLT-storage", sk="secret-storage", envs={"TOKEN": "hf-secret"})
    assert shown(task) == "CustomTask(custom_task_id='t-1', name='job')"
