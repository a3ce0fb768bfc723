"""Reading many live tasks costs little more than fetching and parsing them, in bounded memory.

Run with `pytest -m benchmark tests/benchmarks/test_live.py -s` to see the figures.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jobspec.apply.observe import find_named, observe
from jobspec.cloud.answers.query import ListQuery
from jobspec.manifest.task import Scope
from tests.benchmarks.live import EVERY, Platform, client_of
from tests.benchmarks.test_ratios import call_seconds, process, ratio
from tests.benchmarks.world import write_project

pytestmark = pytest.mark.benchmark

COUNT = 20_000
PAGE = 100
MOST = 2.4
"""Measured: 1.0 to 1.6. The machine decides how much time the threads that read ahead take from each other.
When every record was read whole, it was about 5."""


def fetch_and_parse(platform: Platform) -> None:
    """The floor: each page is requested as bytes, with a signature, and parsed by the standard library."""
    client = client_of(platform)
    for offset in range(0, platform.count, PAGE - 1):
        body = ListQuery(sort_by="Id", sort_order="Ascend").body(offset=offset)
        text = json.dumps(body).encode()
        json.loads(client._exchange.post("ListCustomTasks", text, within=60).body)


def test_reading_live_tasks_costs_little_more_than_fetching_and_parsing_them() -> None:
    platform = Platform(COUNT, keeps_pages=True)
    ratio(
        f"observing {COUNT:,} live tasks, {COUNT // EVERY:,} of them ours, against fetching and json.loads",
        lambda: call_seconds(lambda: observe(client_of(platform), Scope("bench"))),
        lambda: call_seconds(lambda: fetch_and_parse(platform)),
        most=MOST,
    )


def test_looking_for_names_in_the_whole_account_costs_little_more_than_fetching_it() -> None:
    platform = Platform(COUNT, keeps_pages=True)
    names = [f"train-{number:06}" for number in range(0, COUNT, EVERY)]
    ratio(
        f"finding {len(names):,} names among {COUNT:,} live tasks, against fetching and json.loads",
        lambda: call_seconds(lambda: find_named(client_of(platform), names)),
        lambda: call_seconds(lambda: fetch_and_parse(platform)),
        most=MOST,
    )


MEMORY = """
import sys
from pathlib import Path
from tests.benchmarks.live import Platform, client_of
from jobspec.cli.tasks.streamed_tasks import begin, write_json
from jobspec.apply.observe import observe
from jobspec.cloud.answers.query import ListQuery
from jobspec.report.tasks.view import live_task
from jobspec.report.view import PlatformView

def observed(count):
    return observe(client_of(Platform(count)), "bench")

def listed(count):
    pages = client_of(Platform(count)).list_in_order(ListQuery())
    views = (tuple(map(live_task, page)) for page in pages)
    write_json(begin(views), PlatformView(kind="volcengine"))

kept = {work}({count})
[peak] = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
sys.stderr.write(peak.split()[1])  # unlike `ru_maxrss`, without what the parent had
"""


def megabytes(work: str, count: int, folder: Path) -> float:
    """The most memory of a process that does the work."""
    return int(process("-c", MEMORY.format(work=work, count=count), cwd=folder, stream="stderr")) / 1024


@pytest.mark.parametrize(("work", "most_each"), [("observed", 700), ("listed", 250)])
def test_memory_grows_by_little_for_each_task(work: str, most_each: float, tmp_path: Path) -> None:
    """Of 1,700 bytes a task: a tenth of them is kept, or none but their ids."""
    small, large = (megabytes(work, count, tmp_path) for count in (5_000, 45_000))
    each = (large - small) * 1024**2 / 40_000
    sys.stdout.write(
        f"\n{work}: {small:.0f} MB for 5,000, {large:.0f} MB for 45,000: {each:.0f} bytes each\n"
    )
    assert each <= most_each
    assert large <= 150


def test_listing_is_linear_in_the_number_of_tasks() -> None:
    def listed(count: int) -> Callable[[], object]:
        platform = Platform(count, keeps_pages=True)
        return lambda: [None for _ in client_of(platform).list_in_order(ListQuery())]

    few, many = listed(COUNT // 4), listed(COUNT)
    ratio(
        f"listing {COUNT:,} tasks against {COUNT // 4:,}",
        lambda: call_seconds(many),
        lambda: call_seconds(few),
        most=8,  # four times as many: 4 is linear, 16 would be quadratic
    )


APPLIED = """
import sys
from collections import Counter
from jobspec.cloud.connection.exchange import Exchange
from jobspec.local.supervisor import launch

sent = Counter()
post = Exchange.post

def counted(self, action, body, *, within):
    sent[action] += 1
    return post(self, action, body, within=within)

Exchange.post = counted
launch.ensure_supervisor = lambda *_: None  # nothing is to run
from jobspec.cli.main import run
assert run(["apply", "--yes"]) == 0
sys.stderr.write("\\n" + repr(dict(sent)))
"""


@pytest.mark.parametrize("count", [25, 150])
def test_a_submit_takes_four_requests(count: int, tmp_path: Path) -> None:
    write_project(tmp_path, count)
    sent = ast.literal_eval(process("-c", APPLIED, cwd=tmp_path, stream="stderr").splitlines()[-1])
    observing = 1 + (1 if count > 20 else count)  # the scope, and the account for tasks of the same names
    confirming = 1 + -(-count // (PAGE - 1))  # one listing: its pages, and that it ends
    assert sent == {
        "ListCustomTasks": observing + 2 * count + confirming,
        "CreateCustomTask": count,
        "GetCustomTask": count,
        **dict.fromkeys(("GetResourceQueue", "ListFlavorsV2"), 1),  # the preflight, once per apply
    }
