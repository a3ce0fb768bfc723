"""A command imports what it uses: each module below costs each run its time, and most runs use none of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.world import finish_every_task, write_project
from tests.forked import Call
from tests.local.places import state_of_test
from tests.processes import environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

IMPORTED = """
import sys
from jobspec import __main__ as program
sys.argv = ["jobspec", *sys.argv[1:]]
try: program.main()
except SystemExit as ended: assert not ended.code, ended.code
print("", *(name for name in sys.modules if sys.modules[name] is not None), sep="\\n", file=sys.stderr)
"""
EXPLANATIONS = (
    *("deepdiff", "confusable_homoglyphs", "jobspec.codes", "jobspec.report.diagnostics.formats"),
    *("jobspec.report.diagnostics.json_document", "jobspec.workflow.project.repository"),
)
OTHER_OUTPUT = (
    *("rich", "pygments", "html", "jobspec.report.plan.markdown", "jobspec.report.plan.html_page"),
    *("jobspec.report.plan.saved", "jobspec.workflow.planning.saved_plans"),
)
OTHER_SOURCES = ("configparser", "subprocess", "uvicorn", "jobspec.workflow.planning.base_revision")
WRITES = ("jobspec.apply.driver", "jobspec.apply.run", "jobspec.reconcile.protocol.converge")
UNUSED = frozenset((*EXPLANATIONS, *OTHER_OUTPUT, *OTHER_SOURCES, *WRITES))
PLATFORM = frozenset(
    (
        *("httpx", "sqlite3", "jobspec.cloud", "jobspec.local", "jobspec.reconcile"),
        *("jobspec.report.view", "jobspec.workflow.account"),
    )
)


@pytest.mark.parametrize(
    ("command", "unused"), [("plan", UNUSED), ("status", UNUSED), ("validate", UNUSED | PLATFORM)]
)
def test_a_command_imports_what_it_uses(command: str, unused: frozenset[str], tmp_path: Path) -> None:
    write_project(tmp_path, 1)
    finish_every_task(tmp_path)
    environ = environment(tmp_path / "home", state_of_test())
    ended = run_python(Call(("-c", IMPORTED, command), tmp_path, environ))
    assert ended.code == 0, ended.err
    assert sorted(unused & set(ended.err.splitlines())) == []
