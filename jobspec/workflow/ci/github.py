"""GitHub Actions: from the environment and the event of a job to values. Pure.

Sources: docs.github.com, "Variables reference" and "Webhook events and payloads".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as url_quoted

from jobspec.workflow.ci.job import CommentApi, Job, run_number, unusable

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_AUTHOR = "github-actions[bot]"
"""The account of a job's own token. As an app's token, it cannot read the name of its account."""
_NO_TOKEN = "no token: pass `github-token`, or set `JOBSPEC_COMMENT_TOKEN`"  # noqa: S105 - a message
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
_ABOUT_A_COMMENT = frozenset({"issue_comment", "pull_request_review", "pull_request_review_comment"})
_FORK = "the pull request comes from another repository, and `{event}` runs with the keys of this one"


def job(environ: Mapping[str, str], event: Mapping[str, Any], token: str) -> Job:
    """Return the job. `event` is the content of the event file; `token` may be empty."""
    name, repository = environ.get("GITHUB_EVENT_NAME", ""), environ.get("GITHUB_REPOSITORY", "")
    server, run = environ.get("GITHUB_SERVER_URL", "https://github.com"), environ.get("GITHUB_RUN_ID", "")
    pull = _map(event, "pull_request")
    is_pull = name in ("pull_request", "pull_request_target")
    is_fork = is_pull and _is_from_elsewhere(pull)
    number = pull.get("number")
    comments, missing = None, ""
    if is_pull and type(number) is int and number > 0:
        comments, missing = _comments(environ, repository, number, token)
    return Job(
        host="github",
        run=(run_number(run), run_number(environ.get("GITHUB_RUN_ATTEMPT", ""))),
        page=f"{server}/{repository}/actions/runs/{run}" if run else "",
        comments=comments,
        missing_comments=missing,
        base=_base(name, event),
        merge_commit=environ.get("GITHUB_SHA", "") if name == "pull_request" else "",
        untrusted=_distrust(name, event, is_fork=is_fork),
        is_fork=is_fork,
    )


def _distrust(name: str, event: Mapping[str, Any], *, is_fork: bool) -> str:
    """Return why the checkout cannot be trusted with this event's keys; empty if it can.

    Under `pull_request`, a fork gets no keys, so its plan does no harm.
    """
    if name == "pull_request_target" and is_fork:
        return _FORK.format(event=name)
    if name == "workflow_run":
        run = _map(event, "workflow_run")
        is_own = _name(_map(run, "head_repository")) == _name(_map(event, "repository")) != ""
        return "" if is_own else _FORK.format(event=name)
    if name in _ABOUT_A_COMMENT:
        return f"`{name}` events do not show which repository the checkout comes from"
    return ""


def _is_from_elsewhere(pull: Mapping[str, Any]) -> bool:
    """Whether the head is in another repository than the base; also if that repository was deleted."""
    head, base = _name(_map(_map(pull, "head"), "repo")), _name(_map(_map(pull, "base"), "repo"))
    return not head or head != base


def _base(name: str, event: Mapping[str, Any]) -> str:
    if name in ("pull_request", "pull_request_target"):
        return _sha(_map(_map(event, "pull_request"), "base").get("sha"))
    return _sha(_map(event, "merge_group").get("base_sha")) if name == "merge_group" else ""


def _comments(
    environ: Mapping[str, str], repository: str, number: int, token: str
) -> tuple[CommentApi | None, str]:
    if problem := unusable(token, missing=_NO_TOKEN):
        return None, problem
    if not _REPOSITORY.fullmatch(repository):
        return None, "`GITHUB_REPOSITORY` is not the name of a repository"
    api = environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    issues = f"{api}/repos/{url_quoted(repository)}/issues"
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    author = environ.get("JOBSPEC_COMMENT_AUTHOR", "").strip()
    return CommentApi(
        f"{issues}/{number}/comments",
        f"{issues}/comments",
        "PATCH",
        headers,
        author=author or DEFAULT_AUTHOR,
        user_url="" if author else f"{api}/user",
    ), ""


def _map(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _name(repository: Mapping[str, Any]) -> str:
    name = repository.get("full_name")
    return name.lower() if isinstance(name, str) else ""


def _sha(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", value) else ""
