from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

from jobspec.apply.clock import InterruptibleClock
from jobspec.apply.turn import NAME, Turn
from tests.local.places import private


def never() -> None:
    raise AssertionError("nobody else is there")


def test_two_writers_in_one_folder_take_turns(tmp_path: Path) -> None:
    waits, through = Event(), Event()

    def second() -> None:
        with Turn(private(tmp_path / "scope"), waits.set):
            through.set()

    with Turn(private(tmp_path / "scope"), never):
        thread = Thread(target=second)
        thread.start()
        assert waits.wait(5)
        assert not through.is_set()
    assert through.wait(5)
    thread.join()


def test_an_interrupt_ends_the_wait_for_a_turn(tmp_path: Path) -> None:
    clock = InterruptibleClock()
    with Turn(private(tmp_path / "scope"), never), Turn(private(tmp_path / "scope"), clock.interrupt, clock):
        assert clock.is_interrupted


def test_a_turn_that_can_be_interrupted_waits_for_the_other_one(tmp_path: Path) -> None:
    first = Turn(private(tmp_path / "scope"), never)
    waits: list[bool] = []

    def let_go() -> None:
        waits.append(True)
        first.release()

    with first, Turn(private(tmp_path / "scope"), let_go, InterruptibleClock()) as second:
        assert waits == [True]
        third = Turn(private(tmp_path / "scope"), second.release, InterruptibleClock())
        with third:
            pass


def test_a_released_turn_lets_the_next_begin_before_the_end(tmp_path: Path) -> None:
    with Turn(private(tmp_path / "scope"), never) as first:
        first.release()
        with Turn(private(tmp_path / "scope"), never):
            pass


def test_another_folder_is_another_turn(tmp_path: Path) -> None:
    with Turn(private(tmp_path / "a"), never), Turn(private(tmp_path / "b"), never):
        pass


def test_where_no_lock_can_be_made_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Turn(private(tmp_path / "file"), never):
        pass


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")
    with Turn(private(tmp_path / "scope"), never):
        assert not (tmp_path / "elsewhere").exists()
