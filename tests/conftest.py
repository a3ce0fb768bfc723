"""What all tests share: the flag that rewrites expected files, and the comparison that heeds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

MatchesFile = Callable[[str, Path], None]


# No test asks how long an example took: a busy machine is no failure.
settings.register_profile("jobspec", deadline=None)
settings.load_profile("jobspec")


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
