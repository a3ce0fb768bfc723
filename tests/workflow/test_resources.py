"""What a command reads of queues, flavors and mounts: each once, and no failure fails a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from jobspec.cluster import Flavor, Queue
from jobspec.errors import NotSent, PlatformError, UnknownAction
from jobspec.reconcile.preflight.facts import Missing, Unchecked
from jobspec.workflow.planning.preflight import read_facts, read_flavors
from jobspec.workflow.project.resources import ClusterReader
from tests.cloud.platform import Handler, Script, api_error, client, html, ok, script
from tests.reconcile.world import planned, task

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobspec.reconcile.planning.plan import Change

FLAVORS = ok({"List": {"zone": {"GPU": [{"Id": "ml.g1e.large", "GPUNum": 8}]}}})
LISTED = ok({"Total": 1, "List": [{"Id": "q-1", "Name": "research"}]})
UNKNOWN = api_error(404, "InvalidActionOrVersion")


def resources(*answers: httpx.Response | Exception | Handler) -> tuple[ClusterReader, Script]:
    asked = script(*answers)
    return ClusterReader(client(asked)), asked


def by_action(**answers: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: answers.get(request.url.params["Action"], UNKNOWN)


def test_the_ids_of_a_command_do_not_change_when_a_queue_is_renamed_meanwhile() -> None:
    known, asked = resources(LISTED, ok({"Total": 1, "List": [{"Id": "q-9", "Name": "research"}]}))
    assert [known.queues(), known.queues()] == [(Queue("q-1", "research"),)] * 2
    assert len(asked.requests) == 1


def test_a_lookup_that_failed_fails_again_and_is_not_sent_again() -> None:
    known, asked = resources(UNKNOWN, LISTED)
    for _ in range(2):
        with pytest.raises(UnknownAction):
            known.queues()
    assert len(asked.requests) == 1


def test_after_a_broken_connection_nothing_more_is_requested() -> None:
    known, asked = resources(httpx.ConnectError("down"))
    assert isinstance(known.known_queue("q-1"), Unchecked)
    sent = len(asked.requests)
    assert isinstance(known.known_flavors(), Unchecked)
    assert isinstance(known.known_mounts("q-1"), Unchecked)
    with pytest.raises(NotSent):
        known.queues()
    assert len(asked.requests) == sent


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([ok({"Id": "q-7"})], Queue("q-7")),
        ([api_error(404, "ResourceNotFound"), LISTED], Missing()),
        ([api_error(404, "ResourceNotFound"), UNKNOWN], Missing()),
        ([api_error(404, "ResourceNotFound"), ok({"Total": 0, "List": None})], Missing()),
        ([api_error(400, "InvalidParameter"), LISTED], Missing()),
        ([api_error(400, "InvalidParameter"), ok({"Total": 1, "List": [{"Id": "q-7"}]})], Queue("q-7")),
        ([UNKNOWN], Unchecked("the platform does not offer `GetResourceQueue`")),
        ([api_error(403, "AccessDenied")], Unchecked("this key may not use `GetResourceQueue`")),
    ],
)
def test_only_a_certain_answer_is_a_missing_queue(answers: list[httpx.Response], expected: object) -> None:
    known, _ = resources(*answers)
    assert known.known_queue("q-7") == expected


def test_a_platform_that_answers_not_found_to_everything_refuses_nothing() -> None:
    known, _ = resources(api_error(404, "ResourceNotFound"))
    facts = read_facts(known, changes())
    assert isinstance(facts.queue("q-1"), Unchecked)
    assert isinstance(facts.flavors["ml.g1e.large"], Unchecked)


@pytest.mark.parametrize(
    ("answer", "listed", "is_missing"),
    [
        (api_error(404, "ResourceNotFound"), FLAVORS, True),
        (api_error(400, "InvalidParameter.Id"), FLAVORS, True),
        (api_error(404, "ResourceNotFound"), UNKNOWN, False),
        (api_error(404, "ResourceNotFound"), ok({"List": {}}), False),
        (UNKNOWN, FLAVORS, False),
        (api_error(403, "AccessDenied"), FLAVORS, False),
        (api_error(400, "OperationDenied"), FLAVORS, False),
    ],
)
def test_a_flavor_is_missing_only_if_others_are_listed_and_its_id_was_refused(
    answer: httpx.Response, listed: httpx.Response, is_missing: bool
) -> None:
    known, _ = resources(by_action(GetFlavor=answer, ListFlavorsV2=listed))
    assert (known.known_flavor("ml.g") == Missing()) is is_missing


def test_facts_keep_the_time_at_which_the_first_was_read() -> None:
    known, _ = resources(by_action(ListFlavorsV2=FLAVORS))
    before = known.begun
    first = read_facts(known, changes())
    assert before < first.read == read_facts(known, changes(resourceQueue="q-2")).read == known.begun


def test_the_flavors_alone_are_read_for_the_limit_of_later_plans() -> None:
    known, asked = resources(by_action(ListFlavorsV2=FLAVORS))
    read_flavors(known, changes())
    assert set(asked.actions) == {"ListFlavorsV2"}


def test_at_most_fifty_of_a_kind_are_read_one_by_one() -> None:
    known, asked = resources(by_action(ListFlavorsV2=FLAVORS))
    spec = {"roles": [{"name": "w", "replicas": 1, "flavor": "ml.g1e.large"}]}
    tasks = [task(f"t{n}", spec=spec | {"resourceQueue": f"q-{n}"}) for n in range(51)]
    facts = read_facts(known, planned(tasks, []).pending)
    assert len(facts.queues) == asked.actions.count("GetResourceQueue") == 50


@pytest.mark.parametrize("answer", [html(502), html(200), api_error(500, "InternalError"), ok("odd")])
def test_an_answer_that_is_none_is_not_checked(answer: httpx.Response) -> None:
    known, _ = resources(answer)
    assert isinstance(known.known_queue("q-1"), Unchecked)


def test_a_refusal_of_an_id_with_no_list_behind_it_is_not_checked() -> None:
    refused = api_error(400, "InvalidParameter", "no such field")
    known, _ = resources(refused, UNKNOWN)
    assert isinstance(known.known_queue("q-7"), Unchecked)


def changes(**spec: object) -> tuple[Change, ...]:
    return planned([task(spec={"resourceQueue": "q-1", **spec})], []).pending


def test_the_facts_of_a_plan_need_one_request_for_each_thing() -> None:
    asked = script(
        by_action(GetResourceQueue=ok({"Id": "q-1"}), ListFlavorsV2=FLAVORS, ListMountPoints=ok({"List": []}))
    )
    storage = {"type": "Vepfs", "mountPath": "/d", "vepfsId": "v-1"}
    facts = read_facts(ClusterReader(client(asked)), changes(storages=[storage]))
    assert sorted(asked.actions) == ["GetResourceQueue", "ListFlavorsV2", "ListMountPoints"]
    assert facts.queues == {"q-1": Queue("q-1")}
    assert facts.sized() == (Flavor("ml.g1e.large", "zone", gpus=8),)


@pytest.mark.parametrize("broken", [httpx.ReadTimeout("late"), html(503), UNKNOWN])
def test_no_answer_to_an_optional_action_fails_a_plan(broken: httpx.Response | Exception) -> None:
    known, _ = resources(broken)
    facts = read_facts(known, changes())
    assert isinstance(facts.queue("q-1"), Unchecked)
    assert isinstance(facts.listed, Unchecked)
    assert all(not isinstance(one, PlatformError) for one in facts.flavors.values())
