"""Files that are read without positions mean the same as when they are read exactly."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.manifest.resolve.quick import quick_tasks
from jobspec.manifest.resolve.reading import Terms
from tests.benchmarks.world import TASK
from tests.proof.quick.comparing import TERMS, difference, project_difference, terms_of, values_differ
from tests.proof.quick.mutants import mutants, originals, projects

MUTANTS = 4000
PARTS = (
    "a",
    "b",
    "1",
    "0",
    "-",
    ":",
    " ",
    "  ",
    "\n",
    "#",
    ",",
    "{",
    "}",
    "[",
    "]",
    "'",
    '"',
    "|",
    ">",
    ".",
    "e",
    "+",
    "~",
    "x",
)


@pytest.mark.parametrize("terms", TERMS)
def test_no_mutant_is_read_differently(terms: Terms) -> None:
    found = {text: difference(text, terms) for text in islice(mutants(1, originals()), MUTANTS // 3)}
    assert {text: why for text, (_, why) in found.items() if why} == {}
    assert sum(accepted for accepted, _ in found.values()) > MUTANTS / 300


def test_no_mutant_of_a_project_is_read_differently() -> None:
    found = {text: project_difference(text) for text in islice(mutants(1, projects()), MUTANTS // 4)}
    assert {text: why for text, (_, why) in found.items() if why} == {}
    assert sum(accepted for accepted, _ in found.values()) > MUTANTS / 100


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
def test_no_text_has_other_values(text: str) -> None:
    assert not values_differ(text)[1]


def test_ordinary_manifests_are_read_without_positions() -> None:
    assert difference(TASK.format(number=1), terms_of("bare")) == (True, "")
    assert difference(originals()[-1], terms_of("defaults")) == (True, "")


@pytest.mark.parametrize(
    "line",
    [
        "  resourceGroup: g",
        "  args: null",
        "  args: !!str x",
        "  args: &a x",
        '  args: "\\u202e"',
        "  activeDeadline: 99999d",
        "  priority: 0b100",
        "  entrypoint: python --token abcdef123456",
        "  args: $${{ x }}",
        "  code: {source: Local, originPath: x}",
        "  env: {MLP_X: a}",
    ],
)
def test_what_needs_an_explanation_is_in_doubt(line: str) -> None:
    terms = terms_of("bare").quick
    assert terms is not None
    assert quick_tasks(TASK.format(number=1).replace("  framework: PyTorchDDP", line), terms) is None
