"""Diagnostics in their four formats: aligned, safe for a terminal, and the same in each."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from jobspec.diagnostics import Diagnostic, Place, Position, Related, Severity, Span
from jobspec.report.diagnostics.excerpt import excerpt
from jobspec.report.diagnostics.formats import render
from jobspec.report.diagnostics.json_document import diagnostics_schema
from jobspec.report.diagnostics.summary import closing_line
from jobspec.report.text import cells


def _at(line: int, start: int, end: int, file: str = "a.yaml") -> Place:
    return Place(file, Span(Position(line, start), Position(line, end)))


def _one(
    place: Place | None = None,
    *,
    severity: Severity = Severity.ERROR,
    related: tuple[Related, ...] = (),
) -> Diagnostic:
    return Diagnostic(
        "JS204",
        "unknown field `x`",
        place=place,
        label="not a field",
        help="write `y`",
        severity=severity,
        related=related,
    )


def test_the_full_format_shows_the_line_and_a_caret() -> None:
    assert render([_one(_at(2, 3, 4))], {"a.yaml": "spec:\n  x: 1\n"}) == (
        "error[JS204]: unknown field `x`\n"
        " --> a.yaml:2:3\n"
        "  |\n"
        "1 | spec:\n"
        "2 |   x: 1\n"
        "  |   ^ not a field\n"
        "  |\n"
        "help: write `y`\n"
    )


def test_a_related_place_has_a_frame_of_its_own() -> None:
    related = (Related(_at(1, 1, 2, "b.yaml"), "the first"),)
    shown = render([_one(_at(1, 1, 2), related=related)], {"a.yaml": "x: 1", "b.yaml": "x: 2"})
    assert " ::: b.yaml:1:1\n  |\n1 | x: 2\n  | - the first\n" in shown


def test_a_place_without_a_text_is_only_named() -> None:
    assert " --> a.yaml:1:1\nhelp" in render([_one(_at(1, 1, 2))], {})


@pytest.mark.parametrize(
    ("line", "start", "indent"),
    [("abc x", 4, 4), ("\tx", 1, 4), ("中文 x", 3, 5), ("e\u0301 x", 3, 2), ("a\u202e x", 3, 8)],
)
def test_the_caret_is_aligned_in_terminal_cells(line: str, start: int, indent: int) -> None:
    assert excerpt(line, start, start + 1, width=80).indent == indent


@settings(max_examples=200)
@given(st.text(max_size=200), st.integers(0, 200), st.integers(0, 20), st.integers(20, 120))
def test_an_excerpt_fits_and_holds_its_mark(line: str, start: int, length: int, width: int) -> None:
    start = min(start, len(line))
    shown = excerpt(line, start, min(start + length, len(line)), width=width)
    assert sum(map(cells, shown.text)) <= max(width, 12)
    assert shown.indent <= sum(map(cells, shown.text))
    assert shown.text.isprintable() or "\u200d" in shown.text


@settings(max_examples=100)
@given(st.text(max_size=40))
def test_no_text_of_a_user_acts_on_the_terminal(text: str) -> None:
    diagnostic = Diagnostic("JS204", text, place=_at(1, 1, 2, f"{text}.yaml"), label=text, help=text)
    for format_ in ("full", "concise", "github"):
        shown = render([diagnostic], {f"{text}.yaml": text}, format=format_)
        assert not {"\x1b", "\x07", "\x08", "\r", "\u202e", "\x9b"} & set(shown)


def test_colour_only_adds_to_the_text() -> None:

    sources = {"a.yaml": "x: 1"}
    plain, coloured = (render([_one(_at(1, 1, 2))], sources, colour=colour) for colour in (False, True))
    assert re.sub("\033\\[[0-9;]*m", "", coloured) == plain != coloured


def test_the_concise_format_is_one_line_each() -> None:
    shown = render([_one(_at(9, 7, 8)), _one(severity=Severity.WARNING)], {}, format="concise")
    assert shown == "a.yaml:9:7: error[JS204]: unknown field `x`\nwarning[JS204]: unknown field `x`\n"


def test_the_json_format_follows_its_schema() -> None:
    document = json.loads(render([_one(_at(1, 1, 2)), _one()], {}, format="json"))
    Draft202012Validator(diagnostics_schema()).validate(document)
    assert document["errors"] == 2
    assert document["diagnostics"][0]["place"]["start"] == {"line": 1, "column": 1}


def test_the_github_format_escapes_what_would_end_a_command() -> None:
    diagnostic = Diagnostic("JS204", "100% a\nb", place=_at(1, 2, 3, "a,b:c.yaml"), help="c")
    assert render([diagnostic], {}, format="github") == (
        "::error file=a%2Cb%3Ac.yaml,line=1,endLine=1,col=2,endColumn=3,title=JS204::100%25 a␊b%0Ahelp: c\n"
    )


@pytest.mark.parametrize(
    ("diagnostics", "line"),
    [
        ([], ""),
        ([_one(_at(1, 1, 2))], "error: 1 problem in 1 of 3 manifests; nothing was planned"),
        (
            [_one(_at(1, 1, 2)), _one(_at(2, 1, 2))],
            "error: 2 problems in 1 of 3 manifests; nothing was planned",
        ),
        ([_one()], "error: 1 problem; nothing was planned"),
        ([_one(_at(1, 1, 2), severity=Severity.WARNING)], "warning: 1 warning"),
    ],
)
def test_the_closing_line_counts(diagnostics: list[Diagnostic], line: str) -> None:
    assert closing_line(diagnostics, 3, consequence="nothing was planned") == line
