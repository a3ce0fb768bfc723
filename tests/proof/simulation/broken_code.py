"""The table of ways to break the code, read from `broken_code.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.proof.simulation.mutants import Mutant


def _read() -> tuple[Mutant, ...]:
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return tuple(Mutant(**row) for row in tomllib.loads(text)["mutant"])


MUTANTS = _read()
