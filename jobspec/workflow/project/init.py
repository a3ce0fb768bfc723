"""Writes a commented starting project. Nothing that exists is overwritten."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.errors import UsageError
from jobspec.manifest.schema.scalars import NAME_PATTERN
from jobspec.quoting import quote
from jobspec.workflow.project.new_files import write_new
from jobspec.workflow.project.project_name import name_of
from jobspec.workflow.project.reference import schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "jobspec.schema.json"

_PROJECT = """\
# yaml-language-server: $schema=./{schema}
# The project file: which manifests belong together, and what they share.
# Every field is explained by `jobspec explain PATH`, for example `jobspec explain spec.limits`.
apiVersion: jobspec/v1
kind: Project
metadata:
  name: {name}
spec:
  # Where the manifests are, relative to this file.
  manifests: [tasks/**/*.yaml]

  # Without this section tasks run on the local platform: as processes on this machine.
  # platform: {{kind: volcengine, region: cn-beijing}}

  # Values for ${{{{ vars.name }}}} in manifests and in the defaults below.
  vars:
    flavor: ml.g1e.large

  # Merged under every task; a task's own fields win.
  defaults:
    spec:
      image: ml_platform/pytorch:1.7
    lifecycle:
      onChange: Replace # a changed task: stop the run in progress and start the new one

  # Variants with tasks of their own, chosen with `-e prod`.
  # environments:
  #   prod:
  #     vars: {{flavor: ml.hpcg1ve.21xlarge}}
"""

_TASK = """\
# yaml-language-server: $schema=../{schema}
# One training task. It runs to completion; apply submits it once and never again by itself.
apiVersion: jobspec/v1
kind: Task
metadata:
  name: hello
  description: prints a greeting from every replica
spec:
  # A shell command; $VARIABLES of the shell are left alone.
  entrypoint: |
    echo "hello from $MLP_ROLE $MLP_ROLE_INDEX of task $MLP_TASK_NAME, learning rate $LR"
    sleep 1
  roles:
    - {{name: worker, replicas: 2, flavor: "${{{{ vars.flavor }}}}"}}
  activeDeadline: 1h # counted from the launch
  env:
    LR: "0.1"
    # A secret is named here and read only when the task is submitted:
    # HF_TOKEN: {{secret: {{env: HF_TOKEN}}}}
lifecycle:
  restartPolicy: OnFailure # submit again after a failure, backoffLimit times
  backoffLimit: 2
"""


def write_project(folder: Path, name: str | None) -> tuple[Path, ...]:
    """Write the project file, one task and the schema for editors; return their paths.

    Raises `UsageError` if one of them exists, or if the name is not valid for a project.
    """
    chosen = name or name_of(folder)
    if not re.fullmatch(NAME_PATTERN, chosen):
        raise UsageError(
            f"invalid project name {quote(chosen)}",
            help="use letters, digits, `_` and `-`: jobspec init --name vision",
        )
    texts = {folder / relative: text for relative, text in _files(chosen).items()}
    write_new(texts, "choose another folder: jobspec init FOLDER")
    return tuple(texts)


def _files(name: str) -> Mapping[str, str]:
    schema = json.dumps(schemas()["manifest.v1.json"], indent=2, ensure_ascii=False)
    return {
        "jobspec.yaml": _PROJECT.format(schema=SCHEMA, name=name),
        "tasks/hello.yaml": _TASK.format(schema=SCHEMA),
        SCHEMA: schema + "\n",
    }
