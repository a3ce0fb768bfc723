from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from jobspec.apply.journal import NAME, FileJournal
from jobspec.errors import JournalError


@pytest.fixture
def journal(tmp_path: Path) -> FileJournal:
    return FileJournal(tmp_path / ".jobspec", lambda: 1000.0)


def test_an_intention_is_open_until_it_is_settled(journal: FileJournal) -> None:
    journal.intend("abc", "vision/train")
    assert journal.open_since("vision") == 1000.0
    journal.settle("abc")
    assert journal.open_since("vision") is None


def test_an_intention_of_another_scope_is_not_ours_to_wait_for(journal: FileJournal) -> None:
    journal.intend("abc", "vision/prod/train")
    assert journal.open_since("vision") is None
    assert journal.open_since("vision/prod") == 1000.0


def test_the_newest_intention_counts(tmp_path: Path) -> None:
    times = iter([1000.0, 1050.0, 2000.0])
    journal = FileJournal(tmp_path, lambda: next(times))
    journal.intend("a", "vision/a")
    journal.intend("b", "vision/b")
    assert journal.open_since("vision") == 1050.0


def test_a_time_in_the_future_counts_as_now(tmp_path: Path) -> None:
    FileJournal(tmp_path, lambda: 9000.0).intend("a", "vision/a")
    assert FileJournal(tmp_path, lambda: 1000.0).open_since("vision") == 1000.0


@pytest.mark.parametrize(
    "torn",
    [
        b'{"intent": "a',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"intent": 1, "time": "x"}',
        b'{"intent": "a", "address": "vision/a", "time": 1' + b"0" * 400 + b"}",
    ],
    ids=["cut", "binary", "deep", "other types", "huge"],
)
def test_a_torn_line_counts_as_an_intention(journal: FileJournal, torn: bytes) -> None:
    journal.intend("abc", "vision/train")
    journal.settle("abc")
    with (journal.folder / NAME).open("ab") as file:
        file.write(torn)
    assert journal.open_since("vision") is not None


def test_the_file_is_for_its_owner_alone_and_not_for_git(journal: FileJournal) -> None:
    journal.intend("abc", "vision/train")
    assert stat.S_IMODE((journal.folder / NAME).stat().st_mode) == 0o600
    assert (journal.folder / ".gitignore").read_text() == "*\n"


def test_an_empty_gitignore_that_a_full_disk_left_is_written_again(journal: FileJournal) -> None:
    journal.folder.mkdir()
    (journal.folder / ".gitignore").touch()
    journal.check()
    assert (journal.folder / ".gitignore").read_text() == "*\n"


def test_a_link_in_its_place_is_not_followed(journal: FileJournal, tmp_path: Path) -> None:
    journal.folder.mkdir()
    (journal.folder / NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalError, match="symbolic links"):
        journal.intend("abc", "vision/train")
    assert not (tmp_path / "elsewhere").exists()


def test_the_entry_is_on_disk_before_it_returns(
    journal: FileJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bytes] = []

    def fsync(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").read_bytes())

    monkeypatch.setattr(os, "fsync", fsync)
    journal.intend("abc", "vision/train")
    assert json.loads(synced[0])["intent"] == "abc"


def test_a_settled_journal_goes_and_an_open_one_stays(journal: FileJournal) -> None:
    journal.intend("abc", "vision/train")
    journal.forget(older_than=999)
    assert (journal.folder / NAME).exists()
    journal.settle("abc")
    journal.forget(older_than=999)
    assert not (journal.folder / NAME).exists()
    journal.forget(older_than=999)


def test_what_is_past_the_settling_time_is_forgotten(journal: FileJournal) -> None:
    journal.intend("abc", "vision/train")
    journal.forget(older_than=1000)
    assert not (journal.folder / NAME).exists()


def test_a_folder_that_takes_no_note_is_told_before_anything_is_stopped(tmp_path: Path) -> None:
    (tmp_path / ".jobspec").write_text("in the way")
    with pytest.raises(JournalError):
        FileJournal(tmp_path / ".jobspec", lambda: 0.0).check()


def test_a_pipe_in_its_place_is_not_waited_for(journal: FileJournal) -> None:
    journal.folder.mkdir()
    os.mkfifo(journal.folder / NAME)
    with pytest.raises(JournalError, match="not a regular file"):
        journal.open_since("vision")
    with pytest.raises(JournalError):
        journal.intend("abc", "vision/train")
    journal.forget(older_than=0)


@pytest.mark.parametrize("line", [b"1\n", b"{}\n", b'{"intent": 1}\n', b"\n", b'{"settled": "a"}\n'])
def test_of_a_journal_too_long_to_be_one_a_submit_is_assumed(journal: FileJournal, line: bytes) -> None:
    journal.check()
    (journal.folder / NAME).write_bytes(line * (5 * 1024 * 1024 // len(line)))
    assert journal.open_since("vision") is not None


def test_an_intention_before_many_torn_lines_is_open_still(journal: FileJournal) -> None:
    journal.intend("abc", "vision/train")
    with (journal.folder / NAME).open("ab") as file:
        file.write(b"torn\n" * 5000)
    assert journal.open_since("vision") == 1000.0
