"""The environment variable that names an environment of the project, for commands without `-e`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "JOBSPEC_ENVIRONMENT"


def named_environment(environ: Mapping[str, str]) -> str | None:
    """Return the environment in the variable; None if it is unset or empty."""
    return environ.get(VARIABLE, "").strip() or None
