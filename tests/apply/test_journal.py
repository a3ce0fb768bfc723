from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from jobspec.apply.journal import FileJournal
from jobspec.errors import JournalError
from tests.local.places import private


@pytest.fixture
def journal(tmp_path: Path) -> FileJournal:
    return FileJournal(private(tmp_path / "scope"), lambda: 1000.0)


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
    journal = FileJournal(private(tmp_path / "scope"), lambda: next(times))
    journal.intend("a", "vision/a")
    journal.intend("b", "vision/b")
    assert journal.open_since("vision") == 1050.0


@pytest.mark.parametrize(("noted", "since"), [(9000.0, None), (1002.0, None), (1000.5, 1000.0)])
def test_a_time_in_the_future_makes_nobody_wait(tmp_path: Path, noted: float, since: float | None) -> None:
    FileJournal(private(tmp_path / "scope"), lambda: noted).intend("a", "vision/a")
    journal = FileJournal(private(tmp_path / "scope"), lambda: 1000.0)
    assert journal.open_since("vision") == since
    journal.forget(older_than=999.0)
    assert journal.path.exists() == (since is not None)


def test_a_future_time_hides_no_intention_before_it(tmp_path: Path) -> None:
    FileJournal(private(tmp_path / "scope"), lambda: 9000.0).intend("a", "vision/a")
    journal = FileJournal(private(tmp_path / "scope"), lambda: 1000.0)
    journal.intend("b", "vision/b")
    assert journal.open_since("vision") == 1000.0


def test_a_torn_line_of_a_file_from_the_future_makes_nobody_wait(journal: FileJournal) -> None:
    journal.check()
    journal.path.write_text("torn")
    os.utime(journal.path, (9000, 9000))
    assert journal.open_since("vision") is None


def test_a_folder_that_others_may_write_to_is_refused(journal: FileJournal) -> None:
    journal.folder.make().chmod(0o777)
    with pytest.raises(JournalError, match="is writable by other users"):
        journal.check()


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
    with journal.path.open("ab") as file:
        file.write(torn)
    os.utime(journal.path, (1000, 1000))
    assert journal.open_since("vision") is not None


def test_the_file_is_for_its_owner_alone(journal: FileJournal) -> None:
    journal.intend("abc", "vision/train")
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_a_link_in_its_place_is_not_followed(journal: FileJournal, tmp_path: Path) -> None:
    journal.folder.make()
    journal.path.symlink_to(tmp_path / "elsewhere")
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
    assert journal.path.exists()
    journal.settle("abc")
    journal.forget(older_than=999)
    assert not journal.path.exists()
    journal.forget(older_than=999)


def test_what_is_past_the_settling_time_is_forgotten(journal: FileJournal) -> None:
    journal.intend("abc", "vision/train")
    journal.forget(older_than=1000)
    assert not journal.path.exists()


def test_a_folder_that_takes_no_note_is_told_before_anything_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "scope").write_text("in the way")
    with pytest.raises(JournalError):
        FileJournal(private(tmp_path / "scope"), lambda: 0.0).check()


def test_a_pipe_in_its_place_is_not_waited_for(journal: FileJournal) -> None:
    journal.folder.make()
    os.mkfifo(journal.path)
    with pytest.raises(JournalError, match="not a regular file"):
        journal.open_since("vision")
    with pytest.raises(JournalError):
        journal.intend("abc", "vision/train")
    journal.forget(older_than=0)


@pytest.mark.parametrize("line", [b"1\n", b"{}\n", b'{"intent": 1}\n', b"\n", b'{"settled": "a"}\n'])
def test_of_a_journal_too_long_to_be_one_a_submit_is_assumed(journal: FileJournal, line: bytes) -> None:
    journal.check()
    journal.path.write_bytes(line * (5 * 1024 * 1024 // len(line)))
    os.utime(journal.path, (1000, 1000))
    assert journal.open_since("vision") is not None


def test_an_entry_does_not_join_the_torn_one_before_it(journal: FileJournal) -> None:
    journal.check()
    with journal.path.open("ab") as file:
        file.write(b'{"intent": "torn", "addre')
    journal.check()
    journal.intend("abc", "vision/train")
    assert b'"addre\n' in journal.path.read_bytes()
    assert json.loads(journal.path.read_bytes().splitlines()[-1])["intent"] == "abc"


def test_an_intention_before_many_torn_lines_is_open_still(journal: FileJournal) -> None:
    journal.intend("abc", "vision/train")
    with journal.path.open("ab") as file:
        file.write(b"torn\n" * 5000)
    assert journal.open_since("vision") == 1000.0
