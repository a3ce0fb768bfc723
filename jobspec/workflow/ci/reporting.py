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
    from collections.abc import Iterable, Mapping

    from jobspec.workflow.ci.comments import Posted
    from jobspec.workflow.ci.job import CommentApi, Job

REPORT, DOTENV = "report.md", "outputs.env"
MOST_SUMMARY = 1_000_000
"""Bytes of the summary of a step; GitHub drops one of more than 1 MiB."""


def prepare(folder: Path, checkouts: Iterable[Path]) -> None:
    """Create the folder for the files of the report, given as a full path.

    Raises `UsageError` if it is a link, or below one in the checkout, which could lead the files elsewhere.
    """
    links = [link for link in folder.parents if link.is_symlink() and _is_below(link, checkouts)]
    if links or folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(
            f"{quote(links[0] if links else folder)} is not a folder",
            help="remove it, or name another folder with --folder",
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _is_below(link: Path, folders: Iterable[Path]) -> bool:
    place = link.parent.resolve() / link.name
    return any(place.is_relative_to(folder) for folder in folders)


def write_dotenv(folder: Path, outputs: Mapping[str, str]) -> None:
    """Write the outputs for later jobs, without a value that would be more than one line."""
    named = {f"JOBSPEC_{name.upper().replace('-', '_')}": value for name, value in outputs.items()}
    lines = (f"{name}={value}\n" for name, value in named.items() if value.isprintable())
    write_whole(folder / DOTENV, "".join(lines))


def write_outputs(job: Job, environ: Mapping[str, str], outputs: Mapping[str, str]) -> None:
    """Append the outputs for later steps."""
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
    write_whole(folder / REPORT, f"{body.rstrip()}\n" if body else "")


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


def comment(api: CommentApi, body: str, owner: tuple[str, tuple[int, int]], *, creates: bool) -> Posted:
    """Make or update the comment of an owner, a key and a run, within a time limit.

    A failure is part of the result.
    """
    marked = f"{body.rstrip()}\n{comments.marker(*owner)}\n"
    return web.drive(comments.post(api, marked, creates=creates))
