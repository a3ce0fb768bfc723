"""The job of GitLab CI: its change, and whether it is trusted."""

from __future__ import annotations

from jobspec.workflow.ci.gitlab import job

DIFF, TARGET = "a" * 40, "b" * 40
REQUEST = {
    "CI_PROJECT_ID": "42",
    "CI_MERGE_REQUEST_PROJECT_ID": "42",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "42",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": DIFF,
    "CI_PIPELINE_ID": "100",
    "CI_JOB_ID": "1000",
    "CI_API_V4_URL": "https://git.example.org/api/v4",
}


def test_a_merge_request_has_notes_a_base_and_a_run() -> None:
    one = job(REQUEST, "t")
    assert one.comments is not None
    assert one.comments.list_url == "https://git.example.org/api/v4/projects/42/merge_requests/7/notes"
    assert (one.base, one.run, one.untrusted, one.is_fork) == (DIFF, (100, 1000), "", False)


def test_a_pipeline_for_merged_results_is_compared_with_the_target() -> None:
    assert job({**REQUEST, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": TARGET}, "t").base == TARGET


def test_a_fork_is_refused_where_the_pipeline_has_the_keys_of_the_target() -> None:
    assert job({**REQUEST, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "43"}, "t").untrusted


def test_a_fork_is_planned_in_its_own_pipeline_and_not_applied() -> None:
    one = job({**REQUEST, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "43", "CI_PROJECT_ID": "43"}, "t")
    assert not one.untrusted
    assert one.is_fork


def test_without_a_token_the_way_to_one_is_named() -> None:
    one = job(REQUEST, "")
    assert one.comments is None
    assert "project access token" in one.missing_comments


def test_a_push_is_about_no_change() -> None:
    one = job({"CI_PROJECT_ID": "42", "CI_PIPELINE_ID": "1"}, "t")
    assert (one.base, one.comments, one.missing_comments, one.untrusted) == ("", None, "", "")
