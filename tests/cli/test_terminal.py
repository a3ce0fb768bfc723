"""Streams that cannot hold every character."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from jobspec.cli import terminal

SAID = "训练 caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{GRINNING FACE}"


def stream(encoding: str, errors: str = "strict") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=errors, write_through=True)


def written(to: io.TextIOWrapper) -> bytes:
    assert isinstance(to.buffer, io.BytesIO)
    return to.buffer.getvalue()


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "gb2312", "utf-8"])
def test_json_stays_the_same_json_in_any_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", out := stream(encoding))
    terminal.escape_unencodable()
    terminal.result(json.dumps([SAID], ensure_ascii=False))
    assert json.loads(written(out).decode(encoding)) == [SAID]


def test_what_is_said_beside_it_is_escaped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", talk := stream("latin-1"))
    terminal.escape_unencodable()
    terminal.message(SAID)
    assert written(talk) == b"\\u8bad\\u7ec3 caf\xe9 \\ud83d\\ude00\n"


def test_a_stream_that_was_told_what_to_do_keeps_doing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", out := stream("latin-1", "replace"))
    terminal.escape_unencodable()
    terminal.result(SAID)
    assert written(out) == b"?? caf\xe9 ?\n"


def test_a_pipe_is_read_until_its_reader_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert terminal.is_read()
        os.close(reader)
        assert not terminal.is_read()


def test_what_is_no_pipe_is_always_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as file:
        for out in (file, io.StringIO()):
            monkeypatch.setattr(sys, "stdout", out)
            assert terminal.is_read()
