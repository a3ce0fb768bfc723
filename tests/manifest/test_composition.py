"""The one rule for merging layers, through both readers, and the templates of a project."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobspec.manifest.resolve.composition.merging import merge, merge_values
from jobspec.manifest.yaml.quick import bare_tree
from jobspec.manifest.yaml.tree import plain


def merged(*layers: Any) -> Any:
    """The layers merged as trees and as plain values, from the lowest up."""
    tree, values = None, None
    for layer in layers:
        tree, values = merge(tree, bare_tree(layer)), merge_values(values, layer)
    assert tree is not None
    assert plain(tree) == values
    assert repr(plain(tree)) == repr(values)
    return values


def of_spec(*specs: Any) -> Any:
    """The spec of layers that consist of a spec."""
    return merged(*({"spec": spec} for spec in specs))["spec"]


WORKER = {"name": "worker", "replicas": 2, "flavor": "small"}
PS = {"name": "ps", "replicas": 1, "flavor": "small"}
DATA = {"type": "Tos", "mountPath": "/data", "bucket": "a", "prefix": "x"}
SECRET = {"secret": {"env": "TOKEN"}}
MERGES: dict[str, tuple[list[Any], Any]] = {
    "maps merge deeply": ([{"a": {"x": 1}}, {"a": {"y": 2}}], {"a": {"x": 1, "y": 2}}),
    "scalars replace": ([{"a": 1}, {"a": 2}], {"a": 2}),
    "lists without a key replace": ([{"a": ["a"]}, {"a": ["b"]}], {"a": ["b"]}),
    "null removes": ([{"a": 1}, {"a": None}, {}], {"a": None}),
    "what null removed can be set again": ([{"a": 1}, {"a": None}, {"a": 2}], {"a": 2}),
    "a map above null inherits nothing": ([{"a": {"x": 1}}, {"a": None}, {"a": {"y": 2}}], {"a": {"y": 2}}),
    "null over nothing": ([{}, {"a": None}], {"a": None}),
    "an untouched list": ([{"roles": [PS, WORKER]}, {"a": 1}], {"roles": [PS, WORKER], "a": 1}),
    "items merge by key": (
        [{"roles": [PS, WORKER]}, {"roles": [{"name": "worker", "replicas": 4}]}],
        {"roles": [PS, {**WORKER, "replicas": 4}]},
    ),
    "the base's order, then additions": (
        [{"roles": [PS, WORKER]}, {"roles": [{**WORKER, "name": "new"}, WORKER, PS]}],
        {"roles": [PS, WORKER, {**WORKER, "name": "new"}]},
    ),
    "a trailing slash is the same path": (
        [{"storages": [DATA]}, {"storages": [{"mountPath": "/data/", "prefix": "y"}]}],
        {"storages": [{**DATA, "mountPath": "/data/", "prefix": "y"}]},
    ),
    "another path is another storage": (
        [{"storages": [DATA]}, {"storages": [{**DATA, "mountPath": "/out"}]}],
        {"storages": [DATA, {**DATA, "mountPath": "/out"}]},
    ),
    "another type is another storage": (
        [{"storages": [DATA]}, {"storages": [{"type": "Nas", "mountPath": "/data", "nasId": "n"}]}],
        {"storages": [{"type": "Nas", "mountPath": "/data", "nasId": "n"}]},
    ),
    "one size drops the other": (
        [{"roles": [WORKER]}, {"roles": [{"name": "worker", "resources": {"cpu": 4}}]}],
        {"roles": [{"name": "worker", "replicas": 2, "resources": {"cpu": 4}}]},
    ),
    "services merge by port": (
        [{"services": [{"port": 80, "path": "/a"}]}, {"services": [{"port": 80, "type": "M"}, {"port": 81}]}],
        {"services": [{"port": 80, "path": "/a", "type": "M"}, {"port": 81}]},
    ),
    "diagnostics merge by name": (
        [
            {"diagnostics": [{"name": "P", "interval": "1h"}]},
            {"diagnostics": [{"name": "P", "enabled": False}]},
        ],
        {"diagnostics": [{"name": "P", "interval": "1h", "enabled": False}]},
    ),
    "remove removes": (
        [{"roles": [PS, WORKER]}, {"roles": [{"name": "ps", "remove": True}]}],
        {"roles": [WORKER]},
    ),
    "remove over nothing": ([{}, {"roles": [{"name": "ps", "remove": True}, WORKER]}], {"roles": [WORKER]}),
    "what was removed starts anew": (
        [
            {"roles": [PS]},
            {"roles": [{"name": "ps", "remove": True}]},
            {"roles": [{"name": "ps", "replicas": 3}]},
        ],
        {"roles": [{"name": "ps", "replicas": 3}]},
    ),
    "null removes a whole list": (
        [{"roles": [PS]}, {"roles": None}, {"roles": [WORKER]}],
        {"roles": [WORKER]},
    ),
    "duplicates in a layer are left to the rules": (
        [{"roles": [PS]}, {"roles": [WORKER, WORKER]}],
        {"roles": [WORKER, WORKER]},
    ),
    "lists inside an item replace": (
        [{"roles": [{**PS, "extra": {"A": [1]}}]}, {"roles": [{"name": "ps", "extra": {"A": [2]}}]}],
        {"roles": [{**PS, "extra": {"A": [2]}}]},
    ),
    "a secret is one value": (
        [{"env": {"A": SECRET}}, {"env": {"A": {"secret": {"file": "f"}}}}],
        {"env": {"A": {"secret": {"file": "f"}}}},
    ),
    "a variable may have the name of a secret": (
        [{"env": {"secret": "a", "B": "b"}}, {"env": {"secret": "c"}}],
        {"env": {"secret": "c", "B": "b"}},
    ),
}


@pytest.mark.parametrize("layers, expected", MERGES.values(), ids=MERGES)
def test_layers_merge_by_one_rule(layers: list[Any], expected: Any) -> None:
    assert of_spec(*layers) == expected
    assert repr(of_spec(*layers)) == repr({key: expected[key] for key in of_spec(*layers)})


def test_tags_are_united_and_inherited_ones_come_first() -> None:
    layers = [{"metadata": {"tags": tags}} for tags in (["a", "b"], ["c", "a"])]
    assert merged(*layers)["metadata"] == {"tags": ["b", "c", "a"]}


def test_a_list_of_a_keyed_name_elsewhere_replaces() -> None:
    assert merged({"vars": {"roles": [PS]}}, {"vars": {"roles": [WORKER]}}) == {"vars": {"roles": [WORKER]}}


NAMES = st.sampled_from(["/a", "/a/", "/b", "a", "A", "b", 1, 2, True, None, 1.5, [1]])
SCALARS = st.sampled_from([None, 1, "a", True, "b"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["a", "secret", "env", "file", "remove"]), inner, max_size=3)
    ),
    max_leaves=6,
)
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("name", "mountPath", "port"), NAMES),
        **dict.fromkeys(("type", "flavor", "resources", "remove", "x"), VALUES),
    },
)
LISTS = st.lists(ITEMS | SCALARS, max_size=3) | VALUES
SPECS = st.dictionaries(
    st.sampled_from(["roles", "storages", "diagnostics", "services", "env", "secret"]), LISTS, max_size=3
)
LAYERS = st.fixed_dictionaries(
    {}, optional={"spec": SPECS | VALUES, "metadata": st.fixed_dictionaries({"tags": VALUES}), "x": VALUES}
)


@settings(max_examples=400)
@given(st.lists(LAYERS, min_size=2, max_size=4))
def test_trees_and_plain_values_merge_alike(layers: list[Any]) -> None:
    merged(*layers)


@settings(max_examples=200)
@given(LAYERS, LAYERS)
def test_a_layer_that_sets_nothing_changes_nothing(under: Any, over: Any) -> None:
    assert merged(under, {}, over) == merged(under, over)
