"""Report the result of a job: outputs, the job summary, files for artifacts, and one comment."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.errors import UsageError
from jobspec.quoting import quote
from jobspec.workflow.ci import comments, web
from jobspec.workflow.project.whole_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.workflow.ci.comments import Posted
    from jobspec.workflow.ci.job import CommentApi, Job

MOST_SUMMARY = 1_000_000
"""Bytes of the summary of a step; GitHub drops one of more than 1 MiB."""


def prepare(folder: Path) -> None:
    """Create the folder for the files of the report.

    Raises `UsageError` if it is a link: a checkout could lead the files elsewhere with it.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(
            f"{quote(folder)} is not a folder", help="remove it, or name another folder with --folder"
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def forget(file: Path) -> None:
    """Remove the file of an earlier command, so that it is not taken for the result of this one."""
    file.unlink(missing_ok=True)


def write_outputs(job: Job, environ: Mapping[str, str], outputs: Mapping[str, str], folder: Path) -> None:
    """Write the outputs for later steps and jobs; no value contains a line break."""
    dotenv = "".join(f"JOBSPEC_{name.upper().replace('-', '_')}={value}\n" for name, value in outputs.items())
    write_whole(folder / "outputs.env", dotenv)
    path = environ.get("GITHUB_OUTPUT")
    if job.host != "github" or not path:
        return
    with Path(path).open("a", encoding="utf-8") as file:
        for name, value in outputs.items():
            # A fixed delimiter would allow a value that contains it to add outputs of its own.
            delimiter = f"jobspec-{secrets.token_hex(16)}"
            file.write(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")


def write_report(folder: Path, body: str) -> None:
    """Write the report for those who post it by other means."""
    write_whole(folder / "report.md", f"{body.rstrip()}\n" if body else "")


def write_file(path: Path, text: str) -> None:
    """Write one more file of the report."""
    write_whole(path, text)


def write_summary(job: Job, environ: Mapping[str, str], body: str) -> None:
    """Append the report to the summary of the job, unless the summary would become too large."""
    path = environ.get("GITHUB_STEP_SUMMARY")
    if job.host != "github" or not path or not body:
        return
    data = f"\n{body}\n".encode()
    with Path(path).open("ab") as file:
        if os.fstat(file.fileno()).st_size + len(data) > MOST_SUMMARY:
            data = b"\njobspec: the report is too long for this summary; the log shows it.\n"
        if os.fstat(file.fileno()).st_size + len(data) <= MOST_SUMMARY:
            file.write(data)


def comment(api: CommentApi, body: str, *, creates: bool) -> Posted:
    """Make or update the comment of the job, within a time limit; a failure is part of the result."""
    return web.drive(comments.post(api, body, creates=creates))
