"""Asking on a terminal, and what happens where there is none."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.processes import TIMEOUT, Streams
from tests.projects import FOREVER, UNTIL_GO

if TYPE_CHECKING:
    from tests.projects import Project


def test_without_a_terminal_and_without_yes_apply_writes_nothing(project: Project) -> None:
    project.declare("train", FOREVER)
    ended = project.run("apply", exits=1)
    assert "error[JS408]: confirmation is required, but there is no terminal; nothing was done" in ended.err
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
    assert "\033" not in project.apply("--wait").printed


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


def on_terminal(project: Project, *arguments: str, until: bytes, then: bytes) -> tuple[int, bytes]:
    """Run a command on a terminal of 80 by 24; once it has written `until`, type `then` and let it end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environ = {"NO_COLOR": "1", "TERM": "xterm"}
    with project.running(*arguments, streams=Streams(theirs, theirs, theirs), environ=environ) as command:
        os.close(theirs)
        written = b""
        with suppress(OSError):  # the terminal is gone with its process
            while data := os.read(ours, 65536):
                written += data
                if until in written and then:
                    command.send_signal(2) if then == b"\x03" else project.let_go()
                    then = b""
        os.close(ours)
        return command.wait(timeout=TIMEOUT), written


def test_without_colour_there_is_progress_all_the_same_and_a_line_a_task(project: Project) -> None:
    names = [
        f"pretrain-transformer-large-imagenet21k-augmentation-{one}-of-a-very-long-sweep" for one in "abcd"
    ]
    for name in names:
        project.declare(name, UNTIL_GO)
    code, written = on_terminal(project, "apply", "--yes", "--wait", until=b"4 running", then=b"go")
    assert code == 0
    text = written.decode()
    assert "\x1b[3" not in text
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")  # the cursor is back
    drawn = text[text.rfind("0/4") : text.rfind("0/4") + 600]
    for end in "abcd":
        assert f"{end}-of-a-very-long-sweep  running" in drawn


def test_a_watch_has_a_screen_of_its_own_and_brings_the_old_one_back(project: Project) -> None:
    for number in range(30):
        project.declare(f"t{number:02}")
    code, written = on_terminal(project, "status", "--watch", until=b"more lines", then=b"\x03")
    assert code == 130
    before, _, after = written.partition(b"\x1b[?1049h")
    assert before == b""
    screen, _, end = after.partition(b"\x1b[?1049l")
    assert screen.startswith(b"\x1b[?25l\x1b[?7l\x1b[H")
    assert all(one.count(b"\n") <= 23 for one in screen.split(b"\x1b[H")[1:])
    assert end.strip() == b"interrupted"
