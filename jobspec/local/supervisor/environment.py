"""The environment of a replica: how the processes of a task learn their roles and find each other. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobspec.local.addresses import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.local.store.spec import Replica, RunnableTask

MARK = "JOBSPEC_LOCAL_MARK"
"""The variable that marks a process as a task's, even without its parents."""

_WITHHELD = ("VOLC_", "JOBSPEC_LOCAL_", "MLP_")
_SETTABLE = "MLP_LOG_PATH"


def base_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the supervisor's own environment without the platform's credentials and settings."""
    return {name: value for name, value in environ.items() if not name.startswith(_WITHHELD)}


def shared_environment(task_id: str, spec: RunnableTask, ports: Mapping[str, int]) -> dict[str, str]:
    """Return the variables that all replicas of a task see; `ports` has a port for each replica's name."""
    variables = {"MLP_TASK_ID": task_id, "MLP_TASK_NAME": spec.name, "MLP_WORKER_GPU": "0"}
    for role in spec.roles:
        prefix = f"MLP_{_as_variable(role.name)}"
        variables[f"{prefix}_NUM"] = str(role.replicas)
        variables[f"{prefix}_ALL_HOSTS"] = ",".join([HOST] * role.replicas)
    for replica in spec.replicas():
        prefix = f"MLP_{_as_variable(replica.role)}_{replica.index}"
        variables[f"{prefix}_HOST"] = HOST
        variables[f"{prefix}_PORT"] = str(ports[replica.name])
    return variables


def replica_environment(
    base: Mapping[str, str], spec: RunnableTask, shared: Mapping[str, str], *, replica: Replica, mark: str
) -> dict[str, str]:
    """Return the complete environment of one replica. The platform's variables override the task's own."""
    own = {name: value for name, value in spec.env if not _is_reserved(name)}
    place = {"MLP_ROLE": replica.role, "MLP_ROLE_INDEX": str(replica.index), MARK: mark}
    return {**base, "PYTHONUNBUFFERED": "1", **own, **shared, **place}


def needs_bash(spec: RunnableTask) -> bool:
    """Return whether a variable has a name, such as `BASH_FUNC_f%%`, that shells other than bash drop.

    Bash passes it on, also when it runs as `sh`.
    """
    return any(not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) for name, _ in spec.env)


def _is_reserved(name: str) -> bool:
    return name.startswith("MLP_") and name != _SETTABLE


def _as_variable(role: str) -> str:
    return re.sub(r"[^A-Z0-9_]", "_", role.upper())
