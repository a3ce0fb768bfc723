"""Everything that a report is written to. What cannot be written costs a warning, never the exit code."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from jobspec.cli import terminal
from jobspec.errors import JobspecError
from jobspec.quoting import quote
from jobspec.report.ci.annotations import annotation
from jobspec.report.ci.log_link import log_link
from jobspec.report.text import printable
from jobspec.workflow.ci import reporting
from jobspec.workflow.project.whole_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jobspec.cli.ci.results import Report
    from jobspec.workflow.ci.job import Job


class Sinks:
    """The sinks of a job's report."""

    def __init__(self, job: Job, environ: Mapping[str, str], folder: Path) -> None:
        self._job = job
        self._environ = environ
        self._folder = folder

    def write(self, found: Report, code: int) -> None:
        """Write the outputs, the report and the summary."""
        job, environ, folder = self._job, self._environ, self._folder
        outputs = {**found.outputs, "exit-code": str(code)}
        self._guarded(folder / reporting.DOTENV, lambda: reporting.write_dotenv(folder, outputs))
        self._guarded(
            environ.get("GITHUB_OUTPUT", ""), lambda: reporting.write_outputs(job, environ, outputs)
        )
        self._guarded(folder / reporting.REPORT, lambda: reporting.write_report(folder, found.body))
        self._guarded(
            environ.get("GITHUB_STEP_SUMMARY", ""), lambda: reporting.write_summary(job, environ, found.body)
        )

    def write_file(self, name: str, text: str) -> None:
        """Write one more file of the report."""
        self._guarded(self._folder / name, lambda: write_whole(self._folder / name, text))

    def annotate(self, output: str) -> None:
        """Print the annotations of GitHub's format, and nothing else that the output may contain."""
        with suppress(terminal.OutputBroken):
            for line in output.splitlines():
                if line.startswith("::"):
                    terminal.result(line)

    def comment(self, found: Report, key: str) -> None:
        """Update the comment of the job, or create it."""
        job = self._job
        problem = job.missing_comments
        if job.comments is not None:
            link = log_link(job.page)
            body = (
                f"{found.body.rstrip()}\n\n{link} has the whole report.\n"
                if link and link not in found.body
                else found.body
            )
            posted = reporting.comment(job.comments, body, (key, job.run), creates=found.creates)
            problem = posted.problem
            self._tell(posted.done)
        if problem:
            file = quote(f"{self._folder.name}/{reporting.REPORT}")
            where = "the summary of the job" if job.host == "github" else file
            self.warn(f"no comment was written: {problem}; {where} has the report")

    def warn(self, text: str) -> None:
        """Print a warning, on GitHub also as an annotation."""
        self._tell(f"warning: {printable(text)}")
        if self._job.host == "github":
            with suppress(terminal.OutputBroken):
                terminal.result(annotation("warning", text))

    def finish(self) -> None:
        """Print where the report is."""
        self._tell(f"Wrote the report to {printable(str(self._folder))}")

    def _tell(self, text: str) -> None:
        with suppress(terminal.OutputBroken):
            if text:
                terminal.message(text)

    def _guarded(self, place: Path | str, write: Callable[[], None]) -> None:
        try:
            write()
        except (OSError, ValueError, JobspecError) as error:
            why = error.strerror if isinstance(error, OSError) else None
            self.warn(f"{quote(str(place))} was not written: {why or type(error).__name__}")
