"""A watch on a terminal has a screen of its own, never scrolls it, and brings the old one back."""

from __future__ import annotations

import pytest

from jobspec.cli import terminal
from jobspec.cli.applying import watching

LINES = [f"line {number}" for number in range(30)]


@pytest.mark.parametrize("height", [1, 2, 3, 24, 29])
def test_what_is_longer_than_the_screen_is_cut_to_it(height: int) -> None:
    shown = watching.fitted(LINES, height)
    assert len(shown) == height
    assert shown[-1] == "line 29"
    if height > 2:
        assert shown[0] == "line 0"
        assert shown[-2] == f"… {30 - (height - 2) - 1} more lines"


def test_what_fits_is_shown_whole() -> None:
    assert watching.fitted(LINES, 30) == LINES


@pytest.mark.parametrize("end", [KeyboardInterrupt, RuntimeError])
def test_the_screen_is_brought_back_however_it_ends(
    end: type[BaseException], monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    texts = iter(["\n".join(LINES), "short"])

    def text() -> str:
        try:
            return next(texts)
        except StopIteration:
            raise end from None

    monkeypatch.setattr(terminal, "is_drawn_on", lambda _stream: True)
    monkeypatch.setattr(terminal, "size", lambda: (80, 24))
    with pytest.raises(end):
        watching.watch(text, seconds=0)
    written = capfdbinary.readouterr().out
    first, second, third = written.split(b"\x1b[H")
    assert first == b"\x1b[?1049h\x1b[?25l\x1b[?7l"
    assert second.count(b"\n") == 23
    assert third == b"short\x1b[K\x1b[J\x1b[?7h\x1b[?25h\x1b[?1049l"
