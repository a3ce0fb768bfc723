"""A forked command imports nothing: else each of thousands of them would import all of jobspec."""

from __future__ import annotations

from pathlib import Path

from tests.forked import Call
from tests.processes import run_python

ROOT = Path(__file__).parent.parent
MISSING = """
import sys
import tests.preloaded
import pkgutil
from jobspec.cli import commands
names = [module.name for module in pkgutil.walk_packages(commands.__path__, "jobspec.cli.commands.")]
print([name for name in names if name not in sys.modules])
"""


def test_every_command_is_imported_before_one_is_forked() -> None:
    ended = run_python(Call(("-c", MISSING), ROOT, {}))
    assert (ended.code, ended.out) == (0, "[]\n"), ended.printed
