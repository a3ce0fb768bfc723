"""Every format of a drift check, as reviewed; and foreign text stays text in each."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from jobspec.errors import UsageError
from jobspec.reconcile.drift.finding import KINDS, DriftFinding
from jobspec.report.drift import formats, junit, markdown
from jobspec.report.drift.chat import DriftNotificationView, digest_of, ended
from jobspec.report.drift.view import UnknownDriftView
from jobspec.report.output_schemas import output_schemas
from jobspec.report.plan.markup import units
from jobspec.report.text import printable
from tests.report.drift.views import CAUSING, CAUSING_NOTHING, CLEAN, EVERYTHING, HOSTILE, hostile, view_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobspec.report.drift.formats import Form
    from jobspec.report.drift.view import DriftView, FindingView
    from tests.conftest import MatchesFile

CASES = Path(__file__).parent.parent.parent / "cases" / "drift"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
ENDINGS = {
    "text": "txt",
    "json": "json",
    "markdown": "md",
    "html": "html",
    "junit": "xml",
    "prometheus": "prom",
}
VIEWS = {"everything": EVERYTHING, "clean": CLEAN, "since": CAUSING, "causes-nothing": CAUSING_NOTHING}
UNKNOWN = UnknownDriftView(code="JS502", message="the list `a` <b> is incomplete", help="try again later")
MARKER = re.compile(r"\n<!-- jobspec-drift scope=[^ <>`]* environment=[^ <>`]* -->\n\Z")


def rendered(view: DriftView, form: Form) -> str:
    return formats.render(view, form, now=NOW)


@pytest.mark.parametrize("form", formats.FORMATS)
@pytest.mark.parametrize("name", VIEWS)
def test_the_format_is_as_reviewed(name: str, form: Form, matches_file: MatchesFile) -> None:
    (CASES / name).mkdir(parents=True, exist_ok=True)
    matches_file(rendered(VIEWS[name], form), CASES / name / f"expected.{ENDINGS[form]}")


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html", "junit"])
def test_an_undecided_check_is_as_reviewed_and_never_looks_clean(
    form: Form, matches_file: MatchesFile
) -> None:
    (CASES / "unknown").mkdir(parents=True, exist_ok=True)
    text = formats.render_unknown(UNKNOWN, form)
    matches_file(text, CASES / "unknown" / f"expected.{ENDINGS[form]}")
    assert "unknown" in text or "<error" in text
    assert "clean" not in text


@pytest.mark.parametrize("view", [*VIEWS.values(), *map(hostile, HOSTILE)])
def test_the_json_fits_its_schema_and_has_the_fields_of_a_plan(view: DriftView) -> None:
    document = json.loads(rendered(view, "json"))
    Draft202012Validator(output_schemas()["drift.v1.json"]).validate(document)
    assert next(iter(document)) == "version"
    plan = {**document, "version": "jobspec/plan.v1"}
    Draft202012Validator(output_schemas()["plan.v1.json"]).validate(plan)


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_what_a_change_causes_comes_first_and_findings_and_guards_have_their_causes(form: Form) -> None:
    nothing = rendered(CAUSING_NOTHING, form).partition("<body>")[2] or rendered(CAUSING_NOTHING, form)
    assert "this change causes nothing" in nothing.splitlines()[1 if form == "html" else 0]
    assert nothing.count("differed before this change") == 1, "only what is pending has a cause"
    shown = rendered(CAUSING, form)
    assert shown.index("this change causes: ") < shown.index("drifted: ", shown.index("this change causes: "))
    assert shown.count("caused by this change") == 1
    assert "9 of 12 tasks would be removed; also without this change" in shown
    assert "5 of 12 tasks would be replaced; without this change: 4 of 12 tasks would be replaced" in shown
    assert "this change prevents: submit of `old` (new)" in shown
    assert "1 file of the base revision has errors" in shown


def test_a_check_that_decided_nothing_has_no_field_that_looks_like_a_result() -> None:
    document = json.loads(formats.render_unknown(UNKNOWN, "json"))
    Draft202012Validator(output_schemas()["drift-unknown.v1.json"]).validate(document)
    assert not {"changes", "findings", "pending", "summary"} & document.keys()


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", ["text", "markdown", "html", "junit", "prometheus"])
def test_no_format_has_control_characters(form: Form, text: str) -> None:
    shown = rendered(hostile(text), form)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f]", shown)


def outside_code(text: str) -> str:
    """What a reader of Markdown takes for markup: all but the code spans, and the marker at the end."""
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", MARKER.sub("", text))


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_is_no_markdown(text: str) -> None:
    rest = outside_code(markdown.render(hostile(text)))
    for sign in ("<", "](", "@", "|", "`", "\n# head", "evil"):
        assert sign not in rest
    assert MARKER.search(markdown.render(hostile(text)))


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes.update(name for name, _ in attrs)


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_is_no_html(text: str) -> None:
    tags = Tags()
    tags.feed(rendered(hostile(text), "html"))
    assert "script" not in tags.seen
    assert tags.attributes <= {"lang", "charset", "http-equiv", "content", "class"}


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_is_valid_xml_with_cases_of_their_own(text: str) -> None:
    for view in (hostile(text), EVERYTHING, CLEAN):
        root = ET.fromstring(junit.render(view))
        suite = root.find("testsuite")
        assert suite is not None
        cases = suite.findall("testcase")
        names = [(case.get("classname"), case.get("name")) for case in cases]
        assert cases
        assert all(all(pair) for pair in names)
        assert len(set(names)) == len(names)
        assert suite.get("tests") == str(len(cases))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
        assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
        assert {child.tag for case in cases for child in case} <= {"failure", "skipped"}


def test_printable_text_is_valid_in_xml() -> None:
    refused = [*range(0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]
    near = [0x7F, *range(0x80, 0xA0), 0xD7FF, 0xE000, *range(0xFDD0, 0xFDF0), 0xFFFD, 0x1FFFE, 0x10FFFF]
    every = "".join(printable(chr(code)) for code in (*refused, *near))
    assert not re.search("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", every)


def test_an_undecided_check_is_an_error_in_junit() -> None:
    root = ET.fromstring(formats.render_unknown(UNKNOWN, "junit"))
    assert root.get("errors") == "1"
    assert len(root.findall("testsuite/testcase/error")) == 1


SAMPLE = re.compile(
    r'jobspec_drift_[a-z_]+\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"(?:,(?:kind|state)="[a-z-]+")?\} \d+'
)


@pytest.mark.parametrize("text", HOSTILE)
def test_metrics_have_bounded_labels_and_no_timestamps(text: str) -> None:
    view = hostile(text)
    lines = rendered(replace(view, scope=text), "prometheus").splitlines()
    samples = [line for line in lines if not line.startswith("#")]
    assert all(map(SAMPLE.fullmatch, samples)), samples
    assert len(samples) == len(rendered(CLEAN, "prometheus").splitlines()) - 12


def test_metrics_always_contain_every_kind_so_that_what_vanished_is_zero() -> None:
    text = rendered(CLEAN, "prometheus")
    assert [kind for kind in KINDS if f'kind="{kind}"}} 0' not in text] == []
    assert f'last_success_timestamp_seconds{{scope="vision"}} {int(NOW.timestamp())}\n' in text


TEXTS = {"ascii": "a" * 900, "cjk": "训" * 300, "emoji": "\U0001f600" * 300}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_markdown_fits_into_a_comment_and_counts_what_it_leaves_out(text: str) -> None:
    findings = [DriftFinding(kind="failed", task=f"t{n}", run="t-1", detail=text) for n in range(600)]
    shown = markdown.render(view_of(findings))
    assert 55_000 < len(shown.encode("utf-16-le")) // 2 <= 65_000
    assert "**drifted: 600 findings**" in shown
    kept = shown.count("- **failed**")
    assert f"- … {kept} of 600 entries shown …" in shown
    assert MARKER.search(shown)
    assert outside_code(shown).count("`") == 0


def test_the_limit_can_be_lower_and_what_fits_is_not_counted() -> None:
    assert units(markdown.render(EVERYTHING, limit=600)) <= 600
    assert "entries shown" not in markdown.render(EVERYTHING)


def test_markdown_refuses_a_limit_that_is_too_small_for_the_verdict_with_one_that_works() -> None:
    with pytest.raises(UsageError) as caught:
        markdown.render(EVERYTHING, limit=10)
    needed = int(caught.value.help.removeprefix("use --max-size ").removesuffix(" or larger"))
    shown = markdown.render(EVERYTHING, limit=needed)
    assert units(shown) <= needed
    assert "**drifted: " in shown


def owing(view: DriftView, *, resolved: Sequence[FindingView] = ()) -> DriftView:
    """A check of which nothing was sent yet."""
    return replace(view, unsent=tuple(one.id for one in view.findings), unsent_resolved=tuple(resolved))


def test_a_digest_has_the_same_key_for_the_same_findings_and_fits_its_schema() -> None:
    digest = digest_of(owing(EVERYTHING))
    assert digest is not None
    Draft202012Validator(output_schemas()["drift-notification.v1.json"]).validate(
        json.loads(json.dumps(digest.document))
    )
    later = replace(EVERYTHING, findings=tuple(replace(one, detail="later") for one in EVERYTHING.findings))
    same, other = digest_of(owing(later)), digest_of(replace(later, unsent=(later.findings[0].id,)))
    assert same is not None
    assert other is not None
    assert same.key == digest.key != other.key
    assert DriftNotificationView.__struct_fields__ == tuple(digest.document)


FAILED = DriftFinding(kind="failed", task="a", run="t-1")
STILL = DriftFinding(kind="failed", task="b", run="t-2")
NEW = DriftFinding(kind="new", task="a")


def test_a_digest_is_about_drift_or_its_end_only() -> None:
    assert digest_of(CLEAN) is None
    view = view_of([], [FAILED])
    over = digest_of(owing(view, resolved=view.resolved))
    assert over is not None
    assert "has no more drift: 1 resolved" in over.title
    view = view_of([STILL], [FAILED, STILL])
    assert digest_of(owing(view, resolved=view.resolved)) is None
    assert digest_of(owing(view_of([], [NEW]))) is None


def test_an_end_is_announced_if_the_drift_was_and_until_it_drifts_again() -> None:
    view = view_of([], [FAILED, NEW])
    assert [one.kind for one in ended(view, (), ())] == ["failed"]
    assert ended(view, {FAILED.id}, ()) == ()
    earlier = view.resolved
    assert [one.id for one in ended(CLEAN, (), earlier) if one.kind == "failed"] == [FAILED.id]
    assert ended(view_of([FAILED]), (), [one for one in earlier if one.kind == "failed"]) == ()
