"""GitLab CI: from the environment of a job to values. Pure.

Source: docs.gitlab.com, "Predefined CI/CD variables" and "Notes API".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobspec.workflow.ci.job import CommentApi, Job, run_number, unusable

if TYPE_CHECKING:
    from collections.abc import Mapping

_MISSING = (
    "no token: a job's own token cannot write notes; create a project access token with the scope `api`, and "
    "store it as the masked variable `JOBSPEC_COMMENT_TOKEN`"
)


def job(environ: Mapping[str, str], token: str) -> Job:
    """Return the job. `token` may be empty."""
    project, request = _variable(environ, "MERGE_REQUEST_PROJECT_ID"), _variable(environ, "MERGE_REQUEST_IID")
    source = _variable(environ, "MERGE_REQUEST_SOURCE_PROJECT_ID")
    is_about_request = bool(request.isdigit() and project.isdigit())
    is_fork = is_about_request and source != project
    runs_here = _variable(environ, "PROJECT_ID") != source
    comments, missing = None, ""
    if is_about_request:
        missing = unusable(token, missing=_MISSING)
        comments = None if missing else _comments(environ, project, request, token)
    return Job(
        host="gitlab",
        run=(run_number(_variable(environ, "PIPELINE_ID")), run_number(_variable(environ, "JOB_ID"))),
        page=_variable(environ, "JOB_URL"),
        comments=comments,
        missing_comments=missing,
        base=_base(environ) if is_about_request else "",
        untrusted=(
            "the merge request comes from another project, and this pipeline runs with the keys of this one"
            if is_fork and runs_here
            else ""
        ),
        is_fork=is_fork,
    )


def _base(environ: Mapping[str, str]) -> str:
    """Return the target's commit in a pipeline for merged results, and the merge base in any other."""
    for name in ("MERGE_REQUEST_TARGET_BRANCH_SHA", "MERGE_REQUEST_DIFF_BASE_SHA"):
        value = _variable(environ, name)
        if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", value):
            return value
    return ""


def _comments(environ: Mapping[str, str], project: str, request: str, token: str) -> CommentApi:
    api = _variable(environ, "API_V4_URL") or "https://gitlab.com/api/v4"
    notes = f"{api.rstrip('/')}/projects/{project}/merge_requests/{request}/notes"
    return CommentApi(
        notes,
        notes,
        "PUT",
        {"PRIVATE-TOKEN": token},
        author="",
        user_url=f"{api.rstrip('/')}/user",
        author_key="author",
        login_key="username",
    )


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(f"CI_{name}", "")
