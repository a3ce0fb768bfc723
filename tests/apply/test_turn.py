from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

from jobspec.apply.clock import InterruptibleClock
from jobspec.apply.turn import NAME, Turn


def never() -> None:
    raise AssertionError("nobody else is there")


def test_two_writers_in_one_folder_take_turns(tmp_path: Path) -> None:
    waits, through = Event(), Event()

    def second() -> None:
        with Turn(tmp_path, waits.set):
            through.set()

    with Turn(tmp_path, never):
        thread = Thread(target=second)
        thread.start()
        assert waits.wait(5)
        assert not through.is_set()
    assert through.wait(5)
    thread.join()


def test_an_interrupt_ends_the_wait_for_a_turn(tmp_path: Path) -> None:
    clock = InterruptibleClock()
    with Turn(tmp_path, never), Turn(tmp_path, clock.interrupt, clock):
        assert clock.is_interrupted


def test_a_turn_that_can_be_interrupted_waits_for_the_other_one(tmp_path: Path) -> None:
    first = Turn(tmp_path, never)
    waits: list[bool] = []

    def let_go() -> None:
        waits.append(True)
        first.release()

    with first, Turn(tmp_path, let_go, InterruptibleClock()) as second:
        assert waits == [True]
        third = Turn(tmp_path, second.release, InterruptibleClock())
        with third:
            pass


def test_a_released_turn_lets_the_next_begin_before_the_end(tmp_path: Path) -> None:
    with Turn(tmp_path, never) as first:
        first.release()
        with Turn(tmp_path, never):
            pass


def test_another_folder_is_another_turn(tmp_path: Path) -> None:
    with Turn(tmp_path / "a", never), Turn(tmp_path / "b", never):
        pass


def test_where_no_lock_can_be_made_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Turn(tmp_path / "file", never):
        pass


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")
    with Turn(tmp_path, never):
        assert not (tmp_path / "elsewhere").exists()
