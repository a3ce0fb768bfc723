"""What happens when nobody reads the output any more, or its disk is full."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.processes import TIMEOUT, Streams, line_with
from tests.projects import FOREVER

if TYPE_CHECKING:
    from tests.projects import Project

WIDE = {"COLUMNS": "200"}


def piped(project: Project, command: str, environ: dict[str, str] | None = None) -> tuple[list[int], str]:
    """Run a pipe whose first program is ours; returns how its programs ended, and what stderr says."""
    script = f'set -o pipefail; "{sys.executable}" -m jobspec {command}; echo "${{PIPESTATUS[@]}}" >&2'
    ended = subprocess.run(
        ["bash", "-c", script],
        cwd=project.root,
        env={**os.environ, "HOME": str(project.home), **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    *said, codes = ended.stderr.splitlines()
    return [int(code) for code in codes.split()], "\n".join(said)


def test_the_logs_that_head_has_read_enough_of_end_in_silence(project: Project) -> None:
    project.declare("train", "seq 1000000")
    project.apply("--wait")
    assert piped(project, "logs train | head -1") == ([141, 0], "")


@pytest.mark.parametrize("command", ["--help", "apply --help", "schema manifest", "explain JS204", "status"])
def test_every_output_that_nobody_reads_ends_in_silence(project: Project, command: str) -> None:
    project.declare("train")
    assert piped(project, f"{command} | true") in [([141, 0], ""), ([0, 0], "")]
    assert piped(project, f"{command} | sh -c 'exec 0<&-; sleep 2'") == ([141, 0], "")


def test_an_apply_that_nobody_reads_starts_nothing_more_and_tells_what_was_done(project: Project) -> None:
    text = (project.root / "jobspec.yaml").read_text()
    project.write("jobspec.yaml", f"{text}  platform: {{kind: local, maxWritesPerSecond: 4}}\n")
    for number in range(40):  # ten seconds
        project.declare(f"t{number:02}", "true")
    with project.running("apply", "--yes") as apply:
        line_with(": submitted", apply.stderr)
        assert apply.stdout is not None
        apply.stdout.close()
        assert apply.stderr is not None
        said = apply.stderr.read()
        code = apply.wait(TIMEOUT)
    submitted = {run["Name"] for run in project.runs()}
    assert 0 < len(submitted) < 40
    assert "Output can no longer be written. Completed so far:" in said
    told = {line.split()[2] for line in said.splitlines() if line.startswith("✓ submitted")}
    assert told <= submitted
    assert code == (1 if told == submitted else 4)  # a submit that was cut short may be unknown
    assert "jobspec apply" in said


def test_a_full_disk_ends_single_writes_and_tells_what_was_done(project: Project) -> None:
    for name in ("a", "b"):
        project.declare(name, FOREVER)
    project.apply()
    ids = [run["Id"] for run in project.runs()]
    with (
        Path("/dev/full").open("wb") as full,
        project.running(
            "task", "cancel", *ids, "--yes", "-o", "json", streams=Streams(stdout=full.fileno())
        ) as cancel,
    ):
        _, said = cancel.communicate(timeout=TIMEOUT)
    assert cancel.returncode == 1
    assert all(one in said for one in ids)
    assert "error[JS604]: the output cannot be written: No space left on device" in said
