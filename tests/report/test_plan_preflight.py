"""Facts and GPU-hours beside a plan: the same in every format, and in no saved plan."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from jobspec.cluster import Flavor, Mount, Queue, Quota
from jobspec.manifest.payload.names import with_ids
from jobspec.manifest.values import NameRef
from jobspec.reconcile.guards.limits import UNLIMITED, violations
from jobspec.reconcile.preflight.facts import Facts, Missing, Unchecked
from jobspec.reconcile.preflight.preflight import Preflight, examine, refusals
from jobspec.reconcile.runs import LiveRole
from jobspec.reconcile.usage.hours import by_queue
from jobspec.reconcile.usage.sizes import Sizes
from jobspec.report.output_schemas import output_schemas
from jobspec.report.plan import html_page as plan_html
from jobspec.report.plan import markdown as plan_markdown
from jobspec.report.plan import saved
from jobspec.report.plan import text as plan_text
from jobspec.report.plan.build import build_view
from jobspec.report.plan.markup import units
from jobspec.report.plan.preflight_view import with_preflight
from jobspec.report.view import PlatformView
from tests.reconcile.world import EPOCH, planned, run, task

if TYPE_CHECKING:
    from jobspec.manifest.task import Task
    from jobspec.reconcile.runs import Run
    from jobspec.report.plan.view import PlanView
    from tests.conftest import MatchesFile

CASES = Path(__file__).parent.parent / "cases" / "preflight"
NOW = EPOCH + timedelta(hours=2)
OLD = "1" + "0" * 16
PLATFORM = PlatformView(kind="volcengine", region="cn-beijing", endpoint="https://example.com")
TOKEN = "ghp_" + "canary" * 5
G8 = Flavor("ml.g8", "zone-a", gpus=8, gpu_type="A100", vcpu=96)
RESEARCH = Queue(
    "q-1",
    "研究",
    "Running",
    "User",
    "zone-a",
    Quota(gpus={"A100": 24}),
    Quota(gpus={"A100": 8}),
)


def test_a_plan_says_that_retries_without_a_number_are_not_counted() -> None:
    retried = gpu_task(retry={"enabled": True, "on": ["Failed"]})
    plan = planned([retried], [])
    sizes = Sizes.of([G8])
    found = Preflight(sizes, (), by_queue(plan.pending, sizes, NOW))
    view = with_preflight(build_view(plan, PLATFORM, ()), plan, found)
    assert "use of q-1: up to 80 GPU-hours per attempt for new runs" in plan_text.render(
        view, colour=False, now=NOW
    )
    limits = replace(UNLIMITED, max_submit_gpu_hours=79)
    [refused] = violations(plan, limits, NOW, declared=1, sizes=sizes)
    assert "may use up to 80 GPU-hours per attempt until" in refused.message


def gpu_task(name: str = "train", replicas: int = 1, flavor: str = "ml.g8", **spec: Any) -> Task:
    roles = [{"name": "worker", "replicas": replicas, "flavor": flavor}]
    return task(name, spec={"resourceQueue": "q-1", "activeDeadline": "10h", "roles": roles, **spec})


def live(declared: Task) -> Run:
    roles = (LiveRole("worker", 2, "ml.g8"), LiveRole("ps", 1, "ml.old"))
    return replace(run(declared, "Running", spec=OLD, hours=5), queue="q-1", roles=roles)


NAMED = with_ids(gpu_task(resourceQueue={"name": "研究"}), {NameRef("queue", "研究"): "q-1"})
DIRECTORY = {"type": "Vepfs", "mountPath": "/d", "vepfsId": "v-1", "subPath": "public"}
FACTS = Facts(
    NOW, {"q-1": RESEARCH}, (G8,), {"ml.new": Missing()}, {"q-1": (Mount("v-1", read_only=("/",)),)}
)
NOTHING_READ = Unchecked("the platform does not offer `ListFlavorsV2`")
WORLDS: dict[str, tuple[list[Task], list[Run], Facts]] = {
    "fits": ([gpu_task()], [], FACTS),
    "named": ([NAMED], [], FACTS),
    "queues": ([gpu_task("a", 2), gpu_task("b")], [], FACTS),
    "exceeds": ([gpu_task(replicas=4)], [], FACTS),
    "refused": ([gpu_task(flavor="ml.new", storages=[DIRECTORY])], [], FACTS),
    "not-checked": ([gpu_task()], [], Facts(NOW, {"q-1": NOTHING_READ}, NOTHING_READ)),
    "stops": ([gpu_task()], [live(gpu_task())], FACTS),
    "unlimited": ([gpu_task(activeDeadline="none")], [], FACTS),
}


def view_of(name: str) -> PlanView:
    tasks, runs, facts = WORLDS[name]
    plan, sizes = planned(tasks, runs), Sizes.of(facts.sized())
    findings = examine(plan.pending, facts, sizes, is_strict=False)
    guards = (*violations(plan, UNLIMITED, NOW, declared=1, sizes=sizes), *refusals(findings))
    found = Preflight(sizes, findings, by_queue(plan.pending, sizes, NOW), facts.read)
    return with_preflight(build_view(plan, PLATFORM, guards), plan, found)


@pytest.mark.parametrize("name", WORLDS)
def test_the_text_is_as_reviewed(name: str, matches_file: MatchesFile) -> None:
    (CASES / name).mkdir(parents=True, exist_ok=True)
    matches_file(plan_text.render(view_of(name), now=NOW, colour=False), CASES / name / "expected.txt")


@pytest.mark.parametrize("name", ["stops", "refused"])
def test_the_markdown_and_the_html_are_as_reviewed(name: str, matches_file: MatchesFile) -> None:
    matches_file(plan_markdown.render(view_of(name), now=NOW), CASES / name / "expected.md")
    matches_file(plan_html.render(view_of(name), now=NOW), CASES / name / "expected.html")


@pytest.mark.parametrize("name", WORLDS)
def test_the_json_fits_its_schema_and_can_be_read_again(name: str, matches_file: MatchesFile) -> None:
    view = view_of(name)
    matches_file(view.to_json() + "\n", CASES / name / "expected.json")
    schemas = output_schemas()
    Draft202012Validator(schemas["plan.v1.json"]).validate(json.loads(view.to_json()))
    Draft202012Validator(schemas["preflight.v1.json"]).validate(
        json.loads(saved.preflight_of(view).to_json())
    )
    assert saved.read(view.to_json(), "plan.json") == view


def test_every_case_has_a_world() -> None:
    assert {folder.name for folder in CASES.iterdir()} == WORLDS.keys()


@pytest.mark.parametrize("name", WORLDS)
def test_a_saved_plan_has_the_same_digest_and_no_facts(name: str) -> None:
    view = view_of(name)
    text = saved.write(view)
    assert saved.read(text, "plan.json").digest == view.digest
    for word in ("preflight", "usage", "verified", "JS44"):
        assert word not in text
    tasks, runs, _ = WORLDS[name]
    assert build_view(planned(tasks, runs), PLATFORM, ()).digest == view.digest


def test_a_name_is_in_the_plan_and_not_in_its_digest() -> None:
    by_id = build_view(planned([gpu_task()], []), PLATFORM, ())
    by_name = build_view(planned([NAMED], []), PLATFORM, ())
    assert by_id.digest == by_name.digest
    assert "研究" in by_name.to_json()
    assert '"names"' not in by_id.to_json()


HOSTILE = ["<script>", "`a`", "| x |", "\x1b[31mred", f"token={TOKEN}", TOKEN]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_of_the_platform_is_harmless_in_every_format(text: str) -> None:
    queue = Queue("q-1", state=text)
    facts = Facts(NOW, {"q-1": queue}, Unchecked(text))
    plan, sizes = planned([gpu_task()], []), Sizes()
    findings = examine(plan.pending, facts, sizes, is_strict=False)
    view = build_view(plan, PLATFORM, refusals(findings))
    view = with_preflight(view, plan, Preflight(sizes, findings, {}, NOW))
    texts = [plan_text.render(view, now=NOW, colour=False), plan_html.render(view, now=NOW)]
    texts += [plan_markdown.render(view, now=NOW), view.to_json()]
    for shown in texts:
        assert TOKEN not in shown
        assert "\x1b" not in shown
    assert "<script>" not in texts[1]


def test_a_comment_with_many_facts_is_within_its_size() -> None:
    many = [gpu_task(f"t{number}", resourceQueue=f"q-{number}") for number in range(300)]
    plan = planned(many, [])
    facts = Facts(NOW, {f"q-{n}": Queue(f"q-{n}", whole=Quota(gpus={"A100": 1})) for n in range(300)}, (G8,))
    findings = examine(plan.pending, facts, Sizes.of((G8,)), is_strict=False)
    found = Preflight(Sizes.of((G8,)), findings, by_queue(plan.pending, Sizes.of((G8,)), NOW), NOW)
    view = with_preflight(build_view(plan, PLATFORM, ()), plan, found)
    for limit in (plan_markdown.LIMIT, 9_000):
        assert units(plan_markdown.render(view, now=NOW, limit=limit)) <= limit
    assert "more findings of the preflight" in plan_text.render(view, now=NOW, colour=False)
