"""A job of a CI system, as values: its change, whether that is trusted, and where comments go. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Literal

from msgspec import Struct

from jobspec.concealing import Concealing

Host = Literal["github", "gitlab", "none"]


class CommentApi(Concealing, frozen=True):
    """The comments of one pull or merge request, in the API of its code host."""

    concealed: ClassVar[frozenset[str]] = frozenset({"headers"})
    list_url: str
    """Lists the comments, and creates one."""
    edit_url: str
    """The address of one comment, without its id."""
    edit_method: str
    headers: Mapping[str, str]
    author: str
    """The login of the account whose comments are ours, if the code host does not name it."""
    user_url: str = ""
    """Returns the account of the token; empty if it is known."""
    author_key: str = "user"
    login_key: str = "login"


class Job(Struct, frozen=True):
    """A job, as far as its report needs it."""

    host: Host = "none"
    run: tuple[int, int] = (0, 0)
    """The number of the run and of the attempt: a later one has a greater number."""
    page: str = ""
    """The address of the run's page."""
    comments: CommentApi | None = None
    missing_comments: str = ""
    """Why a job about a pull or merge request cannot comment on it; empty if it can, or is about none."""
    base: str = ""
    """The revision before the change that the job is about; empty if it is about no change."""
    merge_commit: str = ""
    """The commit with which the code host merged the change into its target; empty if there is none."""
    untrusted: str = ""
    """Why no command may run: the checkout may come from a stranger, and the job may have keys."""
    is_fork: bool = False
    """Whether the change comes from another repository: it may be planned, but not applied."""


NO_JOB = Job()


class Refusal(Struct, frozen=True):
    """Why a command does not run, and what to do."""

    message: str
    help: str


def refusal(job: Job, command: str) -> Refusal | None:
    """Return why the command may not run in this job; None if it may."""
    if job.untrusted:
        return Refusal(
            job.untrusted, "plan pull requests from forks under `pull_request`, or in a pipeline of the fork"
        )
    if job.is_fork and command == "apply":
        return Refusal(
            "a change from another repository is not applied",
            "merge the change, and apply it from the target branch",
        )
    return None


def unusable(token: str, *, missing: str) -> str:
    """Return why the token cannot be sent; `missing` if there is none, and empty if it can."""
    if not token:
        return missing
    is_sendable = re.fullmatch("[!-~]+", token)
    return "" if is_sendable else "the token contains spaces, control characters or characters beyond ASCII"


def run_number(text: str) -> int:
    """Return the number of a run; 0 for text that is none, such as one of hundreds of digits."""
    return int(text) if re.fullmatch("[0-9]{1,20}", text) else 0


def base_of(job: Job, head: str) -> str:
    """Return the revision to compare with, given the commit that is checked out.

    The code host's own merge commit contains all that its target contained; only its first parent does not
    contain the change itself. Compared with an older commit of the target, the change would seem to cause
    what others have merged since.
    """
    return "HEAD^1" if job.merge_commit and head == job.merge_commit else job.base
