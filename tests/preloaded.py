"""What the process that forks the commands imports, once: every command of the command line."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import jobspec.cli

sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # as `jobspec.__main__` does
for _module in pkgutil.walk_packages(jobspec.cli.__path__, "jobspec.cli."):
    importlib.import_module(_module.name)
