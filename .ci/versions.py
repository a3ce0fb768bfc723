"""Prints requirements for pip: the dependencies at their lower bounds, and the locked tools of the tests."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
TOOLS = ("hypothesis", "jsonschema", "pytest", "pytest-timeout", "pytest-xdist", "volcengine")
LOWER = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)>=(?P<version>[0-9.]+)")


def main() -> int:
    """Print a requirement a line."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    bounds = [LOWER.fullmatch(one) for one in declared]
    if None in bounds:
        sys.stderr.write(f"a dependency has no plain lower bound: {declared}\n")
        return 1
    lock = (ROOT / "requirements.lock").read_text()
    tools = (re.search(rf"^{name}==[^ \\]+", lock, re.MULTILINE) for name in TOOLS)
    lines = [f"{one['name']}=={one['version']}" for one in bounds if one]
    sys.stdout.write("\n".join([*lines, *(one[0] for one in tools if one)]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
