"""Asking on a terminal, and what happens where there is none."""

from __future__ import annotations

import os
import pty
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.e2e.project import FOREVER, Streams

if TYPE_CHECKING:
    from tests.e2e.project import Project


def test_without_a_terminal_and_without_yes_apply_writes_nothing(project: Project) -> None:
    project.declare("train", FOREVER)
    ended = project.run("apply", exits=1)
    assert "error[JS408]: there is no terminal to ask for consent on, so nothing was done" in ended.err
    assert "--yes" in ended.err
    assert project.runs() == []


@pytest.mark.parametrize("command", [["cancel", "train"], ["destroy"]], ids=["cancel", "destroy"])
def test_without_a_terminal_and_without_yes_nothing_is_stopped(project: Project, command: list[str]) -> None:
    project.declare("train", FOREVER)
    project.apply()
    project.run(*command, exits=1)
    project.until_state("train", "Running")


def test_without_a_terminal_an_apply_with_nothing_to_do_needs_no_consent(project: Project) -> None:
    project.declare("train", FOREVER)
    project.apply()
    project.run("apply")


def test_without_a_terminal_nothing_is_coloured(project: Project) -> None:
    project.declare("train")
    assert "\033" not in project.apply("--wait").said


def answered(project: Project, answer: bytes) -> int:
    """Apply on a terminal, give one answer, and return the exit code."""
    ours, theirs = pty.openpty()
    with project.running("apply", streams=Streams(theirs, theirs, theirs)) as apply:
        os.close(theirs)
        said = b""
        while b"[y/N]" not in said:
            said += os.read(ours, 4096)
        os.write(ours, answer)
        with suppress(OSError):  # the terminal is gone with its process
            while os.read(ours, 4096):
                pass
        os.close(ours)
        return apply.wait(timeout=30)


def test_a_yes_on_a_terminal_applies(project: Project) -> None:
    project.declare("train", FOREVER)
    assert answered(project, b"y\n") == 0
    assert len(project.runs("train")) == 1


@pytest.mark.parametrize("answer", [b"n\n", b"\n", b"\x04"], ids=["no", "enter", "end-of-input"])
def test_anything_but_a_yes_writes_nothing(project: Project, answer: bytes) -> None:
    project.declare("train", FOREVER)
    assert answered(project, answer) != 0
    assert project.runs() == []
