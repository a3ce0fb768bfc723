"""What the process that forks the commands imports, once: every command of the command line."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import jobspec.cli

sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # as `jobspec.__main__` does
for _module in pkgutil.iter_modules(jobspec.cli.__path__):
    importlib.import_module(f"jobspec.cli.{_module.name}")
