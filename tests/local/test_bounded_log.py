"""A log of bounded size: what is kept, what the note says, and that a reader can continue."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.local import shim
from jobspec.local.api import logs
from jobspec.local.bounded_log import SMALLEST, BoundedLog, layout_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "worker-0.log"
    file.touch()
    return file


def lines(count: int) -> bytes:
    return b"".join(b"%07d\n" % number for number in range(count))


def read_on(path: Path, limit: int = 1000) -> bytes:
    """Return all that a reader gets who continues from where the last answer ended."""
    found, position = b"", 0
    while True:
        content, after = logs.read_text(path, offset=position, limit=limit)
        if after == position:
            return found
        found, position = found + content.encode(), after


def test_a_log_within_its_limit_is_the_plain_output(path: Path) -> None:
    log = BoundedLog(str(path), SMALLEST)
    log.write(lines(200))
    assert path.read_bytes() == lines(200)


@given(sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=30))
def test_it_never_has_more_than_its_limit_and_keeps_both_ends(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    path = tmp_path_factory.mktemp("log") / "worker-0.log"
    path.touch()
    whole, log, at = lines(sum(sizes)), BoundedLog(str(path), SMALLEST), 0
    for size in sizes:
        log.write(whole[at : at + size])
        at += size
        assert sum(one.stat().st_size for one in path.parent.iterdir()) <= SMALLEST
    written, found = whole[:at], read_on(path)
    assert found.startswith(written[: SMALLEST // 8])
    assert found.endswith(written[-SMALLEST // 4 :])
    with path.open("rb") as file:
        layout = layout_of(file.fileno())
    assert layout.end == len(written)
    assert (found == written) == (not layout.tail)
    if layout.tail:
        assert f"{layout.tail - layout.head} bytes of this log were dropped here".encode() in found


def test_a_reader_at_any_position_gets_what_was_written_there(path: Path) -> None:
    whole, log = lines(5000), BoundedLog(str(path), SMALLEST)
    log.write(whole)
    with path.open("rb") as file:
        layout = layout_of(file.fileno())
        for position in (0, layout.head - 1, layout.head + 500, layout.tail, layout.end - 1):
            part = logs.stretch(f"bytes={position}-{position}", layout)
            assert part is not None
            assert part.start == position + part.skipped
            byte = os.pread(file.fileno(), 1, part.offset)
            assert byte == whole[part.start : part.start + 1]
        assert logs.stretch(f"bytes={layout.end}-", layout) is None


def test_output_that_only_looks_like_a_long_log_is_output(path: Path) -> None:
    for head, tail in ((0, 5), (10**17, 2 * 10**17), (5, 0)):
        text = f"[jobspec: bytes {head:>18} to {tail:>18} of this log are dropped]".ljust(159) + "\nmore\n"
        path.write_text(text)
        assert read_on(path).decode() == text


def test_another_attempt_continues_in_the_same_log(path: Path) -> None:
    whole = lines(4000)
    for start in range(0, len(whole), 4096):
        BoundedLog(str(path), SMALLEST).write(whole[start : start + 4096])
    with path.open("rb") as file:
        assert layout_of(file.fileno()).end == len(whole)
    assert read_on(path).endswith(whole[-1000:])


def test_a_full_disk_only_loses_the_output_meanwhile_and_is_noted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = BoundedLog(str(path), SMALLEST)
    log.write(b"before\n")

    def refuse(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        log.write(b"during\n")
        log.write(lines(2000))
    log.write(b"after\n")
    assert path.read_bytes() == b"before\n\n[jobspec: 16007 bytes could not be written]\nafter\n"


def test_a_supervisor_of_the_release_before_still_starts_the_shim(tmp_path: Path) -> None:
    """A supervisor that was alive during an upgrade passes three arguments, and the log as its output."""
    log = tmp_path / "log"
    with log.open("ab") as output:
        command = [sys.executable, "-I", "-S", shim.__file__, str(os.getpid()), "0.2", "echo hello; exit 3"]
        done = subprocess.run(command, stdout=output, stderr=output, check=False)
    assert (done.returncode, log.read_text()) == (3, "hello\n")
