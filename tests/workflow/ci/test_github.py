"""The job of GitHub Actions: its change, and whether it is trusted."""

from __future__ import annotations

from typing import Any

import pytest

from jobspec.workflow.ci.github import job
from jobspec.workflow.ci.job import base_of

SHA, MERGE = "a" * 40, "b" * 40
ENVIRON = {
    "GITHUB_REPOSITORY": "acme/train",
    "GITHUB_RUN_ID": "100",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_SHA": MERGE,
}


def pull(head: str | None = "acme/train", number: object = 7) -> dict[str, Any]:
    repo = None if head is None else {"full_name": head}
    base = {"repo": {"full_name": "acme/train"}, "sha": SHA}
    return {"pull_request": {"number": number, "head": {"repo": repo}, "base": base}}


def found(name: str, event: dict[str, Any], token: str = "t") -> Any:
    return job({**ENVIRON, "GITHUB_EVENT_NAME": name}, event, token)


def test_a_pull_request_has_a_comment_a_base_and_a_run() -> None:
    one = found("pull_request", pull())
    assert one.comments.list_url == "https://api.github.com/repos/acme/train/issues/7/comments"
    assert (one.base, one.merge_commit, one.run) == (SHA, MERGE, (100, 2))
    assert one.page == "https://github.com/acme/train/actions/runs/100"
    assert not one.untrusted
    assert not one.is_fork


@pytest.mark.parametrize("head", ["stranger/train", None, ""])
def test_a_fork_is_planned_under_pull_request_and_refused_where_the_job_has_keys(head: str | None) -> None:
    plain = found("pull_request", pull(head))
    assert plain.is_fork
    assert not plain.untrusted
    assert found("pull_request_target", pull(head)).untrusted


def test_the_same_repository_in_other_letters_is_no_fork() -> None:
    assert not found("pull_request_target", pull("Acme/Train")).untrusted


@pytest.mark.parametrize(
    ("name", "event"),
    [
        (
            "workflow_run",
            {
                "workflow_run": {"head_repository": {"full_name": "x/y"}},
                "repository": {"full_name": "acme/train"},
            },
        ),
        ("workflow_run", {}),
        ("issue_comment", {"issue": {"number": 7}}),
        ("pull_request_review", pull()),
        ("pull_request_review_comment", pull()),
    ],
)
def test_an_event_that_does_not_tell_where_the_checkout_is_from_is_not_trusted(
    name: str, event: dict[str, Any]
) -> None:
    assert found(name, event).untrusted
    assert found(name, event).comments is None


def test_a_workflow_run_of_the_same_repository_is_trusted() -> None:
    own = {"full_name": "acme/train"}
    assert not found("workflow_run", {"workflow_run": {"head_repository": own}, "repository": own}).untrusted


def test_a_merge_group_is_compared_with_its_base_and_has_no_comment() -> None:
    one = found("merge_group", {"merge_group": {"base_sha": SHA, "head_sha": MERGE}})
    assert (one.base, one.merge_commit, one.comments) == (SHA, "", None)


@pytest.mark.parametrize("name", ["push", "schedule", "workflow_dispatch"])
def test_other_events_are_about_no_change(name: str) -> None:
    one = found(name, {})
    assert (one.base, one.comments, one.missing_comments, one.untrusted) == ("", None, "", "")


@pytest.mark.parametrize("number", [0, -1, "7", "7/../../x", None, True])
def test_a_number_that_is_none_is_no_address(number: object) -> None:
    assert found("pull_request", pull(number=number)).comments is None


def test_without_a_token_the_reason_is_named() -> None:
    one = found("pull_request", pull(), token="")
    assert one.comments is None
    assert "JOBSPEC_COMMENT_TOKEN" in one.missing_comments


def test_the_code_hosts_own_merge_is_compared_with_its_first_parent() -> None:
    """Compared with the base of the event, it would be blamed for what was merged since."""
    one = found("pull_request", pull())
    assert base_of(one, MERGE) == "HEAD^1"
    assert base_of(one, "c" * 40) == SHA


def test_the_token_is_in_no_representation() -> None:
    assert "geheim" not in repr(found("pull_request", pull(), token="geheim"))
