"""Runs one command of a CI job in this process, and reports its result."""

from __future__ import annotations

import io
import secrets
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

from jobspec.cli import terminal
from jobspec.cli.ci import results
from jobspec.cli.ci.results import Report
from jobspec.cli.exits import Exit
from jobspec.errors import UsageError
from jobspec.report.ci.annotations import annotation
from jobspec.report.text import printable
from jobspec.workflow.ci import comments, reporting
from jobspec.workflow.ci.job import base_of
from jobspec.workflow.project.repository import detached_commit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jobspec.workflow.ci.job import Job
    from jobspec.workflow.surroundings import Surroundings

_OUTPUTS = {"plan": ("-o", "--output"), "apply": ("-o", "--output", "--json-into"), "validate": ("--format",)}
_FILES = {"gitlab": "gl-code-quality-report.json", "junit": "junit.xml"}
"""The reports of `validate`, by their format; `drift` writes the last one, too."""


class CiCommand:
    """A command, the job that runs it, and the folder for the files of its report."""

    def __init__(self, job: Job, surroundings: Surroundings, folder: Path, command: tuple[str, ...]) -> None:
        self._command, *self._arguments = command
        _check_arguments(self._command, self._arguments)
        self._job = job
        self._surroundings = surroundings
        self._folder = folder
        reporting.prepare(folder)

    def run(self) -> int:
        """Run the command; return its exit code."""
        for name in ("plan.json", "apply.json", "drift.json", "drift.md", *_FILES.values()):
            reporting.forget(self._folder / name)
        if self._command == "validate":
            return self._validate()
        with _uninterpreted(self._job):
            return _run([self._command, *self._own_arguments(), *self._arguments])

    def report(self, code: int, *, comments: bool) -> None:
        """Write the outputs and the summary, and update the comment."""
        found = self._report(code)
        outputs = {**found.outputs, "exit-code": str(code)}
        environ = self._surroundings.environ
        reporting.write_outputs(self._job, environ, outputs, self._folder)
        reporting.write_report(self._folder, found.body)
        reporting.write_summary(self._job, environ, found.body)
        if comments and self._command == "plan" and code != Exit.INTERRUPTED:
            self._comment(found)

    def _own_arguments(self) -> list[str]:
        match self._command:
            case "plan":
                return [*self._since(), "--output", str(self._folder / "plan.json")]
            case "apply":
                return ["--yes", "--json-into", str(self._folder / "apply.json")]
            case "drift":
                names = ("drift.json", "drift.md", _FILES["junit"])
                return [*self._since(), *(f"--output-file={self._folder / name}" for name in names)]
            case _:
                return self._since()

    def _since(self) -> list[str]:
        """Compare with the target of the pull or merge request, unless a revision was given."""
        if not self._job.base or any(one.partition("=")[0] == "--since" for one in self._arguments):
            return []
        return ["--since", base_of(self._job, detached_commit(self._surroundings.cwd))]

    def _validate(self) -> int:
        """Run `validate` with annotations on GitHub; elsewhere with text, and write its reports."""
        own = ["validate", *self._arguments]
        if self._job.host == "github":
            return _run([*own, "--format", "github"])
        with _uninterpreted(self._job):
            code = _run(own)
        for format_, name in _FILES.items():
            with redirect_stdout(io.StringIO()) as text, redirect_stderr(io.StringIO()):
                _run([*own, "--format", format_])
            reporting.write_file(self._folder / name, text.getvalue())
        return code

    def _report(self, code: int) -> Report:
        plan, applied = self._folder / "plan.json", self._folder / "apply.json"
        if plan.exists():
            return results.of_plan(plan)
        if applied.exists():
            return results.of_apply(applied)
        if (self._folder / "drift.md").exists():
            return results.of_drift(self._folder / "drift.md", self._folder / "drift.json")
        if self._command == "validate":
            return Report("", {})
        return results.of_failure(self._command, code, self._job.page)

    def _comment(self, found: Report) -> None:
        job = self._job
        if job.missing_comments:
            self._warn(f"no comment was written: {job.missing_comments}")
        if job.comments is None:
            return
        key = "/".join((self._command, *self._arguments)) or self._command
        body = f"{found.body.rstrip()}\n{comments.marker(key, job.run)}\n"
        posted = reporting.comment(job.comments, body, creates=found.creates)
        if posted.problem:
            self._warn(f"no comment was written: {posted.problem}; the summary of the job has the plan")
        else:
            terminal.message(posted.done)

    def _warn(self, text: str) -> None:
        terminal.message(f"warning: {printable(text)}")
        if self._job.host == "github":
            terminal.result(annotation("warning", text))


def _check_arguments(command: str, arguments: list[str]) -> None:
    """Refuse the options that `ci` sets itself."""
    for argument in arguments:
        for option in _OUTPUTS.get(command, ()):
            if argument.partition("=")[0] == option or (len(option) == 2 and argument.startswith(option)):
                raise UsageError(
                    f"`jobspec ci` sets `{option}` itself",
                    help=f"remove {option}; the files of the report are in the folder that --folder names",
                )


def _run(arguments: list[str]) -> int:
    from jobspec.cli.main import run

    return run(arguments)


@contextmanager
def _uninterpreted(job: Job) -> Iterator[None]:
    """Keep GitHub from reading workflow commands in the output: text of a manifest may look like one."""
    token = secrets.token_hex(16) if job.host == "github" else ""
    if token:
        terminal.result(f"::stop-commands::{token}")
    try:
        yield
    finally:
        if token:
            terminal.result(f"::{token}::")
