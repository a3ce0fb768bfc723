"""Damaged task files: each is converted to a valid manifest, or refused; nothing else happens."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from jobspec.diagnostics import Severity
from jobspec.manifest.resolve.reported import reported
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import plain
from tests.manifest.test_volc import CASES, NAMES, TOKEN, converted, manifests, payloads

VALUES: list[Any] = [
    *(
        None,
        "",
        [],
        {},
        "x",
        0,
        -1,
        1.5,
        True,
        10**17,
        "24h",
        "0",
        "yes",
        "a b",
        "a.b",
        "x" * 300,
        "a\nb",
        "\t",
    ),
    *("${A}", "<B>", "${C:-1}", "$X", "{{ q }}", "{z}", "${{ vars.x }}", "$${Y}", "- x", "'", "#", "\u202e"),
    *(TOKEN, [1, 2], {"a": 1}, [[]], "é队列", {"Name": "A", "Value": "b"}, [{"Name": "A", "Value": "b"}]),
]
KEYS = (
    *("Name", "Value", "IsPrivate", "Type", "MountPath", "Foo", "Id", "taskname", "ak", "sk", "Credential"),
    *("ImageSpec", "Url", "extra", "RoleName", "env", "secret", "a.b", "", "a b", "Token", "ResourceSpec"),
)
DAMAGED = 10
"""Files for each seed."""


def _damaged(document: Any, source: random.Random) -> Any:
    document = copy.deepcopy(document)
    for _ in range(source.randint(1, 4)):
        places = list(_places(document))
        if not places:
            break
        above, key = source.choice(places)
        value = copy.deepcopy(source.choice(VALUES))
        if isinstance(above, list) or source.random() < 0.5:
            above[key] = value
        elif source.random() < 0.5:
            above[source.choice(KEYS)] = value
        else:
            del above[key]
    return document


def _places(node: Any) -> Any:
    below = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in below:
        yield node, key
        yield from _places(value)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("lossy", [False, True])
def test_a_damaged_file_is_converted_or_refused(seed: int, *, lossy: bool) -> None:
    source = random.Random(seed)
    documents = [plain(parse((CASES / name / "input.yaml").read_bytes(), "").documents[0]) for name in NAMES]
    for _ in range(DAMAGED):
        text = json.dumps(_damaged(source.choice(documents), source), ensure_ascii=False, indent=2)
        found = converted(text, lossy=lossy)
        if any(one.severity is Severity.ERROR for one in reported(found.reading)):
            continue
        project, tasks = manifests(found)
        assert TOKEN not in project + "".join(tasks)
        if all(one.is_set for one in found.variables):
            assert len(payloads(project, tasks)) == 1
