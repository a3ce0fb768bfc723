"""Runs the steps of CI files with bash, as their runners do: expressions, environment, workflow commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent.parent.parent
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_COMPARISON = re.compile(r"([\w.-]+) (==|!=) '([^']*)'")
_STOP = re.compile(r"::stop-commands::(.+)")


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


@dataclass
class Step:
    """What a step printed, and the commands that its runner carried out."""

    code: int
    out: str
    err: str
    commands: list[str]


@dataclass
class Result:
    steps: dict[str, Step] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""

    @property
    def last(self) -> Step:
        return list(self.steps.values())[-1]


def commands_in(output: str) -> list[str]:
    """The lines that GitHub's runner takes for commands: with `::` after spaces, or `##[` anywhere."""
    found, stopped = [], ""
    for line in output.splitlines():
        text = line.strip()
        if stopped:
            stopped = "" if text == f"::{stopped}::" else stopped
        elif stop := _STOP.fullmatch(text):
            stopped = stop[1]
        elif text.startswith("::") or "##[" in line:
            found.append(text)
    return found


@dataclass
class Action:
    """The composite action at the root, in a job with a temporary folder of its own."""

    work: Path
    environ: Mapping[str, str]
    token: str

    def run(self, inputs: Mapping[str, str], cwd: Path) -> Result:
        action, result = read(ROOT / "action.yml"), Result()
        values = {name: str(one.get("default", "")) for name, one in action["inputs"].items()} | dict(inputs)
        temp = self.work / "runner"
        (temp / "jobspec-venv").parent.mkdir(parents=True, exist_ok=True)
        if not (temp / "jobspec-venv").exists():  # as if an earlier step of the job had installed it
            (temp / "jobspec-venv").symlink_to(Path(sys.prefix))
        outputs = self.work / "outputs"
        summary = self.work / "summary"
        for file in (outputs, summary):
            file.write_bytes(b"")
        own = {"RUNNER_TEMP": str(temp), "GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary)}
        for step in action["runs"]["steps"]:
            if "run" not in step or not self._applies(step.get("if"), values):
                continue
            environ = {name: self._value(str(one), values) for name, one in step.get("env", {}).items()}
            folder = cwd / self._value(step.get("working-directory", "."), values)
            assert "${{" not in step["run"], "an expression in a script could be a script itself"
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=folder,
                env={**self.environ, **own, **environ},
                text=True,
                capture_output=True,
                check=False,
            )
            commands = commands_in(done.stdout) + commands_in(done.stderr)
            result.steps[step["name"]] = Step(done.returncode, done.stdout, done.stderr, commands)
            if done.returncode and not step.get("continue-on-error"):
                break
        result.outputs = parsed_outputs(outputs.read_text())
        result.summary = summary.read_text()
        return result

    def _value(self, text: str, inputs: Mapping[str, str]) -> str:
        known = {
            "github.token": self.token,
            "github.action_path": str(ROOT),
            "steps.python.outputs.python-path": sys.executable,
            **{f"inputs.{name}": value for name, value in inputs.items()},
        }
        resolved = _EXPRESSION.sub(lambda match: known[match[1]], text)
        return _EXPRESSION.sub(lambda match: known[match[1]], resolved)  # the default of an input is one, too

    def _applies(self, condition: str | None, inputs: Mapping[str, str]) -> bool:
        if condition is None:
            return True
        parts = [_COMPARISON.fullmatch(part) for part in condition.split(" && ")]
        assert all(parts), condition
        return all(
            (self._value(f"${{{{ {part[1]} }}}}", inputs) == part[3]) == (part[2] == "==")
            for part in parts
            if part
        )


def parsed_outputs(text: str) -> dict[str, str]:
    """The outputs as GitHub's runner reads them: `name<<delimiter`, lines, the delimiter."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        name, _, delimiter = line.partition("<<")
        value = []
        for part in lines:
            if part == delimiter:
                break
            value.append(part)
        found[name] = "\n".join(value)
    return found


def bare_environ(home: Path) -> dict[str, str]:
    """An environment with nothing of this machine but its programs."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
