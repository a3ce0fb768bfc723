"""What a job leaves for later steps: outputs that no value can add to, and a summary that is not dropped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from jobspec.errors import UsageError
from jobspec.workflow.ci.job import NO_JOB, Job
from jobspec.workflow.ci.reading import read_job
from jobspec.workflow.ci.reporting import MOST_SUMMARY, prepare, write_dotenv, write_outputs, write_summary
from tests.ci.runner import parsed_outputs

if TYPE_CHECKING:
    from pathlib import Path

GITHUB = Job(host="github")


def test_each_output_has_a_delimiter_that_nobody_can_know(tmp_path: Path) -> None:
    file = tmp_path / "outputs"
    values = {"digest": "x\njobspec-0<<y", "changes": "3"}
    for _ in range(2):
        write_outputs(GITHUB, {"GITHUB_OUTPUT": str(file)}, values)
    delimiters = re.findall(r"<<(jobspec-[0-9a-f]{32})$", file.read_text(), re.MULTILINE)
    assert len(set(delimiters)) == 4
    assert parsed_outputs(file.read_text()) == values


def test_a_summary_is_never_longer_than_what_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    for length in (600_000, 300_000, 300_000, 99_000, 99_000):
        write_summary(GITHUB, {"GITHUB_STEP_SUMMARY": str(file)}, "中" * (length // 3))
        assert file.stat().st_size <= MOST_SUMMARY
    assert "too long for this summary" in file.read_text()


def test_elsewhere_only_files_of_the_report_are_written(tmp_path: Path) -> None:
    other = tmp_path / "other"
    environ = {"GITHUB_OUTPUT": str(other), "GITHUB_STEP_SUMMARY": str(other)}
    write_outputs(NO_JOB, environ, {"exit-code": "0"})
    write_dotenv(tmp_path, {"exit-code": "0", "plan-file": "two\nlines"})
    write_summary(NO_JOB, environ, "text")
    assert not other.exists()
    assert (tmp_path / "outputs.env").read_text() == "JOBSPEC_EXIT_CODE=0\n"


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to("target")
    with pytest.raises(UsageError, match="not a folder"):
        prepare(tmp_path / "link", [])


def test_a_folder_below_a_link_of_the_checkout_is_refused(tmp_path: Path) -> None:
    """A link outside of the checkout, such as that of a temporary folder, is nobody's attack."""
    (tmp_path / "checkout" / "tasks").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "outer").symlink_to(tmp_path)
    (tmp_path / "checkout" / "link").symlink_to(tmp_path / "elsewhere")
    for checkout in (tmp_path / "checkout", tmp_path / "outer" / "checkout"):
        for name in ("link/a/b", "tasks/../link/a"):
            with pytest.raises(UsageError, match="link` is not a folder"):
                prepare(checkout / name, [tmp_path / "checkout"])
        prepare(checkout / "a", [tmp_path / "checkout"])
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_file_that_is_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (tmp_path / "outputs.env").symlink_to(victim)
    write_dotenv(tmp_path, {"exit-code": "0"})
    assert victim.read_text() == "kept"


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{", b"[" * 100_000, b'{"a":' * 50_000])
def test_an_event_that_cannot_be_read_is_an_error(content: bytes | None, tmp_path: Path) -> None:
    """Without it, nobody knows whether the checkout is a stranger's."""
    file = tmp_path / "event.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match="GITHUB_EVENT_PATH"):
        read_job({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(file)})
