"""A plan has the same bytes whether its manifests are read with positions or without."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobspec.manifest.load import Loaded, LoadRequest, load
from jobspec.manifest.resolve import project_reading
from jobspec.manifest.resolve.quick import QuickOrigin, QuickTerms
from jobspec.reconcile.planning.planner import plan
from jobspec.report.plan.build import build_view
from jobspec.report.view import PlatformView
from tests.benchmarks.world import write_project
from tests.proof.quick.comparing import HEAD, PROJECTS
from tests.proof.quick.mutants import ROOT, originals
from tests.reconcile.world import run

EXAMPLES = [*(ROOT / "tests" / "cases" / "manifest").iterdir(), *(ROOT / "specs").iterdir()]
FOLDERS = sorted(folder for folder in EXAMPLES if folder.is_dir())
STATES = (None, "Running", "Success", "Failed", "Killing")


def documents(loaded: Loaded) -> list[str]:
    """The plan, as JSON, for runs in each state: of the declared specs, and of another one."""
    runs = [
        [] if state is None else [run(task, state, spec=spec) for task in loaded.tasks]
        for state in STATES
        for spec in (None, "10123456789abcdef")
    ]
    platform = PlatformView(kind="local", endpoint="here")
    return [build_view(plan(loaded.scope, loaded.tasks, some), platform, ()).to_json() for some in runs]


def both_ways(
    folder: Path, environment: str | None, monkeypatch: pytest.MonkeyPatch
) -> tuple[Loaded, Loaded]:
    """A project as it is read, and as it is read with positions only."""
    request = LoadRequest((), folder, environment)
    found = load(request)
    with monkeypatch.context() as patched:
        patched.setattr(QuickTerms, "of", lambda *_: None)
        patched.setattr(project_reading, "_bare_project", lambda *_: None)
        exact = load(request)
    assert not any(isinstance(task.origin, QuickOrigin) for task in exact.tasks)
    return found, exact


def agree(folder: Path, environment: str | None, monkeypatch: pytest.MonkeyPatch) -> int:
    """Hold that both ways give the same plans; return how many tasks were read without positions."""
    found, exact = both_ways(folder, environment, monkeypatch)
    assert found.diagnostics == exact.diagnostics
    assert documents(found) == documents(exact)
    return sum(isinstance(task.origin, QuickOrigin) for task in found.tasks)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("environment", [None, "prod"])
def test_an_example_has_the_same_plans(
    folder: Path, environment: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(folder, environment, monkeypatch)


@pytest.mark.parametrize("environment", [None, "prod"])
def test_a_project_with_defaults_has_the_same_plans(
    environment: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jobspec.yaml").write_text(HEAD + PROJECTS["defaults"])
    (tmp_path / "rich.yaml").write_text(originals()[-1])
    assert agree(tmp_path, environment, monkeypatch) == 2


@pytest.mark.long
def test_a_project_of_several_processes_has_the_same_plans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(tmp_path, 600)
    assert agree(tmp_path, None, monkeypatch) == 600
