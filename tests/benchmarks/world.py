"""A project of many manifests and a local platform on which each of them is done."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from jobspec.local.folder import prepare
from jobspec.local.store.database import open_database
from jobspec.local.store.store import Store, Transition
from jobspec.local.supervisor.lifecycle import Event
from jobspec.manifest.load import Loaded, LoadRequest, load
from jobspec.reconcile import tags
from jobspec.reconcile.planning.plan import Submit
from jobspec.reconcile.planning.planner import plan
from tests.local.places import folder_of, state_of_test

PROJECT = (
    "apiVersion: jobspec/v1\nkind: Project\nmetadata: {name: bench}\nspec:\n  manifests: [tasks/*.yaml]\n"
)

TASK = """\
apiVersion: jobspec/v1
kind: Task
metadata:
  name: train-{number:05}
  description: run number {number} of a sweep over learning rates
  tags: [team-vision, sweep]
spec:
  image: ml_platform/pytorch:1.7
  entrypoint: python train.py
  args: --epochs 10 --seed {number}
  framework: PyTorchDDP
  resourceQueue: q-20260101-abcde
  roles:
    - name: worker
      replicas: 2
      flavor: ml.g1e.large
  activeDeadline: 120h
  env:
    LEARNING_RATE: "0.{number}"
    DATASET: /data/imagenet
  storages:
    - {{type: Tos, mountPath: /data, bucket: vision-datasets, prefix: imagenet}}
  priority: 4
lifecycle:
  restartPolicy: OnFailure
"""


TASK_SET = """\
apiVersion: jobspec/v1
kind: TaskSet
metadata: {{name: train}}
spec:
  matrix: {{number: {{range: [0, {count}]}}}}
  template:
{template}"""


def write_set(root: Path, count: int) -> None:
    """Write a project with one set of so many tasks, each like a manifest of `write_project`."""
    (root / "tasks").mkdir(parents=True)
    (root / "jobspec.yaml").write_text(PROJECT)
    parts = TASK.partition("metadata:")[1:]
    text = "".join(parts).replace("{{", "{").replace("}}", "}")
    text = text.replace("{number:05}", "${{ matrix.number }}").replace("{number}", "${{ matrix.number }}")
    template = "".join(f"    {line}" for line in text.splitlines(keepends=True))
    (root / "tasks" / "train.yaml").write_text(TASK_SET.format(count=count, template=template))


def write_project(root: Path, count: int) -> list[Path]:
    """Write a project of so many manifests of 25 lines; return the manifests."""
    folder = root / "tasks"
    folder.mkdir(parents=True)
    (root / "jobspec.yaml").write_text(PROJECT)
    files = [folder / f"train-{number:05}.yaml" for number in range(count)]
    for number, file in enumerate(files):
        file.write_text(TASK.format(number=number))
    return files


def load_project(root: Path) -> Loaded:
    """Load every manifest of the project."""
    loaded = load(LoadRequest(paths=(root,), cwd=root))
    assert not loaded.diagnostics
    return loaded


def finish_every_task(root: Path) -> None:
    """Give each declared task one run that has succeeded, without running anything."""
    loaded = load_project(root)
    folder = folder_of(root, state_of_test())
    prepare(folder)
    store = Store(open_database(folder))
    now = datetime.now(UTC)
    for change in plan(loaded.scope, loaded.tasks, ()).changes:
        [step] = change.steps
        assert isinstance(step, Submit)
        task_id = store.create(
            {**step.payload, "Tags": list(tags.write(step.marks, step.user_tags))}, now=now
        )
        for event in (Event.ADMIT, Event.LAUNCH, Event.SUCCEED):
            store.move(task_id, event, Transition(), now=now)
    store.close()
