"""Expressions between braces, and files of variables that a user names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.errors import ManifestError
from jobspec.manifest.expressions.evaluating import ExpressionContext
from jobspec.manifest.expressions.given import declared_in, with_given
from jobspec.manifest.expressions.outside import Outside
from jobspec.manifest.expressions.syntax import Malformed, parse
from jobspec.manifest.expressions.variable_files import variables_in
from jobspec.manifest.resolve.expressions import expand
from jobspec.manifest.task import Scope
from jobspec.manifest.yaml.source import parse as read_yaml
from jobspec.manifest.yaml.tree import NO_EXTENT, Mapping, Scalar
from jobspec.report.diagnostics.formats import render
from tests.proof.fuzz import structure
from tests.proof.fuzz.reader import Reader, Refused, fed

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = b"""\
spec:
  vars: {n: 4, lr: 0.10, flag: true, text: a.b, empty: null, list: [1, x], map: {a: 1}, open: "${{ vars.n }}"}
"""


def _project() -> Mapping:
    [document] = read_yaml(PROJECT, "jobspec.yaml").documents
    assert isinstance(document, Mapping)
    return document


def expressions(_folder: Path) -> Reader:
    """An expression is a value, or a diagnostic whose place is inside of it."""
    variables = _project().get("spec")
    assert isinstance(variables, Mapping)
    own = variables.get("vars")
    assert isinstance(own, Mapping)
    context = ExpressionContext(own, Scope("vision"), own, Outside(allowed=("*",)))

    def read(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        found = parse(text, 3)
        if isinstance(found, Malformed):
            assert 0 <= found.start < found.end <= len(text) + 5
            assert found.help
        whole = f"${{{{{text}}}}}"
        node, problems = expand(Scalar(whole, whole, "", NO_EXTENT), context)
        if problems:
            render(problems, {}, format="full", width=80, colour=False).encode("utf-8", "surrogatepass")
            raise Refused
        assert "}}" in text or not isinstance(node, Scalar) or node.value != whole
        assert expand(Scalar(whole, whole, "", NO_EXTENT), context)[0] == node

    return fed("expressions", read, (Refused,))


def variables(_folder: Path) -> Reader:
    """A file of variables gives values of the declared types, or diagnostics with places."""
    project = _project()
    declared = declared_in(project, None)

    def read(data: bytes) -> None:
        given, problems = variables_in(data, "values.yaml")
        merged = with_given(None, given, declared.get)
        for problem in (*problems, *merged.problems):
            assert problem.place is not None
            render([problem], {}, format="full", width=80, colour=False).encode("utf-8", "surrogatepass")
        if problems or merged.problems:
            raise ManifestError((*problems, *merged.problems), sources={}, manifests=1)
        found = {} if merged.variables is None else merged.variables.entries
        assert found.keys() <= declared.keys()

    return fed("variables", read, (ManifestError,), structure.of_yaml)
