"""Expressions are expanded in place, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.manifest.expressions.evaluating import ExpressionContext
from jobspec.manifest.resolve.expressions import expand, expand_variables
from jobspec.manifest.task import Scope
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import Mapping, Scalar, plain

VARS = "{n: 4, ratio: 0.10, flag: true, text: hello, deep: {er: x}, list: [1, 2], empty: null}"


def _context(environment: str | None = "prod") -> ExpressionContext:
    [variables] = parse(VARS.encode(), "vars.yaml").documents
    assert isinstance(variables, Mapping)
    return ExpressionContext(variables, Scope("vision", environment))


def _expanded(text: str) -> object:
    node, problems = expand(parse(text.encode(), "f.yaml").documents[0], _context())
    assert problems == ()
    return plain(node)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${{ vars.n }}", 4),
        ("${{vars.n}}", 4),
        ("${{ vars.flag }}", True),
        ("${{ vars.list }}", [1, 2]),
        ("${{ vars.deep }}", {"er": "x"}),
        ("${{ vars.empty }}", None),
        ("n is ${{ vars.n }}", "n is 4"),
        ("${{ vars.n }}${{ vars.n }}", "44"),
        ("lr=${{ vars.ratio }}", "lr=0.10"),
        ("${{ vars.deep.er }}-${{ scope.project }}/${{ scope.environment }}", "x-vision/prod"),
        ("$VAR ${VAR} $((1+1)) $$", "$VAR ${VAR} $((1+1)) $$"),
        ("$${{ vars.n }}", "${{ vars.n }}"),
    ],
)
def test_an_expression_expands_to_its_value(text: str, value: object) -> None:
    assert _expanded(f"a: {text}") == {"a": value}


@pytest.mark.parametrize(
    ("text", "code", "columns"),
    [
        ("a: ${{ vars.nn }}", "JS305", (4, 18)),
        ("a: x ${{ nothing }} y", "JS305", (6, 20)),
        ('a: "${{ vars.n + 1 }}"', "JS306", (16, 17)),
        ("a: ${{ vars.n", "JS306", (4, 14)),
        ("a: x ${{ vars.list }}", "JS307", (6, 22)),
        ("a: x ${{ vars.empty }}", "JS307", (6, 23)),
    ],
)
def test_a_failed_expansion_is_reported_at_the_expression(
    text: str, code: str, columns: tuple[int, int]
) -> None:
    _, [problem] = expand(parse(text.encode(), "f.yaml").documents[0], _context())
    assert problem.place is not None
    span = problem.place.span
    assert (problem.code, (span.start.column, span.end.column)) == (code, columns)


def test_the_value_has_the_place_of_the_expression() -> None:
    node, _ = expand(parse(b"a: ${{ vars.text }}", "f.yaml").documents[0], _context())
    assert isinstance(node, Mapping)
    value = node.get("a")
    assert isinstance(value, Scalar)
    assert (value.value, value.at.file) == ("hello", "f.yaml")


@given(st.text(st.characters(exclude_characters="{", exclude_categories=["Cs", "Cc"]), max_size=30))
def test_text_without_an_expression_stays_the_same_tree(text: str) -> None:
    node = Scalar(text, text, '"', parse(b"a", "f.yaml").documents[0].at)
    assert expand(node, _context()) == (node, ())


_REFERENCES = (
    "${{ vars.a }}",
    "${{ vars.a.b }}",
    "x ${{ vars.a.c }}",
    "${{ vars.d }}",
    "${{ vars.d.b }}",
    "1",
)


@given(st.tuples(*[st.sampled_from(_REFERENCES)] * 3))
def test_variables_that_refer_to_each_other_in_maps_expand_or_are_circles(written: tuple[str, ...]) -> None:
    b, c, d = written
    text = f'a: {{b: "{b}", c: ["{c}"]}}\nd: "{d}"\n'
    [variables] = parse(text.encode(), "vars.yaml").documents
    assert isinstance(variables, Mapping)
    _, problems = expand_variables(variables, Scope("vision"))
    assert {one.code for one in problems} <= {"JS305", "JS307", "JS330"}


@pytest.mark.parametrize("b", ["${{ vars.a.b }}", "${{ vars.d.b }}", "x ${{ vars.a.c }}"])
def test_a_circle_through_a_map_is_reported(b: str) -> None:
    text = f'a: {{b: "{b}", c: "${{{{ vars.d }}}}"}}\nd: "${{{{ vars.a }}}}"\n'
    [variables] = parse(text.encode(), "vars.yaml").documents
    assert isinstance(variables, Mapping)
    _, problems = expand_variables(variables, Scope("vision"))
    assert "JS330" in {one.code for one in problems}
