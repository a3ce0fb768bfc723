"""Compare the two ways to read a manifest file."""

from __future__ import annotations

from typing import Any

from jobspec.manifest.files.budget import Budget
from jobspec.manifest.resolve.project_reading import ProjectFile, read_project, read_project_file
from jobspec.manifest.resolve.quick import quick_tasks, with_origins
from jobspec.manifest.resolve.reading import Terms, read_manifests
from jobspec.manifest.resolve.reported import reported
from jobspec.manifest.task import ScopeOptions, Task
from jobspec.manifest.yaml.quick import quick_documents
from jobspec.manifest.yaml.source import Source, parse
from jobspec.manifest.yaml.tree import Scalar, plain

PROJECTS: dict[str, str] = {
    "bare": "spec: {manifests: ['*.yaml']}\n",
    "defaults": """\
spec:
  manifests: ['*.yaml']
  vars: {queue: q-dev, epochs: 20, image: {tag: "1.7", name: ml/pytorch}, bucket: data, ratio: "0.50"}
  defaults:
    metadata: {tags: [team-vision, sweep]}
    spec:
      resourceQueue: ${{ vars.queue }}
      env: {TEAM: vision, HF_TOKEN: {secret: {env: HF_TOKEN}}}
      storages: [{type: Tos, mountPath: /data, bucket: shared, prefix: a}]
      sidecar: {memoryRatio: 0.5}
    lifecycle: {restartPolicy: OnFailure, cooldown: 15m}
  environments:
    prod: {vars: {queue: q-prod}, defaults: {spec: {priority: 6}}}
""",
    "templates": """\
spec:
  manifests: ['*.yaml']
  vars: {queue: q-dev, flavor: ml.g1e.large, epochs: 20, image: {tag: "1.7", name: ml/pytorch}}
  defaults:
    metadata: {tags: [team-vision]}
    spec:
      roles: [{name: worker, replicas: 2, flavor: ml.g1e.large}]
      storages: [{type: Tos, mountPath: /data, bucket: shared, prefix: a}]
  templates:
    base:
      metadata: {tags: [base], description: shared}
      spec:
        image: ml_platform/pytorch:1.7
        entrypoint: python train.py
        roles: [{name: worker, replicas: 4}, {name: ps, replicas: 1, flavor: "${{ vars.flavor }}"}]
    gpu:
      extends: base
      spec: {env: {A: "${{ vars.queue }}", B: b}, storages: [{mountPath: /data/, prefix: b}]}
    bare: {spec: {roles: [{name: ps, remove: true}]}}
    cells: {spec: {args: "${{ matrix.lr }}"}}
  environments:
    prod: {templates: {gpu: {spec: {priority: 6, env: {B: null}}}}}
""",
}
_OTHERS = {
    "headers": """\
spec:
  manifests: ['*.yaml']
  vars: {kind: Task, version: jobspec/v1, team: vision, meta: {name: a}}
  defaults: {metadata: {tags: [team-vision]}}
""",
    "large": f"spec: {{defaults: {{spec: {{env: {{{', '.join(f'A{n}: x' for n in range(1000))}}}}}}}}}\n",
}
"""Projects that only some tests need."""
HEAD = "apiVersion: jobspec/v1\nkind: Project\nmetadata: {name: vision}\n"


def terms_of(name: str, environment: str | None = None) -> Terms:
    """The terms of one of the projects."""
    source = parse((HEAD + (PROJECTS | _OTHERS)[name]).encode(), "jobspec.yaml")
    file, reading = read_project(source, ScopeOptions(environment))
    assert file is not None
    assert not reading.problems
    assert file.terms.quick is not None
    return file.terms


TERMS = (
    terms_of("bare"),
    terms_of("defaults"),
    terms_of("defaults", "prod"),
    terms_of("templates"),
    terms_of("templates", "prod"),
)


def difference(text: str, terms: Terms) -> tuple[bool, str]:
    """Whether a file is read without positions, and how the exact reading differs; empty if it is equal."""
    assert terms.quick is not None
    quick = quick_tasks(text, terms.quick)
    if quick is None:
        return False, ""
    source = parse(text.encode("utf-8", "surrogatepass"), "t.yaml")
    written = [one for one in source.documents if not (isinstance(one, Scalar) and one.is_absent)]
    if same(quick_documents(text)) != same([plain(one) for one in written]):
        return True, "other values"
    budget = Budget()
    exact = read_manifests({"t.yaml": source}, terms, budget)
    if reported(exact):
        return True, f"the exact reader reports {reported(exact)[0].message}"
    found = list(with_origins(quick, text, "t.yaml", terms.quick))
    tasks = [one.task for one in exact.declared]
    if len(found) != len(tasks):
        return True, "another number of tasks"
    unlike = [name for one, other in zip(found, tasks, strict=True) for name in _unlike(one, other)]
    return True, ", ".join(unlike)


def project_difference(text: str) -> tuple[bool, str]:
    """Whether a project file is read without positions, and how the exact reading differs."""
    data = text.encode("utf-8", "surrogatepass")
    for options in (ScopeOptions(), *([ScopeOptions("prod")] if "prod:" in text else [])):
        _, found, reading = read_project_file(data, "jobspec.yaml", options)
        if found is None or found.exact is None:
            return False, ""
        exact, exact_reading = read_project(parse(data, "jobspec.yaml"), options)
        if exact is None or reported(exact_reading) != reported(reading):
            return True, "other problems"
        for part in ("project", "choice", "patterns", "own_patterns", "other_patterns"):
            if getattr(found, part) != getattr(exact, part):
                return True, part
        if _variables(found) != _variables(exact):
            return True, "variables"
        one, other = found.terms.quick, exact.terms.quick
        if (None if one is None else same(one.defaults)) != (None if other is None else same(other.defaults)):
            return True, "defaults"
    return True, ""


def _variables(file: ProjectFile) -> Any:
    variables = file.terms.inherited.context.variables
    return None if variables is None else same(plain(variables))


def values_differ(text: str) -> tuple[bool, bool]:
    """Whether a text is read without positions as plain YAML, and whether its values differ then."""
    quick = quick_documents(text)
    if quick is None:
        return False, False
    source: Source = parse(text.encode("utf-8", "surrogatepass"), "t.yaml")
    written = [one for one in source.documents if not (isinstance(one, Scalar) and one.is_absent)]
    return True, bool(source.diagnostics) or same(quick) != same([plain(one) for one in written])


def same(value: Any) -> Any:
    """A value that equals another one's only if the types are the same too: True is not 1, nor 1 is 1.0."""
    if isinstance(value, dict):
        return {key: same(part) for key, part in value.items()}
    if isinstance(value, list):
        return [same(part) for part in value]
    return (type(value).__name__, value)


def _unlike(one: Task, other: Task) -> list[str]:
    facts = [name for name in Task.__struct_fields__ if name != "origin"]
    unlike = [name for name in facts if getattr(one, name) != getattr(other, name)]
    parts = ("payload", "place", "secret_places")
    return unlike + [part for part in parts if getattr(one.origin, part) != getattr(other.origin, part)]
