"""Of hostile or large input, four times as much takes about four times as long: 16 would be the square.

The machine's speed is in both times.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from jobspec.apply.journal import FileJournal
from jobspec.cloud.answers.wire import read_page
from jobspec.cloud.credentials import find_credentials
from jobspec.config.state_folder import PrivateFolder
from jobspec.errors import UsageError
from jobspec.manifest.files.budget import Budget
from jobspec.manifest.files.patterns import glob
from jobspec.manifest.files.reading import Reader
from jobspec.manifest.yaml.source import parse
from jobspec.report.diagnostics.formats import render
from jobspec.report.plan import saved as plan_file
from tests.manifest.growing import FLAWED, GROWING, TASK, loaded

pytestmark = pytest.mark.benchmark

SMALL, LARGE = 0.25, 1.0
MOST_GROWTH = 9
GRAIN = 0.01
"""Seconds; below it a time says more of the clock than of the work."""

Work = Callable[[], object]


def seconds(work: Work) -> float:
    """How long the work takes, undisturbed: the least of three tries."""
    tries = []
    for _ in range(3):
        began = time.process_time()
        work()
        tries.append(time.process_time() - began)
    return min(tries)


def grows_evenly(name: str, of_size: Callable[[float], Work]) -> None:
    """Hold the growth of the time from the small input to the large one."""
    small, large = (seconds(of_size(size)) for size in (SMALL, LARGE))
    sys.stdout.write(f"\n{name}: {small * 1000:.0f} ms, four times as much: {large * 1000:.0f} ms\n")
    assert large < MOST_GROWTH * max(small, GRAIN)


def nested(line: str, size: float) -> bytes:
    """Aliases of aliases: each line holds nine times what the line before it holds."""
    names = range(1, int(80 * size))
    lines = [line.format(name=f"a{n}", before=", ".join([f"*a{n - 1}"] * 9)) for n in names]
    return ("a0: &a0 {k: 1}\n" + "".join(lines)).encode()


TEXTS: dict[str, Callable[[float], bytes]] = {
    "aliases": lambda size: nested("{name}: &{name} [{before}]\n", size),
    "merges": lambda size: nested("{name}: &{name} {{<<: [{before}]}}\n", size),
    "brackets": lambda size: b"[" * int(1_000_000 * size),
    "braces": lambda size: b"{a: " * int(300_000 * size),
    "dashes": lambda size: b"- " * int(1_000_000 * size),
    "keys": lambda size: b"".join(b"k%d:\n" % n for n in range(int(200_000 * size))),
    "digits": lambda size: b"a: " + b"9" * int(2_000_000 * size),
    "one line": lambda size: b"a: " + b"x" * int(2_000_000 * size),
    "open quote": lambda size: b"a: '" + b"x\n" * int(500_000 * size),
    "question marks": lambda size: b"? " * int(500_000 * size),
    "tabs": lambda size: b"a:\t1\n" * int(100_000 * size),
    "anchors": lambda size: b"".join(b"- &a%d x\n" % n for n in range(int(100_000 * size))),
    "words": lambda size: b"a: " + b"token" * int(400_000 * size),
}


@pytest.mark.parametrize("name", TEXTS)
def test_yaml(name: str) -> None:
    def of_size(size: float) -> Work:
        text = TEXTS[name](size)
        return lambda: parse(text, "f.yaml")

    grows_evenly(f"YAML: {name}", of_size)


def many_tasks(size: float) -> dict[str, str]:
    """One file of many documents."""
    return {"t.yaml": "---\n".join(TASK.replace("train", f"t{n}") for n in range(int(2000 * size)))}


FOLDERS = {**GROWING, **FLAWED, "many tasks": many_tasks}


@pytest.mark.parametrize("name", FOLDERS)
def test_projects(name: str, tmp_path: Path) -> None:
    def of_size(size: float) -> Work:
        files = FOLDERS[name](size)

        def work() -> None:
            found = loaded(tmp_path / str(size), files)
            render(found.diagnostics, found.sources)

        return work

    grows_evenly(f"project: {name}", of_size)


def test_patterns_of_any_folders_in_a_row() -> None:
    def of_size(size: float) -> Work:
        pattern = "**/" * int(30_000 * size) + "*.yaml"
        return lambda: glob(pattern).matches("a/b/c.yaml")

    grows_evenly("pattern", of_size)


NO_PLANS: dict[str, Callable[[int], str]] = {
    "keys": lambda count: "{" + ", ".join(f'"k{n}": 1' for n in range(count)) + "}",
    "one key": lambda count: "{" + '"k": 1, ' * count + '"k": 1}',
    "one known key": lambda count: "{" + '"scope": 1, ' * count + '"scope": 1}',
    "changes": lambda count: '{"changes": [' + "{}, " * count + "{}]}",
    "brackets": lambda count: "[" * count,
}


@pytest.mark.parametrize("name", NO_PLANS)
def test_saved_plans(name: str) -> None:
    def of_size(size: float) -> Work:
        text = NO_PLANS[name](int(1_000_000 * size))

        def work() -> None:
            with suppress(UsageError):
                plan_file.read(text, "p.json")

        return work

    grows_evenly(f"saved plan: {name}", of_size)


@pytest.mark.parametrize("line", [b"1\n", b"{}\n", b'{"intent": 1}\n', b"\n", b'{"settled": "a"}\n'])
def test_journals(line: bytes, tmp_path: Path) -> None:
    def of_size(size: float) -> Work:
        journal = FileJournal(PrivateFolder(tmp_path / str(size), tmp_path), lambda: 1000.0)
        journal.check()
        journal.path.write_bytes(line * int(20 * 1024 * 1024 * size / len(line)))
        return lambda: journal.open_since("vision")

    grows_evenly(f"journal of {line!r}", of_size)


def test_the_search_for_named_manifests() -> None:
    def of_size(size: float) -> Work:
        reader, manifest = Reader(Budget(), frozenset({"x"})), b"name:" * int(100_000 * size) + b"${{"
        return lambda: reader.is_wanted(manifest)

    grows_evenly("search for named manifests", of_size)


def test_a_page_of_tasks() -> None:
    def of_size(size: float) -> Work:
        task = {"Id": "t-1", "Name": "t", "CreateTime": "2021-11-18T12:33:21+08:00", "State": "Running"}
        body = json.dumps({"Total": 1, "List": [task] * int(8000 * size)})
        return lambda: read_page(json.loads(body), action="x")

    grows_evenly("page of tasks", of_size)


def test_a_line_of_spaces_in_the_credentials_file(tmp_path: Path) -> None:
    def of_size(size: float) -> Work:
        home = tmp_path / str(size)
        (home / ".volc").mkdir(parents=True)
        (home / ".volc" / "credentials").write_text(
            "[default]\naccess_key_id=a\nsecret_access_key=b\nnote" + " " * int(500_000 * size) + "x = y\n"
        )
        return lambda: find_credentials({}, home=home)

    grows_evenly("credentials", of_size)
