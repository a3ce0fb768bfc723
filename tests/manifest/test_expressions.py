"""The grammar of expressions and their functions, read alike by both readers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jobspec.manifest.expressions.evaluating import ExpressionContext
from jobspec.manifest.expressions.functions import LONGEST_SLUG, slug_of
from jobspec.manifest.expressions.outside import Outside, unset_variable
from jobspec.manifest.expressions.syntax import Malformed, parse
from jobspec.manifest.resolve.expressions import expand
from jobspec.manifest.resolve.quick import _InDoubt, _QuickExpansion
from jobspec.manifest.schema.scalars import NAME_PATTERN
from jobspec.manifest.task import Scope
from jobspec.manifest.yaml.source import parse as read
from jobspec.manifest.yaml.tree import Mapping, Scalar, plain

VARS = """\
{n: 4, ratio: 0.10, e: 1e-1, big: 1234567, flag: true, written: True, text: Hello, empty: null, blank: "",
 zero: 0, no: false, dot: a.b, dash: a-b,
 list: [1, 0.10, x], odd: [[1], x], deep: {er: x, un: null}, quote: "it's",
 shape: {b: 0.50, a: [1e-1, .5, null, true, "é\\"", 010], c: {}}, hex: 0x1F}
"""
ENVIRON = {"RUN_NAME": "run 7", "EMPTY": ""}


def context(
    environment: str | None = "prod", cell: str = "{lr: 0.10, model: {name: big}}"
) -> ExpressionContext:
    [variables] = read(VARS.encode(), "vars.yaml").documents
    [matrix] = read(cell.encode(), "cell.yaml").documents
    assert isinstance(variables, Mapping)
    assert isinstance(matrix, Mapping)
    outside = Outside(
        variable=lambda name: ENVIRON[name] if name in ENVIRON else unset_variable(name),
        git=lambda _, name: True if name == "dirty" else {"sha": "0af7", "branch": "main"}[name],
        allowed=("RUN_*", "EMPTY", "UNSET"),
    )
    return ExpressionContext(variables, Scope("vision", environment), matrix, outside)


def values_of(text: str) -> tuple[Any, list[str]]:
    """The value by the exact reader and the codes of the problems; the quick one agrees or is in doubt."""
    [tree] = read(f"a: {text}".encode(), "f.yaml").documents
    node, problems = expand(tree, context())
    codes = [problem.code for problem in problems]
    try:
        quick = _QuickExpansion(context()).expanded(plain(tree))
    except _InDoubt:
        return plain(node)["a"], codes
    assert (quick, codes) == (plain(node), [])
    assert repr(quick) == repr(plain(node))
    return plain(node)["a"], codes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${{ vars.x || 'd' }}", "d"),
        ("${{vars.x||'d'}}", "d"),
        ("${{ vars.empty || 'd' }}", "d"),
        ("${{ vars.deep.un || vars.deep.er }}", "x"),
        ("${{ vars.blank || 'd' }}", ""),
        ("${{ vars.zero || 'd' }}", 0),
        ("${{ vars.no || 'd' }}", False),
        ("${{ vars.x || vars.y || 7 }}", 7),
        ("${{ vars.x.y.z || 'd' }}", "d"),
        ("${{ matrix.x || 'd' }}", "d"),
        ("${{ matrix.lr || 'd' }}", 0.1),
        ("lr${{ matrix.lr }}-${{ matrix.model.name }}", "lr0.10-big"),
        ("${{ env.UNSET || 'd' }}", "d"),
        ("${{ env.EMPTY || 'd' }}", ""),
        ("${{ env.RUN_NAME }}", "run 7"),
        ("${{ git.sha }}-${{ git.dirty }}", "0af7-true"),
        ("${{ git.dirty }}", True),
        ("${{ scope.environment || 'none' }}", "prod"),
        ("${{ null }}", None),
        ("${{ true }}", True),
        ("${{ 'it''s' }}", "it's"),
        ("${{ '' }}", ""),
        ("${{ 'a || b' }}", "a || b"),
        ("${{ '}' }}", "}"),
        ("x${{ 0.10 }}", "x0.10"),
        ("x${{ 1e-1 }}", "x1e-1"),
        ("x${{ -3 }}", "x-3"),
        ("x${{ vars.e }} ${{ vars.ratio }} ${{ vars.big }}", "x1e-1 0.10 1234567"),
        ("${{ lower(vars.text) }}", "hello"),
        ("${{ lower(vars.written) }}", "true"),
        ("${{ lower(vars.x || 'ABC') }}", "abc"),
        ("${{ lower(vars.empty) || 'd' }}", "d"),
        ("${{ lower(vars.x) || 'd' }}", "d"),
        ("${{ slug(vars.dash) }}", "a-b"),
        ("${{ slug(vars.n) }}", "4"),
        ("${{ slug(vars.ratio) }}", "0-10-b4af9cbc"),
        ("${{ slug( lower( 'A.B' ) ) }}", slug_of("a.b")),
        ("${{ join(vars.list, ', ') }}", "1, 0.10, x"),
        ("${{ join(vars.list, vars.n) }}", "140.104x"),
        ("${{ toJSON(vars.shape) }}", '{"b":0.50,"a":[1e-1,0.5,null,true,"é\\"","010"],"c":{}}'),
        ("${{ toJSON(vars.empty) || 'd' }}", "null"),
        ("${{ toJSON(vars.hex) }}", "31"),
        ("${{ toJSON(vars.written) }}", "true"),
        ("${{ toJSON(vars.quote) }}", '"it\'s"'),
        ("$${{ vars.x }}", "${{ vars.x }}"),
        ("$${{ lower( }} ${{ vars.n }}", "${{ lower( }} 4"),
        ("${HOME} $$ $(x) ${{ vars.n }}", "${HOME} $$ $(x) 4"),
    ],
)
def test_an_expression_has_a_value(text: str, value: object) -> None:
    assert values_of(text) == (value, [])
    assert repr(values_of(text)[0]) == repr(value)


@pytest.mark.parametrize(
    ("text", "code", "columns"),
    [
        ("${{ }}", "JS306", (1, 7)),
        ("${{ vars.n", "JS306", (1, 11)),
        ("${{ vars.n ||", "JS306", (1, 14)),
        ("${{ vars.n || }}", "JS306", (13, 14)),
        ("${{ || 'a' }}", "JS306", (5, 7)),
        ("${{ vars.n | 'a' }}", "JS306", (12, 13)),
        ("${{ vars.n && 'a' }}", "JS306", (12, 14)),
        ("${{ 'a }}", "JS306", (5, 7)),
        ('${{ "a" }}', "JS306", (5, 6)),
        ("${{ 010 }}", "JS306", (5, 8)),
        ("${{ vars..n }}", "JS306", (9, 12)),
        ("${{ (vars.n) }}", "JS306", (5, 6)),
        ("${{ vars.n vars.n }}", "JS306", (12, 18)),
        ("${{ slog(vars.n) }}", "JS306", (5, 9)),
        ("${{ slug() }}", "JS306", (5, 11)),
        ("${{ slug(vars.n, 1) }}", "JS306", (5, 20)),
        ("${{ slug(vars.n }}", "JS306", (15, 16)),
        ("${{ 99999999999999999999 }}", "JS306", (5, 25)),
        ("${{ 1e999 }}", "JS306", (5, 10)),
        ("${{ varz.n }}", "JS305", (1, 14)),
        ("${{ vars.n || varz.n }}", "JS305", (15, 21)),
        ("${{ git.shaa || 'x' }}", "JS305", (5, 13)),
        ("${{ scope.projct || 'x' }}", "JS305", (5, 17)),
        ("${{ lower(vars.nn) }}", "JS305", (11, 18)),
        ("${{ vars.nn || vars.mm }}", "JS305", (16, 23)),
        ("${{ matrix.nope }}", "JS305", (1, 19)),
        ("${{ env.HOME || 'x' }}", "JS305", (5, 13)),
        ("${{ env.UNSET }}", "JS366", (1, 17)),
        ("${{ env.AWS_REGION || 'x' }}", "JS367", (5, 19)),
        ("${{ lower(vars.list) }}", "JS307", (11, 20)),
        ("${{ slug(vars.deep) }}", "JS307", (10, 19)),
        ("${{ join(vars.n, ',') }}", "JS307", (10, 16)),
        ("${{ join(vars.odd, ',') }}", "JS307", (10, 18)),
        ("${{ join(vars.list, vars.list) }}", "JS307", (21, 30)),
        ("x ${{ vars.x || null }}", "JS307", (3, 24)),
    ],
)
def test_a_mistake_is_reported_at_its_place_in_the_text(
    text: str, code: str, columns: tuple[int, int]
) -> None:
    [tree] = read(f"a: {text}".encode(), "f.yaml").documents
    _, [problem] = expand(tree, context())
    assert problem.place is not None
    span = problem.place.span
    assert (problem.code, (span.start.column - 3, span.end.column - 3)) == (code, columns)
    assert problem.help


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("slog(vars.n)", "did you mean `slug`?"),
        ("tojson(vars.n)", "did you mean `toJSON`?"),
        ("vars.texd", "did you mean `vars.text`?"),
        ("matrix.modle.name", "did you mean `matrix.model.name`?"),
        ("git.shaa", "did you mean `git.sha`?"),
        ("env.UNST", "did you mean `env.UNSET`?"),
        ("substring(vars.n)", "the functions are `lower`, `slug`, `join`, `toJSON`"),
        ("slug(1, 2)", "write `slug(VALUE)`"),
    ],
)
def test_a_misspelled_name_or_function_has_a_suggestion(text: str, advice: str) -> None:
    [tree] = read(f"a: ${{{{ {text} }}}}".encode(), "f.yaml").documents
    _, [problem] = expand(tree, context())
    assert problem.help == advice


@pytest.mark.parametrize("length", [1, LONGEST_SLUG - 1, LONGEST_SLUG, LONGEST_SLUG + 1, 300])
def test_the_limit_of_a_slug_is_exact(length: int) -> None:
    text = "a" * length
    assert (slug_of(text) == text) is (length <= LONGEST_SLUG)
    assert len(slug_of(text)) <= LONGEST_SLUG
    assert slug_of(text) != slug_of(text[:-1] + "b")


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_slug_is_a_valid_name_and_different_values_have_different_slugs(one: str, other: str) -> None:
    for text in (one, other):
        assert re.fullmatch(NAME_PATTERN, slug_of(text))
        assert slug_of(text) == slug_of(text)
    assert (slug_of(one) == slug_of(other)) is (one == other)


def test_a_dot_and_a_dash_give_two_words() -> None:
    assert slug_of("a-b") == "a-b"
    assert slug_of("a.b").startswith("a-b-")


@given(
    st.lists(
        st.sampled_from(["vars.a", "'x'", "||", "slug(", "lower(", ")", ",", " ", "1", "'", "}", "."]),
        max_size=9,
    )
)
def test_any_text_is_an_expression_or_has_a_place_inside_it(tokens: list[str]) -> None:
    text = "".join(tokens)
    found = parse(text, 3)
    if isinstance(found, Malformed):
        assert 0 <= found.start < found.end <= len(text) + 5


_PARTS = st.sampled_from(
    [
        *(
            "vars.n",
            "vars.x",
            "vars.ratio",
            "vars.empty",
            "vars.list",
            "vars.deep",
            "matrix.lr",
            "matrix.x",
            "env.RUN_NAME",
        ),
        *(
            "env.UNSET",
            "git.sha",
            "git.dirty",
            "scope.project",
            "'a b'",
            "0.50",
            "true",
            "null",
            "vars.blank",
        ),
    ]
)
_EXPRESSIONS = st.recursive(
    _PARTS,
    lambda inner: st.one_of(
        st.builds("{} || {}".format, inner, inner),
        st.builds("{}({})".format, st.sampled_from(["lower", "slug", "toJSON"]), inner),
        st.builds("join({}, {})".format, inner, inner),
    ),
    max_leaves=6,
)


@given(_EXPRESSIONS, st.booleans())
def test_both_readers_agree_and_no_expression_survives(expression: str, is_embedded: bool) -> None:
    text = f"x ${{{{ {expression} }}}}" if is_embedded else f"${{{{ {expression} }}}}"
    value, codes = values_of(text)
    if not codes:
        assert "${{" not in str(value)


@pytest.mark.parametrize(
    ("command", "is_warned"),
    [
        ("run ${{ vars.n }} ${{ vars.dot }}", False),
        ("run ${{ 'a b' }}", False),
        ("run ${{ env.RUN_NAME }}", True),
        ("run ${{ vars.x || 'a b' }}", True),
        ("run ${{ vars.quote }}", True),
        ("run ${{ vars.blank }}", False),
        ("${{ env.RUN_NAME }}", False),
        ("run ${{ toJSON(vars.list) }}", True),
        ("run ${{ slug(env.RUN_NAME) }}", False),
    ],
)
def test_a_value_that_a_shell_takes_apart_is_warned_of_in_commands_alone(
    command: str, is_warned: bool
) -> None:
    for where, expected in (
        *(("spec: {entrypoint: %s}", is_warned), ("spec: {args: %s}", is_warned)),
        *(("spec: {description: %s}", False), ("spec: {env: {args: %s}}", False), ("args: %s", False)),
        *(("spec: {matrix: {include: [{args: %s}]}}", False), ("spec: {x: {spec: {args: %s}}}", False)),
        *(("spec: [{args: %s}]", False), ("spec: {args: [%s]}", False)),
    ):
        [tree] = read((where % f'"{command}"').encode(), "f.yaml").documents
        _, problems = expand(tree, context())
        assert [problem.code for problem in problems] == ["JS365"] * expected
        try:
            _QuickExpansion(context()).expanded(plain(tree))
        except _InDoubt:
            assert expected
        else:
            assert not expected


def test_a_command_of_a_template_is_warned_of_but_not_a_template_named_like_one() -> None:
    text = b"args: {spec: {args: 'a ${{ vars.quote }}', env: {args: 'a ${{ vars.quote }}'}}}"
    [tree] = read(text, "f.yaml").documents
    _, [problem] = expand(tree, context(), is_of_templates=True)
    assert problem.code == "JS365"


def test_matrix_has_no_values_outside_of_a_set() -> None:
    [tree] = read(b"a: ${{ matrix.lr || 'd' }}\nb: ${{ matrix.lr }}", "f.yaml").documents
    node, [problem] = expand(tree, replace(context(), matrix=None))
    assert plain(node)["a"] == "d"
    assert (problem.code, problem.message) == ("JS305", "`matrix` has no values here")


PAGE = (Path(__file__).parent.parent.parent / "docs" / "expressions.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^\| `(\S*\$\{\{ .* \}\})` \| `(.*)`( as a number)? \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("expression", "result", "number"), EXAMPLES)
def test_the_examples_of_the_page_are_true(expression: str, result: str, number: str) -> None:
    [declared] = re.findall(r"^With `vars: (.*)`:$", PAGE, re.MULTILINE)
    [variables] = read(declared.encode(), "vars.yaml").documents
    assert isinstance(variables, Mapping)
    node = read(b"a", "f.yaml").documents[0]
    assert isinstance(node, Scalar)
    text = expression.replace("\\|", "|")
    found, problems = expand(replace(node, value=text, text=text), replace(context(), variables=variables))
    assert problems == ()
    assert plain(found) == (float(result) if number else result)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 10
