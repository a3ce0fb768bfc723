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
ALWAYS = frozenset(
    (
        *("pydantic", "pydantic_core", "httpx", "ssl", "dataclasses", "tempfile", "ruamel"),
        *("deepdiff", "confusable_homoglyphs", "jobspec.codes", "jobspec.report.diagnostics.formats"),
        *("jobspec.report.diagnostics.json_document", "jobspec.workflow.project.repository"),
        *("rich", "pygments", "html", "jobspec.report.plan.markdown", "jobspec.report.plan.html_page"),
        *("configparser", "subprocess", "uvicorn", "jobspec.workflow.planning.base_revision"),
    )
)
"""What explains a problem or a difference, what writes another format, and what reads another source."""
WRITES = frozenset(
    (
        *("jobspec.apply.driver", "jobspec.apply.run", "jobspec.reconcile.protocol.converge"),
        *("jobspec.report.plan.saved", "jobspec.workflow.planning.saved_plans", "logging"),
    )
)
PLATFORM = frozenset(
    (
        *("sqlite3", "jobspec.cloud", "jobspec.local", "jobspec.reconcile"),
        *("jobspec.report.view", "jobspec.workflow.account"),
    )
)
TASK_OF_THE_VENDOR = """\
TaskName: train
ImageUrl: registry.example.com/a/b:1
Entrypoint: python train.py
TaskRoleSpecs: [{RoleName: worker, RoleReplicas: 1, Flavor: ml.g1e.large}]
"""
UNUSED = {
    "plan": ALWAYS | WRITES,
    "drift": ALWAYS | WRITES | {"jobspec.cloud.connection.network", "xml.sax"},
    "status": ALWAYS | WRITES,
    "validate": ALWAYS | WRITES | PLATFORM,
    "show train-00000": ALWAYS | WRITES | (PLATFORM - {"jobspec.report.view", "jobspec.reconcile"}),
    "apply --yes": ALWAYS,
    "get train-00000.id": ALWAYS | WRITES | {"jobspec.workflow.planning.planning"},
    "convert train.yaml": (ALWAYS - {"pydantic", "pydantic_core", "dataclasses", "tempfile"})
    | WRITES
    | (PLATFORM - {"jobspec.workflow.account"}),
}


@pytest.mark.parametrize("command", UNUSED)
def test_a_command_imports_what_it_uses(command: str, tmp_path: Path) -> None:
    write_project(tmp_path, 1)
    finish_every_task(tmp_path)
    (tmp_path / "train.yaml").write_text(TASK_OF_THE_VENDOR)
    environ = environment(tmp_path / "home", state_of_test())
    ended = run_python(Call(("-c", IMPORTED, *command.split()), tmp_path, environ))
    assert ended.code == 0, ended.err
    assert sorted(UNUSED[command] & set(ended.err.splitlines())) == []
