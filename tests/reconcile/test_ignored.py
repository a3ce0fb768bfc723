"""Neither adding nor removing an ignored field restarts anything: the run's echo proves the rest equal."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from jobspec.reconcile.planning.plan import Action, Change, Reason
from jobspec.reconcile.tags import Marks
from tests.reconcile.world import only, planned, run, task

SECRET = {"secret": {"env": "HF_TOKEN"}}
TOS = {"type": "Tos", "mountPath": "/data", "bucket": "b", "prefix": "p"}
ROLE = {"name": "worker", "replicas": 2, "flavor": "ml.g1e.large"}
ADDED = {"Id": "t-1", "State": "Success", "ExitCode": 0, "UpdateTime": "", "TensorBoardPath": "x/t-1"}


def became(
    was: dict[str, Any], now: dict[str, Any], ignored: list[str], state: str = "Success", **echo: Any
) -> Change:
    """The change of a task whose run was submitted before anything was ignored."""
    before = task(spec=was)
    live: dict[str, Any] = {**before.payload, **ADDED, **echo}
    return only(planned([task(spec=now, ignoreChanges=ignored)], [replace(run(before, state), spec=live)]))


IGNORED = {
    "args": ({"args": "--a"}, {"args": "--b"}, ["spec.args"]),
    "args that were none": ({}, {"args": "--b"}, ["spec.args"]),
    "image": ({"image": "i:1"}, {"image": "i:2"}, ["spec.image"]),
    "image by its address": ({"image": "i:1"}, {"image": {"url": "h/i:2"}}, ["spec.image"]),
    "one variable": ({"env": {"LR": "1", "X": "x"}}, {"env": {"LR": "2", "X": "x"}}, ["spec.env.LR"]),
    "a variable that is new": ({}, {"env": {"LR": "2"}}, ["spec.env.LR"]),
    "a variable that is gone": ({"env": {"LR": "2"}}, {}, ["spec.env.LR"]),
    "all variables": ({"env": {"A": "1"}}, {"env": {"B": "2"}}, ["spec.env"]),
    "a secret beside it": (
        {"args": "--a", "env": {"T": SECRET}},
        {"args": "--b", "env": {"T": SECRET}},
        ["spec.args"],
    ),
    "replicas": ({"roles": [ROLE]}, {"roles": [{**ROLE, "replicas": 8}]}, ["spec.roles.replicas"]),
    "roles": ({"roles": [ROLE]}, {"roles": [ROLE, {**ROLE, "name": "ps"}]}, ["spec.roles"]),
    "a storage's prefix": (
        {"storages": [TOS]},
        {"storages": [{**TOS, "prefix": "q"}]},
        ["spec.storages.prefix"],
    ),
    "storages": ({"storages": [TOS]}, {}, ["spec.storages"]),
    "deadline": ({"activeDeadline": "1h"}, {"activeDeadline": "2h"}, ["spec.activeDeadline"]),
    "retry": (
        {"retry": {"maxTimes": 2, "on": ["InstanceReclaimed", "Failed"]}},
        {"retry": {"maxTimes": 3}},
        ["spec.retry"],
    ),
    "resources": (
        {"roles": [{"name": "w", "replicas": 1, "resources": {"cpu": 8, "gpus": 1}}]},
        {"roles": [{"name": "w", "replicas": 1, "resources": {"cpu": 8, "gpus": 2}}]},
        ["spec.roles.resources.gpus"],
    ),
    "a check's interval": (
        {"diagnostics": [{"name": "LogDetection", "interval": "1h"}]},
        {"diagnostics": [{"name": "LogDetection", "interval": "2h"}]},
        ["spec.diagnostics.interval"],
    ),
    "users": (
        {"access": {"type": "Queue", "users": ["a"]}},
        {"access": {"type": "Queue", "users": ["b", "c"]}},
        ["spec.access"],
    ),
    "extra": ({"extra": {"New": {"A": 1}}}, {"extra": {"New": {"A": 2}}}, ["spec.extra"]),
    "a part of extra": (
        {"extra": {"New": {"A": 1}, "Old": "x"}},
        {"extra": {"New": {"A": 2}, "Old": "x"}},
        ["spec.extra.New.A"],
    ),
    "queue": ({"resourceQueue": "q-1"}, {"resourceQueue": "q-2"}, ["spec.resourceQueue"]),
    "two fields": (
        {"args": "--a", "activeDeadline": "1h"},
        {"args": "--b"},
        ["spec.args", "spec.activeDeadline"],
    ),
    "a field that was absent": ({}, {"priority": 6}, ["spec.priority"]),
    "a group that was absent": ({}, {"retry": {"on": ["Failed"]}}, ["spec.retry"]),
    "a part of a storage that was absent": (
        {"storages": [{"type": "Nas", "mountPath": "/n", "nasId": "n"}]},
        {"storages": [{"type": "Nas", "mountPath": "/n", "nasId": "n", "subPath": "x"}]},
        ["spec.storages.subPath"],
    ),
    "a queue in place of the default group": ({}, {"resourceQueue": "q-1"}, ["spec.resourceQueue"]),
    "a plain variable that becomes a secret": (
        {"env": {"A": "1"}},
        {"env": {"A": SECRET}},
        ["spec.env.A"],
    ),
    "the default that is stated": ({"delayExit": "0s", "args": "--a"}, {"args": "--b"}, ["spec.args"]),
}


@pytest.mark.parametrize(("was", "now", "ignored"), IGNORED.values(), ids=IGNORED.keys())
def test_a_success_from_before_the_field_was_ignored_stays_done(
    was: dict[str, Any], now: dict[str, Any], ignored: list[str]
) -> None:
    assert became(was, now, ignored).reason is Reason.DONE


def test_an_active_run_from_before_continues_and_is_marked() -> None:
    change = became({"args": "--a"}, {"args": "--b"}, ["spec.args"], "Running")
    assert (change.action, change.reason) == (Action.UPDATE, Reason.IN_PROGRESS)
    assert [(d.field, d.before, d.after) for d in change.differences] == [
        ("lifecycle.ignoreChanges", None, "(as declared)")
    ]


@pytest.mark.parametrize(
    ("was", "now", "ignored"),
    [
        ({"args": "--a", "image": "i:1"}, {"args": "--b", "image": "i:2"}, ["spec.args"]),
        ({"env": {"LR": "1", "X": "1"}}, {"env": {"LR": "2", "X": "2"}}, ["spec.env.LR"]),
    ],
)
def test_fields_that_are_not_ignored_still_count(
    was: dict[str, Any], now: dict[str, Any], ignored: list[str]
) -> None:
    assert became(was, now, ignored).reason is Reason.SPEC_CHANGED


def test_additions_of_the_platform_to_an_image_are_not_part_of_it() -> None:
    change = became(
        {"image": "i:1"}, {"image": "i:2"}, ["spec.image"], ImageSpec={"Id": "i:1", "Version": "2021-10-01"}
    )
    assert change.reason is Reason.DONE


def test_a_field_without_echo_is_recognised_by_the_core_tag_alone() -> None:
    before, now = task(spec={"args": "--a"}), task(spec={"args": "--b"}, ignoreChanges=["spec.args"])
    old = replace(run(before, "Success"), spec={})
    assert only(planned([now], [old])).reason is Reason.SPEC_CHANGED
    marked = task(spec={"args": "--a"}, ignoreChanges=["spec.args"])
    assert only(planned([now], [run(marked, "Success")])).reason is Reason.DONE


def test_a_core_hash_of_an_earlier_release_is_not_changed() -> None:
    declared = task(spec={"delayExit": "0s"}, ignoreChanges=["spec.args"])
    found = run(declared, "Running")
    assert isinstance(found.marks, Marks)
    earlier = replace(found.marks, core="12d598f5786e0adef")
    change = only(planned([declared], [replace(found, marks=earlier)]))
    assert change.action is Action.NONE


def test_a_list_that_grows_or_shrinks_restarts_nothing_where_a_field_was_absent() -> None:
    before = task(ignoreChanges=["spec.priority"])
    live = replace(run(before, "Running"), spec={**before.payload, **ADDED})
    for ignored in (["spec.priority", "spec.args"], ["spec.priority"]):
        change = only(planned([task(spec={"priority": 6}, ignoreChanges=ignored)], [live]))
        assert not change.stops
