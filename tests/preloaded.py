"""What the process that forks the commands imports, once: all of jobspec."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import jobspec

_PROGRAMS = {"jobspec.__main__", "jobspec.local.shim"}
"""They start when they are imported, or expect to be run by their path."""

sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # as `jobspec.__main__` does
for _module in pkgutil.walk_packages(jobspec.__path__, "jobspec."):
    if _module.name not in _PROGRAMS:
        importlib.import_module(_module.name)
