"""Read what the CI system provides: its variables, and the file with the event."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobspec.bounded_json import parse
from jobspec.errors import UsageError
from jobspec.quoting import quote
from jobspec.regular import read_regular
from jobspec.workflow.ci import github, gitlab
from jobspec.workflow.ci.job import NO_JOB, Job

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN = "JOBSPEC_COMMENT_TOKEN"  # noqa: S105 - the name of a variable
"""The environment variable with the token for comments."""
FOLDER = "jobspec-ci"
_MOST_BYTES = 8 * 1024 * 1024


def read_job(environ: Mapping[str, str]) -> Job:
    """Return the job that this process belongs to. Raises `UsageError` for an event that cannot be read."""
    token = environ.get(TOKEN, "").strip()
    if environ.get("GITHUB_ACTIONS") == "true":
        return github.job(environ, _event(environ.get("GITHUB_EVENT_PATH", "")), token)
    return gitlab.job(environ, token) if environ.get("GITLAB_CI") == "true" else NO_JOB


def folder_of(job: Job, environ: Mapping[str, str], cwd: Path) -> Path:
    """Return the folder for the files of a report: one that is not in the checkout, if artifacts allow it."""
    if job.host == "github" and environ.get("RUNNER_TEMP"):
        return Path(environ["RUNNER_TEMP"]) / "jobspec"
    if job.host == "gitlab" and environ.get("CI_PROJECT_DIR"):
        return Path(environ["CI_PROJECT_DIR"]) / FOLDER
    return cwd / FOLDER


def _event(path: str) -> dict[str, Any]:
    """Return the event; without it, nobody knows where the checkout comes from."""
    try:
        found = parse(read_regular(Path(path), at_most=_MOST_BYTES, follow_links=True))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise UsageError(
            f"the event of the job, {quote(path)} in GITHUB_EVENT_PATH, cannot be read",
            help="run this in a step of a GitHub Actions job, or unset GITHUB_ACTIONS",
        )
    return found
