"""Markdown and HTML: complete within a limit, and nothing foreign becomes markup."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from jobspec.report.plan import html_page as plan_html
from jobspec.report.plan import markdown as plan_markdown
from jobspec.report.plan.build import build_view
from jobspec.report.plan.view import PlanView
from jobspec.report.view import PlatformView
from tests.reconcile.world import EPOCH, planned, run, task

NOW = EPOCH + timedelta(hours=2)
OLD = "1" + "0" * 16
PLATFORM = PlatformView(kind="volcengine", region="cn-beijing", endpoint="https://example.com")
HOSTILE = [
    "<script>alert(1)</script>",
    "[x](http://evil.example)",
    "@everyone",
    "`a` ``b``",
    "![x](http://evil.example/x.png)",
    "| a | b |\n\n# head",
    "`",
    "</td></table>",
    '" onload="x',
]


MARKER = re.compile(r"\n<!-- jobspec scope=[^ <>`]* environment=[^ <>`]* -->\Z")


def many(count: int) -> PlanView:
    tasks = [task(f"t{number:04}", spec={"args": str(number)}) for number in range(count)]
    return build_view(planned(tasks, []), PLATFORM, ())


def hostile(text: str) -> PlanView:
    live = run(task(spec={"args": "1"}), "Running", spec=OLD)
    shown = type(live)(**{**asdict(live), "spec": {"Args": text}})
    return build_view(planned([task(spec={"args": "2"})], [shown]), PLATFORM, ())


def outside_code(markdown: str) -> str:
    """What a reader of Markdown takes for markup: all but the code spans, and the marker at the end."""
    markdown = MARKER.sub("", markdown)
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", markdown)


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_is_no_markdown(text: str) -> None:
    rest = outside_code(plan_markdown.render(hostile(text), now=NOW))
    for sign in ("<", "](", "@", "|", "`", "\n#head"):
        assert sign not in rest, rest


@given(st.text(max_size=40))
def test_any_text_is_one_code_span(text: str) -> None:
    assert outside_code(plan_markdown.code(text)) == ""


class Tags(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= {tag, *(f"{tag}.{name}" for name, _ in attrs)}


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_is_no_html(text: str) -> None:
    plain, odd = Tags(), Tags()
    plain.feed(plan_html.render(hostile("plain"), now=NOW))
    odd.feed(plan_html.render(hostile(text), now=NOW))
    assert odd.seen == plain.seen


def test_the_html_asks_the_network_for_nothing() -> None:
    page = plan_html.render(many(3), now=NOW)
    assert not re.search(r"src=|href=|url\(|@import|<script", page)


@pytest.mark.parametrize("limit", [2_000, 10_000, 40_000])
def test_a_long_plan_is_cut_to_its_limit(limit: int) -> None:
    markdown = plan_markdown.render(many(1000), now=NOW, limit=limit)
    assert len(markdown) <= limit
    shown = re.findall(r"\*\*submit\*\* `(t\d+)`", markdown)
    assert shown == [f"t{number:04}" for number in range(len(shown))]
    assert f"… {1000 - len(shown)} changes not shown: {1000 - len(shown)} submit …" in markdown
    assert "**1000 to submit; 0 unchanged**" in markdown
    assert "digest: " in markdown


def test_a_plan_that_fits_is_whole() -> None:
    markdown = plan_markdown.render(many(50), now=NOW)
    assert len(re.findall(r"\*\*submit\*\*", markdown)) == 50
    assert "not shown" not in markdown


@pytest.mark.parametrize(
    ("scope", "marker"),
    [
        ("vision", "<!-- jobspec scope=vision environment= -->"),
        ("vision/prod", "<!-- jobspec scope=vision/prod environment=prod -->"),
        ("a-->b", "<!-- jobspec scope=a-%2D%3Eb environment= -->"),
    ],
)
def test_the_last_line_is_a_marker_that_names_scope_and_environment(scope: str, marker: str) -> None:
    view = replace(many(2000), scope=scope)
    assert plan_markdown.render(view, now=NOW).split("\n")[-1] == marker
