"""A function is found by its name in whichever module it is, or the message says what to do."""

from __future__ import annotations

import pytest

from tests.proof.simulation.functions import find

TEXTS = {
    "app.one.work": "def submit():\n    pass\n\nclass Driver:\n    def create(self):\n        pass\n",
    "app.two.work": "def look():\n    pass\n",
    "app.two.play": "def look():\n    def within():\n        pass\n",
}


@pytest.mark.parametrize(
    ("wanted", "module"),
    [
        ("submit", "app.one.work"),
        ("Driver.create", "app.one.work"),
        ("look.within", "app.two.play"),
        ("work:look", "app.two.work"),
        ("two.play:look", "app.two.play"),
        ("one:submit", "app.one.work"),
    ],
)
def test_a_qualified_name_is_found(wanted: str, module: str) -> None:
    found = find(wanted, TEXTS)
    assert found.module == module
    assert found.function.name == wanted.rpartition(":")[2].rpartition(".")[2]


def test_a_function_that_moves_to_another_module_is_found_there() -> None:
    moved = {"app.three.other": TEXTS["app.one.work"], "app.one.work": ""}
    assert find("Driver.create", moved).module == "app.three.other"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (
            "look",
            "there are 2 functions `look`, in app.two.work, app.two.play; "
            "choose one with `package_or_module:look`",
        ),
        (
            "two:look",
            "there are 2 functions `look`, in app.two.work, app.two.play; "
            "choose one with `package_or_module:look`",
        ),
        (
            "two:submit",
            "no module `two` has a function `submit`; it is in app.one.work: correct the part before `:`",
        ),
        (
            "submits",
            "no module has a function `submits`; name the one that does its work now, perhaps `submit`",
        ),
        ("create", "no module has a function `create`; name the one that does its work now"),
    ],
)
def test_a_name_without_exactly_one_function_is_refused(wanted: str, message: str) -> None:
    with pytest.raises(LookupError) as refused:
        find(wanted, TEXTS)
    assert refused.value.args[0].startswith(message)


def test_a_function_defined_twice_in_a_module_is_ambiguous() -> None:
    with pytest.raises(LookupError, match="there are 2 functions `f`, in app, app"):
        find("f", {"app": "if x:\n    def f(): pass\nelse:\n    def f(): pass\n"})
