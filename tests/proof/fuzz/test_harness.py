"""The net holds: a reader that is broken in any of these ways is noticed, told, and shrunk to its core."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from mmap import mmap
from pathlib import Path
from random import Random

import pytest

from tests.proof.fuzz import __main__ as command
from tests.proof.fuzz import campaign, structure, trial
from tests.proof.fuzz.all_readers import all_readers
from tests.proof.fuzz.campaign import explore, inputs, smallest
from tests.proof.fuzz.reader import Reader, Refused
from tests.proof.fuzz.trial import attempt


def reader(read: Callable[[bytes], object]) -> Reader:
    return Reader(
        "broken", lambda data: void(read(data)), (Refused,), (b"{", b"}", b"BOOM"), (b"{}", b"one two")
    )


def void(_value: object) -> None:
    """What a reader returns is nobody's business."""


def boom(data: bytes) -> None:
    if b"BOOM" in data:
        raise KeyError("boom")


def refused(_data: bytes) -> None:
    raise Refused


def slow(_data: bytes) -> None:
    until = time.process_time() + trial.MOST_SECONDS + 0.1
    while time.process_time() < until:
        pass


def endless(_data: bytes) -> None:
    while True:
        pass


def fat(_data: bytes) -> None:
    # Not from the heap, which may have as much left over from earlier tests.
    with mmap(-1, trial.MOST_BYTES + 2**24) as memory:
        memory.write(b"x" * len(memory))


def test_what_is_accepted_and_what_is_refused_is_no_failure() -> None:
    accepted, turned_down = attempt(reader(len), b"x"), attempt(reader(refused), b"x")
    assert (accepted.accepted, accepted.failure) == (True, "")
    assert (turned_down.accepted, turned_down.failure) == (False, "")


@pytest.mark.parametrize(
    ("read", "headline"),
    [
        (boom, "KeyError at test_harness.py"),
        (slow, "too slow: "),
        (fat, "too large: "),
        (endless, "Overtime at"),
    ],
)
def test_another_exception_and_too_much_time_or_memory_are_failures(
    read: Callable[[bytes], None], headline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "MOST_SECONDS", 0.2)
    monkeypatch.setattr(trial, "MOST_BYTES", 2**25)  # made in far less time than that
    monkeypatch.setattr(trial, "_PATIENCE", 1.0)
    assert attempt(reader(read), b"BOOM").failure.startswith(headline)


def test_what_fails_is_found_from_the_words_and_shrunk_to_its_core() -> None:
    tally = explore(reader(boom), 1, lambda tally: tally.inputs >= 2000 or bool(tally.failures))
    [failure] = tally.failures.values()
    assert smallest(reader(boom), failure).data == b"BOOM"


def test_a_seed_is_the_same_inputs(tmp_path: Path) -> None:
    with all_readers(tmp_path) as readers:
        for one in readers.values():
            first, second, other = (list(islice(inputs(one, seed), 40)) for seed in (1, 1, 2))
            assert first == second
            assert first != other


def test_structure_is_changed_and_stays_well_formed() -> None:
    document = b'{"a": [1, {"b": "c"}], "d": null}'
    changed = {structure.of_json(document, Random(seed)) for seed in range(200)}
    assert len(changed) > 100
    for one in changed:
        with suppress(RecursionError):
            json.loads(one)


def test_the_command_fails_with_the_smallest_input_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(data: bytes) -> None:
        raise KeyError(data)

    monkeypatch.setattr("tests.proof.fuzz.readers.files.tags.read", broken)
    monkeypatch.setattr(campaign, "SHRINKING_SECONDS", 1.0)
    words = ["fuzz", "--minutes", "0.005", "--failures", str(tmp_path / "found"), "tags"]
    monkeypatch.setattr(sys, "argv", words)
    assert command.main() == 1
    [file] = (tmp_path / "found" / "tags").iterdir()
    assert file.stat().st_size <= 2
    assert "KeyError" in capsys.readouterr().out
