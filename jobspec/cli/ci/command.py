"""Runs one command of a CI job in this process, and reports its result."""

from __future__ import annotations

import io
import secrets
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import TYPE_CHECKING

from jobspec.cli import terminal
from jobspec.cli.ci import files, results
from jobspec.cli.ci.files import ResultFiles
from jobspec.cli.ci.results import Report
from jobspec.cli.ci.sinks import Sinks
from jobspec.cli.exits import Exit
from jobspec.errors import UsageError
from jobspec.workflow.ci import reporting
from jobspec.workflow.ci.comment_key import comment_key
from jobspec.workflow.ci.job import base_of
from jobspec.workflow.project.environment import VARIABLE
from jobspec.workflow.project.repository import checkouts, detached_commit, folder_in_checkout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jobspec.workflow.ci.job import Job
    from jobspec.workflow.surroundings import Surroundings

_OUTPUTS = {
    "plan": ("-o", "--output", "--preflight-into"),
    "apply": ("-o", "--output", "--json-into"),
    "validate": ("--format",),
}
_FORMATS = {"gitlab": files.CODE_QUALITY, "junit": files.JUNIT}
"""The reports of `validate`, by their format."""


class CiCommand:
    """A command, the job that runs it, and the folder for the files of its report, given as a full path."""

    def __init__(self, job: Job, surroundings: Surroundings, folder: Path, command: tuple[str, ...]) -> None:
        self._command, *self._arguments = command
        _check_arguments(self._command, self._arguments)
        self._job = job
        self._surroundings = surroundings
        self._files = ResultFiles(folder, self._command)
        self._sinks = Sinks(job, surroundings.environ, folder)
        reporting.prepare(folder, checkouts(surroundings.cwd, surroundings.environ))

    def run(self) -> int:
        """Run the command; return its exit code."""
        self._files.clear(self._arguments, self._surroundings.cwd)
        with _uninterpreted(self._job):
            return _run([self._command, *self._own_arguments(), *self._arguments])

    def report(self, code: int, *, comments: bool) -> None:
        """Write the report to everything that takes one."""
        if self._command == "validate":
            self._report_problems()
        found = self._result(code)
        self._sinks.write(found, code)
        if comments and self._command == "plan" and found.body and code != Exit.INTERRUPTED:
            self._sinks.comment(found, self._comment_key())
        self._sinks.finish()

    def _own_arguments(self) -> list[str]:
        folder = self._files.folder
        match self._command:
            case "plan":
                facts = ["--preflight-into", str(folder / files.PREFLIGHT)]
                return [*self._since(), "--output", str(folder / files.PLAN), *facts]
            case "apply":
                unasked = [] if self._job.host == "none" else ["--yes"]  # on a laptop, a person decides
                return [*unasked, "--json-into", str(folder / files.APPLY)]
            case "drift":
                names = (files.DRIFT, files.DRIFT_TEXT, files.JUNIT)
                return [*self._since(), *(f"--output-file={folder / name}" for name in names)]
            case _:
                return []

    def _since(self) -> list[str]:
        """Compare with the target of the pull or merge request, unless a revision was given."""
        if not self._job.base or any(one.partition("=")[0] == "--since" for one in self._arguments):
            return []
        return ["--since", base_of(self._job, detached_commit(self._surroundings.cwd))]

    def _report_problems(self) -> None:
        """Print the problems of manifests as annotations on GitHub; elsewhere, write them to files."""
        if {"-h", "--help"} & set(self._arguments):
            return
        own = ["validate", *self._arguments, "--format"]
        if self._job.host == "github":
            self._sinks.annotate(_captured([*own, "github"]))
            return
        for format_, name in _FORMATS.items():
            if text := _captured([*own, format_]):
                self._sinks.write_file(name, text)

    def _result(self, code: int) -> Report:
        try:
            found = self._found()
        except Exception as error:  # the exit code of an apply counts more than its report
            self._sinks.warn(f"the result of the command cannot be read ({type(error).__name__})")
            found = None
        if found is not None:
            return found
        if code and self._command != "validate":
            return results.of_failure(self._command, code, self._job.page)
        return Report("", {})

    def _found(self) -> Report | None:
        new = self._files.new
        match self._command:
            case "plan" if plan := new(files.PLAN):
                return results.of_plan(plan, new(files.PREFLIGHT))
            case "apply" if applied := new(files.APPLY):
                return results.of_apply(applied)
            case "drift" if drift := new(files.DRIFT_TEXT):
                return results.of_drift(drift, new(files.DRIFT))
            case _:
                return None

    def _comment_key(self) -> str:
        where = self._surroundings
        folder = folder_in_checkout(where.cwd, where.environ)
        return comment_key((self._command, *self._arguments), folder, where.environ.get(VARIABLE, ""))


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


def _captured(arguments: list[str]) -> str:
    """Return what a command prints to stdout, and print nothing."""
    with redirect_stdout(io.StringIO()) as text, redirect_stderr(io.StringIO()):
        code = _run(arguments)
    if code == Exit.INTERRUPTED:
        raise KeyboardInterrupt
    return text.getvalue()


@contextmanager
def _uninterpreted(job: Job) -> Iterator[None]:
    """Keep GitHub from reading workflow commands in the output: text of a manifest may look like one.

    GitHub reads stdout and stderr in no guaranteed order, so messages go to stdout, too.
    """
    if job.host != "github":
        yield
        return
    token = secrets.token_hex(16)
    terminal.result(f"::stop-commands::{token}")
    try:
        with redirect_stderr(sys.stdout):
            yield
    finally:
        with suppress(terminal.OutputBroken):
            terminal.result(f"::{token}::")
