"""What to write in place of the names that other tools have in their expressions. Pure."""

from __future__ import annotations

import re

_OF_CI = frozenset(
    {"github", "gitea", "gitlab", "runner", "job", "jobs", "steps", "needs", "inputs", "strategy"}
)
_OF_TEMPLATES = frozenset({"var", "local", "values", "Values", "params", "parameters", "variables", "config"})


def advice_for(name: str) -> str:
    """Return what to write instead of another tool's expression, such as `secrets.X`; "" for others."""
    head, _, rest = name.partition(".")
    last = rest.rpartition(".")[2]
    if not last:
        return ""
    variable = re.sub(r"[^A-Za-z0-9_]", "_", last)
    if head in ("secrets", "secret"):
        return (
            f"a secret is a reference: write `{variable}: {{secret: {{env: {variable}}}}}` under `spec.env`, "
            f"and `${variable}` in the command"
        )
    if head == "env":
        return (
            f"in a command, write `${variable}`, which the shell replaces; elsewhere, add `{variable}` to "
            f"`spec.vars` in `jobspec.yaml` and write `${{{{ vars.{variable} }}}}`"
        )
    if head in _OF_CI or head in _OF_TEMPLATES:
        return (
            f"expressions can refer to project variables only: add `{variable}` to `spec.vars` in "
            f"`jobspec.yaml` and write `${{{{ vars.{variable} }}}}`"
        )
    return ""
