"""Read a file of variables, as `--var-file` names one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.diagnostics import Diagnostic
from jobspec.manifest.expressions.outside import GivenVariable
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import Mapping, Scalar

if TYPE_CHECKING:
    from jobspec.manifest.yaml.tree import Node


def variables_in(data: bytes, file: str) -> tuple[tuple[GivenVariable, ...], tuple[Diagnostic, ...]]:
    """Return the variables in a YAML file, and its problems."""
    source = parse(data, file)
    if source.diagnostics:
        return (), source.diagnostics
    documents = [one for one in source.documents if not (isinstance(one, Scalar) and one.is_absent)]
    if len(documents) > 1:
        return (), (_problem(documents[1], "a file of variables must contain a single document"),)
    if not documents:
        return (), ()
    if not isinstance(documents[0], Mapping):
        return (), (_problem(documents[0], "a file of variables must be a map"),)
    entries = documents[0].entries.items()
    source_name = f"--var-file {file}"
    return tuple(
        GivenVariable(name, "", source_name, value, key.at.place) for name, (key, value) in entries
    ), ()


def _problem(node: Node, message: str) -> Diagnostic:
    return Diagnostic(
        "JS369", message, node.at.place, "not a map of variables", "write `NAME: value`, one a line"
    )
