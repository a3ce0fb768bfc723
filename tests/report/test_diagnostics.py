"""Diagnostics in their formats: aligned, safe for a terminal, and the same in each."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec.structs import replace

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
    for format_ in ("full", "concise", "github", "gitlab", "junit"):
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


def many(number: int, severity: Severity = Severity.ERROR) -> list[Diagnostic]:
    return [
        Diagnostic("JS204", f"unknown field `x{one}`", _at(9, 1, 4), "here", severity=severity)
        for one in range(number)
    ]


@pytest.mark.parametrize(("number", "shown"), [(10, 10), (11, 9), (500, 9)])
def test_github_gets_as_many_annotations_as_it_shows_and_the_number_of_the_others(
    number: int, shown: int
) -> None:
    lines = render([*many(number, Severity.WARNING), *many(number)], {}, format="github").splitlines()
    for severity in ("error", "warning"):
        own = [line for line in lines if line.startswith(f"::{severity} ")]
        assert len(own) == min(number, 10)
        assert sum("unknown field" in line for line in own) == shown
        assert (f"{number - shown} more {severity}s" in own[-1]) == (number > 10)
    assert lines[0].startswith("::error"), "errors first"


def test_the_gitlab_format_has_fingerprints_that_no_inserted_line_changes() -> None:
    def entries(diagnostics: list[Diagnostic]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(render(diagnostics, {}, format="gitlab"))
        return found

    first, moved = many(3), [replace(one, place=_at(30, 1, 4)) for one in many(3)]
    before, after = entries(first), entries(moved)
    assert [one["fingerprint"] for one in before] == [one["fingerprint"] for one in after]
    assert [one["location"]["lines"]["begin"] for one in after] == [30] * 3
    doubled = entries([*first, *first])
    assert len({one["fingerprint"] for one in doubled}) == 6
    assert {"description", "check_name", "fingerprint", "severity", "location"} <= before[0].keys()


def test_the_junit_format_is_xml_with_unique_cases_whatever_the_text() -> None:
    hostile = 'a\x00b\x1b[31m\ufffe\ud800 <![CDATA[ ]]> & "x"'
    one = Diagnostic("JS204", hostile, _at(1, 1, 2, hostile), hostile, hostile)
    warning = Diagnostic("JS122", hostile, severity=Severity.WARNING)
    text = render([one, one, warning], {}, format="junit")
    root = ElementTree.fromstring(text.encode())
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(set(cases)) == 3
    assert len(root.findall(".//failure")) == 2
    assert "\x1b" not in text


def test_documents_without_problems_are_still_documents() -> None:
    assert json.loads(render([], {}, format="gitlab")) == []
    [case] = ElementTree.fromstring(render([], {}, format="junit")).iter("testcase")
    assert case.get("name")
