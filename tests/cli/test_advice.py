"""What the command line suggests after a mistake works when it is followed."""

from __future__ import annotations

import errno
import os

import pytest

from jobspec.cli.main import _refused_file, run
from jobspec.manifest.validate.plaintext_credentials import _variable_name


@pytest.mark.parametrize(
    ("number", "word"),
    [(errno.ENOENT, "check the path"), (errno.EACCES, "permissions"), (errno.ENOSPC, "free disk space")],
)
def test_a_file_that_cannot_be_used_is_explained_by_its_error(number: int, word: str) -> None:
    assert word in _refused_file(OSError(number, "said", "plan.json")).help


@pytest.mark.parametrize(
    ("number", "file", "message"),
    [
        (errno.ENOENT, "extra.json", "`extra.json` does not exist"),
        (errno.ENOENT, "gone/extra.json", "`gone` does not exist"),
        (errno.EISDIR, "extra.json", "`extra.json` is a folder"),
        (errno.EACCES, "extra.json", "`extra.json` cannot be used: permission denied"),
        (errno.ENOSPC, "extra.json", "`extra.json` cannot be written: the disk is full"),
        (errno.EIO, "extra.json", "`extra.json` cannot be used: Input/output error"),
    ],
)
def test_a_refused_file_is_described_in_words(number: int, file: str, message: str) -> None:
    assert _refused_file(OSError(number, os.strerror(number), file)).message == message


def test_what_is_no_digest_is_not_called_a_part_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    run(["apply", "--digest", "zz"])
    assert "invalid digest `zz`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "name"),
    [("--token", "TOKEN"), ("HF_TOKEN", "HF_TOKEN"), ("hf-token", "HF_TOKEN"), ("2nd-token", "_2ND_TOKEN")],
)
def test_the_suggested_variable_has_a_valid_name(key: str, name: str) -> None:
    assert _variable_name(key) == name


def test_an_error_shows_a_long_or_hostile_name_for_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    run(["explain", f"\x1b[31m{'x' * 400}"])
    [headline, *_] = capsys.readouterr().err.splitlines()
    assert headline == f"error[JS400]: unknown field `␛[31m{'x' * 234}…`"
