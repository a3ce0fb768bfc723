"""The project file beside converted manifests: their variables and what they have in common. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobspec.manifest.values import API_VERSION
from jobspec.manifest.yaml.writing import to_yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from jobspec.manifest.volc.values.variables import Variable

_PLATFORM = """\
  # Without this line, tasks run on the local platform: as processes on this machine.
  # platform: {kind: volcengine, region: cn-beijing}
"""


def project_text(
    name: str, manifests: Sequence[str], variables: Collection[Variable], defaults: Mapping[str, Any]
) -> str:
    """Return a project file."""
    head = {"apiVersion": API_VERSION, "kind": "Project", "metadata": {"name": name}}
    parts = [to_yaml(head), "spec:\n", _indented(to_yaml({"manifests": list(manifests)})), _PLATFORM]
    return "".join([*parts, _indented(additions(variables, defaults))])


def additions(variables: Collection[Variable], defaults: Mapping[str, Any]) -> str:
    """Return the part of `spec` in a project file that converted manifests need; empty if they need none."""
    parts = []
    if variables:
        parts.append("vars:\n")
    for variable in variables:
        if not variable.is_set:
            parts.append("  # Set this value. Until then, jobspec refuses the project.\n")
        value = _escaped(variable.declared) if variable.is_set else variable.declared
        parts.append(_indented(to_yaml({variable.name: value})))
    if defaults:
        parts.append(to_yaml({"defaults": {"spec": dict(defaults)}}))
    return "".join(parts)


def _escaped(value: Any) -> Any:
    return value.replace("${{", "$${{") if isinstance(value, str) else value


def _indented(text: str) -> str:
    return "".join(f"  {line}" if line.strip() else line for line in text.splitlines(keepends=True))
