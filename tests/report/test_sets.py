"""Sets in plans and in the status: folded, counted, and never longer than a screen or two."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from jobspec.errors import UsageError
from jobspec.manifest.task import Task
from jobspec.report.plan import html_page, markdown
from jobspec.report.plan import text as plan_text
from jobspec.report.plan.build import build_view
from jobspec.report.plan.view import PlanView
from jobspec.report.status import text as status_text
from jobspec.report.status import view as status_view
from jobspec.report.status.view import StatusView
from jobspec.report.view import PlatformView
from tests.reconcile.world import EPOCH, planned, run, task

PLATFORM = PlatformView(kind="local", endpoint="/project/.jobspec")


def cell(index: int, **fields: Any) -> Task:
    axes = (("lr", str(index // 10)), ("seed", str(index % 10)), ("extra", "x"))
    return replace(task(f"sweep-{index:05}", **fields), set="sweep", cell=axes)


def view_of(*tasks: Task, stopping: tuple[Task, ...] = ()) -> PlanView:
    runs = [run(one, "Running", number, hours=2) for number, one in enumerate(stopping)]
    return build_view(planned([*tasks, *stopping], runs), PLATFORM, ())


def text_of(view: PlanView) -> str:
    return plan_text.render(view, now=EPOCH, colour=False)


def status_of(*tasks: Task, done: tuple[Task, ...] = (), failed: tuple[Task, ...] = ()) -> StatusView:
    ended = {"Success": done, "Failed": failed}
    runs = [
        run(one, state, number) for state, some in ended.items() for number, one in enumerate(some, start=1)
    ]
    plan = planned([*tasks, *done, *failed], runs)
    by_task = {one.name: found for one, found in zip([*done, *failed], runs, strict=True)}
    return status_view.view(plan, by_task, PLATFORM)


def test_a_set_is_one_row_with_counts_what_is_common_and_some_of_its_tasks() -> None:
    tasks = [replace(cell(number), description=f"cell {number}") for number in range(12)]
    text = text_of(view_of(*tasks, task("prepare")))
    assert text.count("+ submit") == 2
    assert "+ submit   set/sweep: 12 of 12 tasks  new" in text
    assert text.count("image ml_platform/pytorch:1.7") == 2  # once for the set, once for the task
    assert "and 9 more tasks: sweep-00003, " in text


def test_what_only_some_tasks_have_is_not_shown_as_common() -> None:
    """The last of the tasks differs: no line may claim the opposite."""
    *same, last = [cell(number) for number in range(9)]
    other = replace(
        task(last.name, spec={"roles": [{"name": "worker", "replicas": 9, "flavor": "ml.big"}]}),
        set="sweep",
        cell=last.cell,
    )
    lines = text_of(view_of(*same, other)).splitlines()
    assert not any(line.startswith(("    replicas: ", "    image ")) for line in lines)


def test_a_set_of_ten_thousand_tasks_prints_under_sixty_lines() -> None:
    tasks = tuple(cell(number) for number in range(10_000))
    assert text_of(view_of(*tasks)).count("\n") < 60
    status = status_of(*tasks[:6000], done=tasks[6000:])
    assert status_text.render(status, now=EPOCH, colour=False).count("\n") < 60
    assert status_text.render_sets(status, (), colour=False).count("\n") < 60


def test_what_stops_is_summed_and_each_is_named_in_a_comment() -> None:
    view = view_of(stopping=tuple(cell(number, suspend=True) for number in range(8)))
    text = text_of(view)
    assert "stops 8 runs: 32.00 replica-hours are lost" in text
    comment = markdown.render(view, now=EPOCH)
    assert all(f"`sweep-{number:05}`" in comment for number in range(8))


def test_a_comment_and_a_page_fold_new_runs() -> None:
    view = view_of(*(cell(number) for number in range(50)))
    comment = markdown.render(view, now=EPOCH)
    assert "- **submit** `set/sweep: 50 of 50 tasks` · `new`" in comment
    assert comment.count("\n") < 40
    assert "set/sweep: 50 of 50 tasks" in html_page.render(view, now=EPOCH)


def test_the_digest_does_not_depend_on_the_cell_and_the_json_has_it() -> None:
    found = view_of(*(cell(number) for number in range(3)))
    assert found.digest == view_of(*(replace(cell(number), cell=()) for number in range(3))).digest
    assert json.loads(found.to_json())["changes"][1]["cell"] == {"lr": "0", "seed": "1", "extra": "x"}
    assert '"set"' not in view_of(task("prepare")).to_json()


def test_the_status_has_a_line_for_a_set_and_rows_for_what_failed() -> None:
    status = status_of(cell(0), task("prepare"), done=(cell(1),), failed=(cell(2),))
    text = status_text.render(status, now=EPOCH, colour=False)
    assert "set/sweep: 3 tasks; 1 new, 1 succeeded, 1 failed" in text
    assert "sweep-00002" in text
    assert "sweep-00001" not in text
    assert "sweep-00001" in status_text.render_tasks(status, now=EPOCH, colour=False)


def test_the_table_of_a_set_has_two_axes_and_counts_the_others() -> None:
    text = status_text.render_sets(status_of(cell(0), cell(10), done=(cell(1), cell(11))), (), colour=False)
    assert "lr \\ seed  0    1\n0          new  succeeded\n1          new  succeeded\n" in text


def test_the_axes_of_the_table_can_be_chosen() -> None:
    status = status_of(cell(0), cell(10), done=(cell(1),))
    text = status_text.render_sets(status, ("seed", "extra"), colour=False)
    assert "seed \\ extra  x\n0             2 new\n1             succeeded\n" in text
    with pytest.raises(UsageError, match="is not an axis of set/sweep"):
        status_text.render_sets(status, ("sede",), colour=False)
