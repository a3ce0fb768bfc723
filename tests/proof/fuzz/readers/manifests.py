"""YAML files: manifests under a project's defaults, from the bytes to the plan; and project files."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from jobspec.errors import JobspecError, ManifestError
from jobspec.manifest.files.budget import Budget
from jobspec.manifest.load import Loaded, LoadRequest, load
from jobspec.manifest.payload.spec_hash import canonical_json
from jobspec.manifest.resolve.project_reading import read_project
from jobspec.manifest.resolve.reading import problems_between, read_manifests, total
from jobspec.manifest.resolve.reported import ShownTexts, reported
from jobspec.manifest.task import ScopeOptions
from jobspec.manifest.yaml.source import parse
from jobspec.reconcile import differences
from jobspec.reconcile.declared import declare
from jobspec.reconcile.planning import planner
from jobspec.report.diagnostics.formats import Format, render
from jobspec.report.diagnostics.summary import closing_line
from jobspec.report.plan.build import build_view
from jobspec.report.view import PlatformView
from jobspec.workflow.account.connect import ProjectPlace, connect
from jobspec.workflow.surroundings import Surroundings
from tests.proof.fuzz import structure
from tests.proof.fuzz.reader import CORPUS, Reader, Refused, fed
from tests.proof.fuzz.readers.planning import show
from tests.reconcile.world import SCOPE, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jobspec.diagnostics import Diagnostic
    from jobspec.manifest.task import Task

PROJECT = b"""\
apiVersion: jobspec/v1
kind: Project
metadata: {name: vision}
spec:
  vars: {x: {a: [1, 2], b: {c: text}}, lr: 0.1, flavor: ml.g1e.large}
  defaults:
    spec: {image: ml_platform/pytorch:1.7, resourceQueue: q-1, env: {LR: "${{ vars.lr }}"}}
"""
FORMATS: Sequence[Format] = get_args(Format)


def manifests(_folder: Path) -> Reader:
    """A file of manifests."""
    project, _ = read_project(parse(PROJECT, "jobspec.yaml"), ScopeOptions())
    assert project is not None

    def read(data: bytes) -> None:
        source = parse(data, "t.yaml")
        reading = read_manifests({"t.yaml": source}, project.terms, Budget())
        reading = total([reading, problems_between(reading)])
        _tell(reported(reading), ShownTexts([source], reading), reading.manifests)
        assert all(one.is_sound for one in reading.declared)
        _plan([one.task for one in reading.declared])

    return fed("manifests", read, (ManifestError,), structure.of_yaml)


def projects(folder: Path) -> Reader:
    """A project file with a manifest beside it, read from the disk, and its platform looked for."""
    root = folder / "projects"
    root.mkdir()
    (root / "task.yaml").write_bytes((CORPUS / "manifests" / "aliases.yaml").read_bytes())

    def read(data: bytes) -> None:
        (root / "jobspec.yaml").write_bytes(data)
        for environment in (None, "prod"):
            found = load(LoadRequest((), root, environment=environment))
            _tell(found.diagnostics, found.sources, found.manifests)
            _plan(found.tasks)
            _connect(found, root)

    return fed("projects", read, (JobspecError,), structure.of_yaml)


def _connect(found: Loaded, root: Path) -> None:
    if found.project is None:
        raise Refused
    environ = {"VOLC_ACCESSKEY": "AKLT-key", "VOLC_SECRETKEY": "secret"}
    connect(found.project.platform, ProjectPlace(root), Surroundings(environ, root, root)).client.close()


_DOCUMENTS = ("json", "gitlab", "junit")
"""Formats that are a document even without problems."""


def _tell(problems: Sequence[Diagnostic], sources: Mapping[str, str], manifests: int) -> None:
    """Tell the problems in every format; errors among them are the refusal."""
    for format_ in FORMATS:
        text = render(problems, sources, format=format_, width=80, colour=True)
        assert bool(text.strip()) == bool(problems) or format_ in _DOCUMENTS
        text.encode("utf-8", "surrogatepass")  # a terminal gets an escape for half a character
    if closing_line(problems, manifests).startswith("error"):
        raise ManifestError(problems, sources=sources, manifests=manifests)


def _plan(tasks: Sequence[Task]) -> None:
    """Plan the tasks against nothing, and against what they ran before; all of it twice the same."""
    for task in tasks:
        assert task.fingerprint.spec == task.fingerprint.spec
        canonical_json(task.payload).encode()
    live = [run(task, "Running", number % 9, spec="1" + "0" * 16) for number, task in enumerate(tasks[:5])]
    for runs in ((), live):
        plan = planner.plan(SCOPE, tasks, runs)
        view = build_view(plan, PlatformView(kind="local"), ())
        assert view == build_view(planner.plan(SCOPE, tasks, runs), view.platform, ())
        show(view)
    for one in live:
        differences.of_spec(one, declare(tasks[0]).payload)
