"""Builds the wheel and checks that it holds what an installed jobspec needs, the schemas among it."""

from __future__ import annotations

import sys
import tempfile
import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Return 0 when the wheel is complete."""
    with tempfile.TemporaryDirectory() as folder:
        [wheel] = WheelBuilder(str(ROOT)).build(directory=folder, versions=["standard"])
        names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"jobspec/schemas/{path.name}" for path in (ROOT / "schemas").iterdir()}
    wanted |= {str(path.relative_to(ROOT)) for path in (ROOT / "jobspec").rglob("*.py")} | {
        "jobspec/py.typed"
    }
    missing = sorted(wanted - names)
    sys.stdout.write(f"wheel: {len(names)} files, {len(missing)} missing {missing}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
