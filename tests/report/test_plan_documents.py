"""Markdown and HTML: complete within a limit, and nothing foreign becomes markup."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from jobspec.errors import UsageError
from jobspec.report.plan import html_page as plan_html
from jobspec.report.plan import markdown as plan_markdown
from jobspec.report.plan import text as plan_text
from jobspec.report.plan.build import build_view
from jobspec.report.plan.markdown import LIMIT
from jobspec.report.plan.markup import cell, code, units
from jobspec.report.plan.view import (
    CapacityView,
    ChangeView,
    DifferenceView,
    GuardView,
    LoosenedView,
    NewRunView,
    OtherwiseView,
    PlanView,
    RoleView,
    RunView,
    SinceView,
)
from jobspec.report.view import PlatformView
from tests.reconcile.world import EPOCH, planned, run, task

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = EPOCH + timedelta(hours=2)
OLD = "1" + "0" * 16
TRAIN = task(spec={"args": "--epochs 20", "env": {"TOKEN": {"secret": {"env": "TOKEN"}}}})
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
    "#123 org/repo#4 GH-5 www.evil.example https://evil.example",
    "\x1b[31mred\x1b[0m \x9b31m",
    "a\\|b",
    "``` \n</details>\n~~~",
]


MARKER = re.compile(r"\n<!-- jobspec scope=[^ <>`]* environment=[^ <>`]* -->\Z")


def many(count: int) -> PlanView:
    tasks = [task(f"t{number:04}", spec={"args": str(number)}) for number in range(count)]
    return build_view(planned(tasks, []), PLATFORM, ())


def hostile(text: str) -> PlanView:
    live = run(task(spec={"args": "1"}), "Running", spec=OLD)
    shown = type(live)(**{**asdict(live), "spec": {"Args": text}})
    return build_view(planned([task(spec={"args": "2"})], [shown]), PLATFORM, ())


OWN = re.compile(
    r"^(?:<details>|</details>|<summary>Differences: \d+ fields? of \d+ changes?</summary>"
    r"|### jobspec: .*|#### [\w: ]+|\| queue \| flavor \| replicas added \| replicas freed \|"
    r"|\|(?: --- \|){4}|\| {2}\| {2}\|(?: [+-]?\d* \|){2})$",
    re.MULTILINE,
)
"""The only markup of ours besides lists, emphasis and quotes, with empty code spans."""


def outside_code(markdown: str) -> str:
    """What a reader of Markdown takes for markup: all but the code spans, and the marker at the end."""
    markdown = MARKER.sub("", markdown)
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", markdown)


def foreign_markup(markdown: str) -> str:
    """The same without the lines of our own that contain markup."""
    return OWN.sub("", outside_code(markdown))


def everywhere(text: str) -> PlanView:
    """A plan with a text in every field that a manifest, a run, a guard or a revision can fill."""
    run_ = RunView(id=text, state=text, phase=text, launched=None, replicas=1, stops=True)
    role = RoleView(name=text, replicas=1, flavor=text)
    new = NewRunView(
        image=text, command=text, script=text, roles=(role,), queue=text, deadline_seconds=60, secrets=(text,)
    )
    other = OtherwiseView(task=text, action="submit", reason="new")
    differing = DifferenceView(field=text, before=text, after=[text])
    fields: dict[str, Any] = {"task": text, "detail": text, "file": text, "line": 1, "otherwise": (other,)}
    fields |= {"runs": (run_,), "differences": (differing,), "new_run": new, "earlier_success": text}
    causes = ("this-change", "before", "unknown")
    actions = ("replace", "cancel", "submit", "update", "none")
    changes = (
        ChangeView(**fields, action=action, reason="failed", attention=True, cause=cause)  # type: ignore[arg-type]
        for action in actions
        for cause in causes
    )
    guard = GuardView(code="JS404", guard="", message=text, help=text, cause="this-change", otherwise=text)
    return PlanView(
        scope=f"{text}/{text}",
        platform=PlatformView(kind="volcengine", region=text, endpoint=text, endpoint_from="`--endpoint`"),
        changes=tuple(changes),
        capacity=(CapacityView(queue=text, flavor=text, adds=1, frees=2),),
        guards=(guard,),
        summary={},
        digest="d",
        since=SinceView(revision=text, commit="c" * 40, prevented=(other,), unread=(text,)),
        loosened=(LoosenedView(guard=text, where=f"task {text}", before=text, after=text, run=text),),
        refused_before=(guard,),
    )


SIGNS = ("<", "](", "@", "|", "`", "#", "://", "\x1b")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", [hostile, everywhere])
def test_foreign_text_is_no_markdown(place: Callable[[str], PlanView], text: str) -> None:
    for limit in (LIMIT, 3_500):
        try:
            rest = foreign_markup(plan_markdown.render(place(text), now=NOW, limit=limit))
        except UsageError:
            assert limit < LIMIT
            continue
        for sign in SIGNS:
            assert sign not in rest, rest


@pytest.mark.parametrize("text", HOSTILE)
def test_no_format_has_a_control_character(text: str) -> None:
    view = everywhere(text)
    texts = [plan_markdown.render(view, now=NOW), plan_html.render(view, now=NOW), view.to_json()]
    texts.append(plan_text.render(view, now=NOW, colour=False))
    for shown in texts:
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", shown)


@given(st.text(max_size=40))
def test_any_text_is_one_code_span(text: str) -> None:
    assert outside_code(code(text)) == ""


@given(st.text(max_size=40))
def test_a_cell_has_no_end_of_its_own(text: str) -> None:
    assert "|" not in cell(text, 80)
    assert outside_code(cell(text, 80)) == ""


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
    for place in (hostile, everywhere):
        plain.feed(plan_html.render(place("plain"), now=NOW))
        odd.feed(plan_html.render(place(text), now=NOW))
        assert odd.seen == plain.seen


TOKEN = "ghp_" + "canary" * 5


def test_a_credential_in_any_text_of_a_plan_is_masked_in_every_format() -> None:
    fields: dict[str, Any] = {"description": f"uses {TOKEN}", "tags": [f"tag-{TOKEN}"]}
    spec = {"args": f"--token={TOKEN}", "env": {"A": TOKEN}, "entrypoint": f"run {TOKEN}"}
    before = run(task("old"), "Running")
    for runs in ([], [run(task(), "Running", spec=OLD)], [run(task(spec=spec), "Running")], [before]):
        view = build_view(planned([task(spec=spec, **fields)], runs), PLATFORM, ())
        texts = [plan_markdown.render(view, now=NOW), plan_html.render(view, now=NOW), view.to_json()]
        texts.append(plan_text.render(view, now=NOW, colour=True))
        assert not any(TOKEN in shown for shown in texts)


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
    assert f"{len(shown)} of 1000 changes shown" in markdown
    assert "**1000 to submit; 0 unchanged**" in markdown
    assert "digest: " in markdown


def sample(letter: str, stops: int, others: int, *, since: bool = False) -> PlanView:
    """A plan with long texts of one letter, so that every part of the comment has to be cut."""
    role = RoleView(name="worker", replicas=1, flavor=letter * 9)
    new = NewRunView(
        image=letter * 90, command=letter, script=letter * 900, roles=(role,), queue="q", deadline_seconds=60
    )
    cause: Any = "this-change" if since else None
    differing = tuple(
        DifferenceView(field=f"spec.{n}", before=letter * 70, after=None)
        for n in range(9 if stops < 999 else 1)
    )
    stopped = RunView(id="t-1", state="Running", phase="running", launched=None, replicas=1, stops=True)
    changes = [
        ChangeView(
            task=f"{letter}-stop-{n}",
            action="replace",
            reason="spec-changed",
            runs=(stopped,),
            differences=differing,
            cause=cause,
        )
        for n in range(stops)
    ]
    changes += [
        ChangeView(task=f"{letter}-new-{n}", action="submit", reason="new", new_run=new, cause=cause)
        for n in range(others)
    ]
    capacity = tuple(CapacityView(queue=letter * 9, flavor=f"{n}", adds=1, frees=1) for n in range(30))
    return replace(
        many(1),
        changes=tuple(changes),
        capacity=capacity,
        guards=tuple(GuardView(code="JS404", guard="", message=letter * 700, help=letter) for _ in range(30)),
        since=SinceView(revision="main", commit="c" * 40) if since else None,
    )


@pytest.mark.parametrize(
    ("letter", "stops", "others"),
    [
        *((letter, *sizes) for letter in "a训🎉" for sizes in ((0, 0), (3, 5), (60, 200), (300, 9))),
        ("a", 300, 100),
        ("a", 4000, 9),  # more than fit under their names
    ],
)
@pytest.mark.long
@pytest.mark.parametrize("limit", [LIMIT, 32_000, 9_000])
def test_every_comment_is_within_its_size_in_utf_16_units(
    letter: str, stops: int, others: int, limit: int
) -> None:
    view = sample(letter, stops, others, since=bool(stops % 2))
    try:
        markdown = plan_markdown.render(view, now=NOW, limit=limit)
    except UsageError:
        assert limit < LIMIT
        assert stops >= 300
        return
    assert len(markdown.encode("utf-16-le")) // 2 == units(markdown) <= limit
    assert f"{stops} to replace" in markdown or not stops
    named = sum(f"**replace** `{letter}-stop-{n}`" in markdown for n in range(stops))
    assert named == stops or (limit == LIMIT and stops == 4000)
    news = sum(f"**submit** `{letter}-new-{n}`" in markdown for n in range(others))
    if named + news < stops + others:
        assert f"{named + news} of {stops + others} changes shown" in markdown
    for tag in ("details", "summary"):
        assert markdown.count(f"<{tag}>") == markdown.count(f"</{tag}>")
    for line in ("<details>", "</details>"):
        assert markdown.count(line) == markdown.count(f"\n\n{line}\n")
    assert markdown.count("</summary>\n\n") == markdown.count("</summary>")
    assert MARKER.search(markdown)


@pytest.mark.parametrize("letter", ["a", "训", "🎉"])
@pytest.mark.parametrize("stops", [0, 1, 40])
def test_a_size_that_is_too_small_is_an_error_with_one_that_is_not(letter: str, stops: int) -> None:
    view = sample(letter, stops, 9)
    for limit in (1, 100, 400):
        with pytest.raises(UsageError) as caught:
            plan_markdown.render(view, now=NOW, limit=limit)
        found = re.search(r"--max-size (\d+)", caught.value.help)
        assert found
        least = int(found[1])
        markdown = plan_markdown.render(view, now=NOW, limit=least)
        assert units(markdown) <= least
        assert all(f"**replace** `{letter}-stop-{n}`" in markdown for n in range(stops))
        with pytest.raises(UsageError):
            plan_markdown.render(view, now=NOW, limit=least - 1)


def test_the_comment_has_the_order_in_which_a_reviewer_needs_it() -> None:
    markdown = plan_markdown.render(everywhere("x"), now=NOW)
    parts = [
        "### jobspec",
        "**would be refused by 1 guard; ",
        "#### Stops and replacements",
        "> **refused**",
        "> **loosened**",
        "#### New runs",
        "#### Renames and updates",
        "#### To review",
        "#### Prevented",
        "#### Differed before this change",
        "\n0 unchanged\n",
        "<details>",
        "| queue | flavor |",
        "digest: ",
        "<!-- jobspec ",
    ]
    places = [markdown.index(part) for part in parts]
    assert places == sorted(places)


def test_a_new_run_shows_image_command_replicas_and_secrets() -> None:
    markdown = plan_markdown.render(build_view(planned([TRAIN], []), PLATFORM, ()), now=NOW)
    for line in (
        "image: ml_platform/pytorch:1.7",
        "command: python train.py --epochs 20",
        "replicas: 2 ml.g1e.large (worker) in default, for up to 5d",
        "reads: secret env TOKEN",
    ):
        assert f"  - `{line}`" in markdown


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


@pytest.mark.parametrize("number", [1, 7, 300])
def test_a_comment_that_fits_is_not_cut(number: int) -> None:
    view = many(number)
    whole = plan_markdown.render(view, now=NOW, limit=10**9)
    assert "shown" not in whole
    assert plan_markdown.render(view, now=NOW, limit=units(whole)) == whole
    if number > 1:
        assert units(plan_markdown.render(view, now=NOW, limit=units(whole) - 1)) < units(whole)
