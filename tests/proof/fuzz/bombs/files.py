"""Files beside the manifests that go off: saved plans, the journal, credentials, secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import json

from tests.proof.fuzz.bombs.manifests import MEBI, TASK, Files, lines, task
from tests.proof.fuzz.structure import nested
from tests.report.test_plan_file import SAVED

PLAN = json.encode(SAVED).decode()
_VOLCENGINE = "  platform: {kind: volcengine}\n"
_APPLY_PLAN = ("apply", "plan.json", "--yes")
_EDITED = 3
JOURNAL = "the journal"
"""Stands for its path, which goes by the folder."""
_APPLY = ("apply", "--yes")


@dataclass(frozen=True, slots=True)
class Bomb:
    """Files, the command that meets them, and how it ends."""

    files: Callable[[], Files]
    command: Sequence[str]
    code: int
    more: Files = field(default_factory=task)


def _plan(content: str, code: int = 1) -> Bomb:
    return Bomb(lambda: {"plan.json": content.encode()}, _APPLY_PLAN, code)


def _journal(content: Callable[[], bytes]) -> Bomb:
    return Bomb(lambda: {JOURNAL: content()}, _APPLY, 0)


def _credentials(content: Callable[[], bytes]) -> Bomb:
    return Bomb(lambda: {"home/.volc/credentials": content()}, ("plan",), 1, task(project=_VOLCENGINE))


def _secret(content: Callable[[], bytes]) -> Bomb:
    with_secret = {**task(), "task.yaml": f"{TASK}  env: {{A: {{secret: {{file: token}}}}}}\n".encode()}
    return Bomb(lambda: {"token": content()}, _APPLY, 1, with_secret)


def _with_before(value: str) -> str:
    """The plan with a field that differs, whose value is as foreign as can be."""
    one = f'"differences": [{{"field": "x", "before": {value}, "after": 1}}], "steps"'
    return PLAN.replace('"differences":[],"steps"', one, 1).replace('"steps"', one, 1)


FILES: Mapping[str, Bomb] = {
    "plan: 10,000 levels": _plan(nested(10_000)),
    "plan: 10,000 levels in a field": _plan(_with_before(nested(10_000))),
    "plan: 200 levels in a field": _plan(_with_before(nested(200)), _EDITED),
    "plan: an integer of 100,000 digits": _plan(_with_before("9" * 100_000)),
    "plan: an integer of 4,000 digits": _plan(_with_before("9" * 4000), _EDITED),
    "plan: no number": _plan(_with_before("NaN")),
    "plan: infinity": _plan(_with_before("1e999")),
    "plan: a text of 10 MB": _plan(_with_before(f'"{"x" * 10 * MEBI}"'), _EDITED),
    "plan: a key of 1 MB": _plan(PLAN.replace('"scope"', f'"{"k" * MEBI}"')),
    "plan: 100,000 keys": _plan("{" + ", ".join(f'"k{n}": {n}' for n in range(100_000)) + "}"),
    "plan: 100,000 changes": _plan(PLAN.replace('"changes":[', '"changes":[' + "{}, " * 100_000)),
    "plan: 100,000 wrong steps": _plan(PLAN.replace('"steps":[', '"steps":[' + "1, " * 100_000)),
    "plan: 40 MB": _plan(" " * 40 * MEBI),
    "plan: NUL": _plan("\0" * 1000),
    "journal: numbers": _journal(lambda: b"1\n" * 5 * MEBI),
    "journal: maps": _journal(lambda: b"{}\n" * 5 * MEBI),
    "journal: settled": _journal(lambda: b'{"settled": "a"}\n' * 500_000),
    "journal: intentions": _journal(
        lambda: lines(60_000, '{"intent": "#", "address": "b/a", "time": 1.5}').encode()
    ),
    "journal: one line": _journal(lambda: b"[" * 8 * MEBI),
    "journal: a text": _journal(
        lambda: b'{"intent": "' + b"x" * 7 * MEBI + b'", "address": "", "time": 1.0}\n'
    ),
    "journal: digits": _journal(
        lambda: b'{"intent": "a", "address": "", "time": ' + b"9" * 4 * MEBI + b".0}\n"
    ),
    "credentials: spaces": _credentials(lambda: b"[default]\naccess_key_id" + b" " * 900_000 + b"x = y\n"),
    "credentials: sections": _credentials(lambda: lines(90_000, "[#]").encode()),
    "credentials: keys": _credentials(lambda: b"[default]\n" + lines(80_000, "k# = v").encode()),
    "credentials: brackets": _credentials(lambda: b"[" * 900_000),
    "credentials: continued": _credentials(lambda: b"[default]\naccess_key_id = a\n" + b"  b\n" * 200_000),
    "credentials: 2 MB": _credentials(lambda: b"[default]\n" * 200_000),
    "credentials: NUL": _credentials(lambda: b"\0" * 1000),
    "secret: 10 MB": _secret(lambda: b"x" * 10 * MEBI),
    "secret: line breaks": _secret(lambda: b"\n" * 60_000),
    "secret: no text": _secret(lambda: b"\xff" * 60_000),
    "secret: NUL": _secret(lambda: b"a\0b"),
}
