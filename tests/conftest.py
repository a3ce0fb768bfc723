"""What all tests share: the flag that rewrites expected files, and the comparison that heeds it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

MatchesFile = Callable[[str, Path], None]


# No test asks how long an example took: a busy machine is no failure.
settings.register_profile("jobspec", deadline=None)
settings.load_profile("jobspec")


LONG = ("benchmark", "chaos", "fuzz", "secrets", "simulation")
LONGEST = 3600.0
"""Seconds that a test with one of these markers may take."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background of a script. What is started by a test shall hear Ctrl-C all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.get_closest_marker(name) for name in LONG) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONGEST))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite", action="store_true", help="write expected files anew; review them as a diff"
    )


@pytest.fixture
def matches_file(request: pytest.FixtureRequest) -> MatchesFile:
    """Compare text with a committed file; with `--rewrite`, write it."""

    def compare(actual: str, expected: Path) -> None:
        if request.config.getoption("--rewrite"):
            expected.write_text(actual, encoding="utf-8")
        assert expected.is_file(), f"{expected} is missing: run pytest --rewrite"
        assert actual == expected.read_text(encoding="utf-8")

    return compare
