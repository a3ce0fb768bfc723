"""Files that are read without positions mean the same as when they are read exactly."""

from __future__ import annotations

from itertools import chain, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.deceptive import deceptive_places
from jobspec.manifest.resolve.project_reading import read_project_file
from jobspec.manifest.resolve.quick import quick_tasks, with_origins
from jobspec.manifest.resolve.reading import Terms
from jobspec.manifest.task import ScopeOptions
from jobspec.manifest.yaml.quick import quick_documents
from tests.benchmarks.world import TASK
from tests.proof.quick.comparing import (
    HEAD,
    PROJECTS,
    TERMS,
    difference,
    project_difference,
    terms_of,
    values_differ,
)
from tests.proof.quick.mutants import mutants, originals, projects

MUTANTS = 2_000
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


@pytest.mark.long
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
        "  tensorboard:\n    path: >-\n \n      logs/a?b=c\n       d",
        "  args: a\u4e36b",
        '  args: "a\\u4e36b"',
    ],
)
def test_what_needs_an_explanation_is_in_doubt(line: str) -> None:
    terms = terms_of("bare").quick
    assert terms is not None
    assert quick_tasks(TASK.format(number=1).replace("  framework: PyTorchDDP", line), terms) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: Task", "kind: ${{ vars.kind }}"),
        ("apiVersion: jobspec/v1", "apiVersion: ${{ vars.version }}"),
        (TASK[TASK.index("metadata:") : TASK.index("spec:")], "metadata: ${{ vars.meta }}\n"),
        ("  tags: [team-vision, sweep]", '  "allow\\x50laintext": [spec.args]'),
    ],
)
def test_what_the_exact_reader_judges_before_the_expansion_is_in_doubt(old: str, new: str) -> None:
    terms = terms_of("headers").quick
    assert terms is not None
    text = TASK.replace(old, new)
    assert text != TASK
    assert quick_tasks(text.replace("{number}", "1"), terms) is None


def test_a_tag_that_an_expression_completes_is_added_once() -> None:
    text = TASK.format(number=1).replace("[team-vision, sweep]", '["team-${{ vars.team }}"]')
    assert difference(text, terms_of("headers")) == (True, "")


def test_a_file_that_defaults_make_too_large_is_in_doubt() -> None:
    terms = terms_of("large").quick
    assert terms is not None
    tasks = [TASK.format(number=number) for number in range(120)]
    assert quick_tasks("---\n".join(tasks[:20]), terms) is not None
    assert quick_tasks("---\n".join(tasks), terms) is None


def test_a_nesting_beyond_the_limit_is_in_doubt() -> None:
    for levels in (20, 64, 100):
        for opened, closed in (("{a: ", "}"), ("[", "]")):
            value = opened * levels + "x" + closed * levels
            text = f"{HEAD}spec: {{vars: {{a: {value}}}}}\n"
            assert project_difference(text) == (levels == 20, "")


@pytest.mark.parametrize(
    "text", ["a: ! 5", "- ! 5", "a: ! {b: c}", "a: ! '5'", '{"a":!t x}', '{"a":!!str 5}', '{"a":&b c}']
)
def test_a_tag_or_an_anchor_is_in_doubt(text: str) -> None:
    assert quick_documents(text + "\n") is None


def test_a_cjk_character_that_looks_like_ascii_is_in_doubt() -> None:
    for character in map(chr, chain(range(0x3400, 0x4DC0), range(0x4E00, 0xA000))):
        if deceptive_places(f"a{character}b"):
            assert quick_documents(f"a: {character}\n") is None


def test_an_inherited_secret_has_its_place_in_the_project_file() -> None:
    data = (HEAD + PROJECTS["defaults"]).encode()
    _, file, _ = read_project_file(data, "jobspec.yaml", ScopeOptions())
    assert file is not None
    assert file.exact is not None
    assert file.terms.quick is not None
    text = TASK.format(number=1)
    found = quick_tasks(text, file.terms.quick)
    assert found is not None
    [task] = with_origins(found, text, "t.yaml", file.terms.quick)
    assert task.origin.secret_places["secret env HF_TOKEN"].file == "jobspec.yaml"
